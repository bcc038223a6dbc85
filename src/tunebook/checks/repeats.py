"""Do examples repeat inside the training split, or change when they are read again (S0.3)?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tunebook.checks.likeness import Likeness
from tunebook.checks.split_figures import TRAIN, data_check
from tunebook.records.finding import Finding, Verdict

PROBLEM_SHARE, NOTICE_SHARE, _MANY = 0.9, 0.01, 0.5

_finding = partial(Finding, "repeats", source="S0.3")


def judge(seen: Likeness) -> Iterator[Finding]:
    """Yield examples that repeat, labels that change, evaluation that changes."""
    n_more, n = seen.n_printed - seen.n_distinct, seen.n_printed
    share = min(1.0, n_more / max(1, n) / seen.share_read)
    # Inputs that all are the same are another mistake: the check of the inputs names it.
    if share > NOTICE_SHARE and seen.n_distinct > 1 and not seen.is_few_valued:
        verdict = Verdict.PROBLEM if share > PROBLEM_SHARE else Verdict.NOTICE
        value, expected = (
            f"{n_more} of {n} read are copies of others",
            f"at most {NOTICE_SHARE:.0%}",
        )
        causes: tuple[str, ...] = (
            "duplicates: a random source is seeded alike for many examples",
            "duplicates: examples are listed more than once",
        )
        title, items = "Training examples repeat.", seen.repeated
        yield _finding(verdict, title, value, expected, causes, items=items)
    else:
        verdict = Verdict.PASS if n else Verdict.UNKNOWN
        why = ", as their inputs take few values" if share > NOTICE_SHARE else ""
        title = f"Training examples {'' if why else 'do not '}repeat{why}."
        yield _finding(verdict, title, f"{seen.n_distinct} of {n} are different")
    for twice in seen.rereads:
        value = f"{max(twice.inputs, twice.targets)} of {twice.n} examples"
        if twice.targets > _MANY * twice.n:
            title = f"Targets of {twice.split} change when the same inputs are read again."
            causes = ("labels are shuffled each time the split is made: no seed is set",)
            yield _finding(Verdict.PROBLEM, title, value, "none", causes)
        elif twice.inputs > _MANY * twice.n and twice.split != TRAIN:
            title = f"Examples of {twice.split} change when they are read again."
            causes = ("a random split or augmentation in evaluation that no seed is set for",)
            yield _finding(Verdict.NOTICE, title, value, "none", causes)


CHECK = data_check(
    "repeats", "Do examples repeat, or change?", rules=("S0.3",), kind=Likeness, judge=judge
)
