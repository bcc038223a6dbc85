"""Do equal inputs have different labels (S2.8)?"""

from __future__ import annotations

from collections.abc import Iterator

from tunebook.checks.likeness import Likeness
from tunebook.checks.split_figures import data_check
from tunebook.records.finding import Finding, Verdict

PROBLEM_SHARE, NOTICE_SHARE = 0.1, 0.01


def judge(seen: Likeness) -> Iterator[Finding]:
    """Yield what contradicts itself; only labels of classes ought not to."""
    k, n = seen.n_conflicting, seen.n_printed
    is_problem = seen.has_labels and not seen.is_few_valued and k > PROBLEM_SHARE * n
    has_some = k > NOTICE_SHARE * n
    verdict = Verdict.PROBLEM if is_problem else Verdict.NOTICE if has_some else Verdict.PASS
    yield Finding(
        "conflicting-labels",
        verdict if n else Verdict.UNKNOWN,
        f"Equal inputs have {'different' if has_some else 'equal'} targets.",
        value=f"{k} of {n} training examples contradict another",
        expected="each input with one label",
        causes=("labels are corrupted: they contradict each other", "inputs lack what differs")
        if has_some
        else (),
        advice="Look at the pairs, and keep one label for each." if has_some else "",
        items=seen.conflicting,
        source="S2.8",
    )


CHECK = data_check(
    "conflicting-labels",
    "Do equal inputs have equal labels?",
    rules=("S2.8",),
    kind=Likeness,
    judge=judge,
)
