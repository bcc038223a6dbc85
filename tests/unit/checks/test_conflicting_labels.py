"""Equal inputs with different labels are a problem; with different numbers they are not."""

from __future__ import annotations

import pytest

from tunebook.checks.conflicting_labels import judge
from tunebook.checks.likeness import Likeness
from tunebook.records.finding import Verdict


@pytest.mark.parametrize(
    ("n", "facts", "verdict"),
    [
        (5, {"has_labels": True}, Verdict.PASS),
        (30, {"has_labels": True}, Verdict.NOTICE),
        (450, {"has_labels": True}, Verdict.PROBLEM),
        (450, {"has_labels": False}, Verdict.NOTICE),
        (450, {"has_labels": True, "bits": 4.0}, Verdict.NOTICE),
    ],
)
def test_s2_8_contradictions_are_judged_by_share_and_kind(n, facts, verdict):
    (found,) = judge(
        Likeness(900, 900, 450, n_conflicting=n, conflicting=("train 0 and 1",), **facts)
    )
    assert (found.verdict, found.items) == (verdict, ("train 0 and 1",))
    assert found.value == f"{n} of 900 training examples contradict another"


def test_s2_8_inputs_without_numbers_are_unknown():
    assert [f.verdict for f in judge(Likeness(900, 0, 0))] == [Verdict.UNKNOWN]
