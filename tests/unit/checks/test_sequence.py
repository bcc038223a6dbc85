"""Sequences: what each place is to predict, what it sees, and padding."""

from __future__ import annotations

import pytest

from tunebook.checks.sequence import SequenceFigures, judge_sequence
from tunebook.records.finding import Verdict

PROBLEM, NOTICE, PASS = Verdict.PROBLEM, Verdict.NOTICE, Verdict.PASS


@pytest.mark.parametrize(
    ("figures", "verdicts", "cause"),
    [
        (SequenceFigures(), [], ""),
        (SequenceFigures(True, offset=1, sees_later=0.0), [PASS], ""),
        (SequenceFigures(True, offset=1, sees_later=0.4), [PROBLEM], "causal mask is missing"),
        (SequenceFigures(offset=0, sees_later=0.0), [PROBLEM], "not shifted"),
        (SequenceFigures(offset=0, sees_later=0.4), [NOTICE], "not shifted"),
        (SequenceFigures(offset=2, sees_later=0.0), [PROBLEM], "shifted twice"),
        (SequenceFigures(offset=-1, sees_later=0.0), [NOTICE], "wrong direction"),
        (SequenceFigures(has_numbers=True, offset=0, sees_later=0.4), [], ""),
        (SequenceFigures(True, True, offset=1, sees_later=0.4), [PROBLEM], "causal mask"),
        (SequenceFigures(True, padding=0.3, counts_padding=True), [PROBLEM], "padding is counted"),
        (SequenceFigures(True, padding=0.3, counts_padding=False), [PASS], ""),
        (SequenceFigures(True, padding=0.3, padding_moves=0.2), [NOTICE, PASS], "attended"),
    ],
)
def test_sequence_is_judged_by_offset_sight_and_padding(figures, verdicts, cause):
    found = list(judge_sequence(figures))
    assert [f.verdict for f in found] == verdicts
    assert cause in "".join(c for f in found for c in f.causes)
