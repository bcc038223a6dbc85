"""Are examples of one split in another, the same or nearly so (S0.3)?"""

from __future__ import annotations

from collections.abc import Iterator

from tunebook.checks.likeness import Likeness
from tunebook.checks.split_figures import TRAIN, data_check
from tunebook.records.finding import Finding, Verdict

PROBLEM_SHARE, NOTICE_SHARE, N_LEAST, _TIMES = 0.2, 0.01, 5, 3


def judge(seen: Likeness) -> Iterator[Finding]:
    """Yield the worst overlap of two splits, then rows that are those of training but for noise."""
    worst = max(seen.shared, key=lambda s: (s.n >= N_LEAST, s.share), default=None)
    near = max(seen.near, key=lambda n: n.share - _TIMES * n.usual, default=None)
    if worst is None:
        title = "Inputs that are neither numbers nor text were not compared."
        yield Finding("overlap", Verdict.UNKNOWN, title, source="S0.3")
        return
    has_more = worst.share > NOTICE_SHARE and (worst.n >= N_LEAST or worst.share > PROBLEM_SHARE)
    if has_more:
        causes = ("leakage: training examples in an evaluation set", "duplicates in the data")
        if worst.one != TRAIN:
            causes = (f"leakage: {worst.other} has the examples of {worst.one}", causes[1])
        if seen.is_few_valued:
            causes = ("equal inputs are to be expected: they can take few values", causes[1])
        is_problem = worst.share > PROBLEM_SHARE and not seen.is_few_valued
        yield Finding(
            "overlap",
            Verdict.PROBLEM if is_problem else Verdict.NOTICE,
            f"The same examples are in {worst.one} and {worst.other}.",
            value=f"{worst.share:.0%} of the one that has more of them, {worst.n} found",
            expected=f"at most {NOTICE_SHARE:.0%}",
            causes=causes,
            advice="Split by example, after duplicates are removed.",
            items=worst.items,
            source="S0.3",
        )
    is_near = near is not None and near.share > PROBLEM_SHARE + _TIMES * near.usual
    if near is not None and is_near:
        yield Finding(
            "overlap",
            Verdict.PROBLEM,
            f"Examples of {near.split} are training examples with a little noise.",
            value=f"{near.share:.0%} of {near.split}, {near.n} found",
            expected=f"{near.usual:.1%}, as among training examples",
            causes=(f"leakage: near duplicates of training examples in {near.split}",),
            advice="Split before examples are copied or augmented.",
            source="S0.3",
        )
    if not has_more and not is_near:
        told = f"at most {worst.share:.1%} shared"
        told += "" if near is not None else "; near duplicates were not looked for"
        yield Finding("overlap", Verdict.PASS, "The splits do not overlap.", told, source="S0.3")


CHECK = data_check(
    "overlap", "Are examples in two splits?", rules=("S0.3",), kind=Likeness, judge=judge
)
