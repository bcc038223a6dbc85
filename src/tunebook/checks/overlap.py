"""Are examples of one split in another, the same or nearly so (S0.3)?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from tunebook.checks.data import TRAIN, data_check
from tunebook.checks.one_look import Lines
from tunebook.records.finding import Finding, Verdict

PROBLEM_SHARE, NOTICE_SHARE, N_LEAST, _TIMES, _ALIKE = 0.2, 0.01, 5, 3, 1.5
MOST, LOST = 0.5, 0.03
_SAME, _DROP = "The same examples are in {one} and {other}.", "Remove duplicates, and then split."
_LINES = Lines("overlap", {
    "in training": (_SAME, "leakage: training examples in an evaluation set", _DROP),
    "in evaluation": (_SAME, "leakage: {other} has the examples of {one}", _DROP),
    "few values": (_SAME, "equal inputs are to be expected: they can take few values", ""),
    "natural": (_SAME, "equal inputs are to be expected: they repeat in training too", ""),
    "windows": ("Windows of {split} begin inside of windows of training.",
                "leakage: overlapping windows of one series were dealt to the splits at random",
                "Cut the series into splits by time, and then into windows."),
    "near": ("Examples of {split} are training examples with a little noise.",
             "leakage: near duplicates of training examples in {split}",
             "Split before examples are copied or augmented."),
}, source="S0.3")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shared:
    """``n`` examples of two splits that are alike: a ``share`` of the split that has more of them.

    ``usual`` is what is so inside of ``one``, or of inputs that are mostly zeros in training.
    """

    one: str
    other: str
    n: int
    share: float
    items: tuple[str, ...] = ()
    usual: float = 0.0


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like examples are. ``n`` training examples were compared, as parts of ``share_read``.

    ``bits`` is at most what an input holds. ``has_labels``: a target is one whole number.
    ``is_whole``: inputs of a type with fractions have none.
    ``windows`` are examples that begin as a piece inside of a training example. ``largest`` is
    the largest group of equal inputs with different targets; ``is_blank``: each is one constant.
    ``repeated`` and ``conflicting`` are pairs of equal inputs, and of equal or other targets.
    """

    n: int
    share_read: float = 1.0
    bits: float = math.inf
    has_labels: bool = False
    is_whole: bool = False
    shared: tuple[Shared, ...] = ()
    near: tuple[Shared, ...] = ()
    windows: tuple[Shared, ...] = ()
    largest: int = 0
    is_blank: bool = False
    repeated: tuple[tuple[int, int], ...] = ()
    conflicting: tuple[tuple[int, int], ...] = ()

    @property
    def is_few_valued(self) -> bool:
        """Whether equal inputs are to be expected: they hold less than a birthday needs."""
        return self.bits < 3 * math.log2(max(2, self.n))

    @property
    def is_lost(self) -> bool:
        """Whether so many inputs have become one that what told their targets is lost."""
        is_large = max(N_LEAST, LOST * self.n) <= self.largest < self.n
        return is_large and (self.is_blank or not self.is_few_valued)


def judge(seen: Likeness) -> Iterator[Finding]:
    """Yield the worst overlap of two splits, then rows that are those of training but for noise."""
    worst = max(seen.shared, key=lambda s: (s.n >= N_LEAST, s.share), default=None)
    if worst is None:
        title = "Inputs that are neither numbers nor text were not compared."
        yield Finding("overlap", Verdict.UNKNOWN, title, source="S0.3")
        return
    for found in [w for w in seen.windows if w.share > MOST][:1]:
        value = f"{found.share:.0%} of {found.other}, {found.n} found"
        yield _LINES.found("windows", value, "none", items=found.items, split=found.other)
        return
    has_more = worst.share > NOTICE_SHARE and (worst.n >= N_LEAST or worst.share > PROBLEM_SHARE)
    if has_more:
        key = "in training" if worst.one == TRAIN else "in evaluation"
        is_natural = worst.share < _ALIKE * worst.usual
        key = "few values" if seen.is_few_valued else "natural" if is_natural else key
        is_bad = worst.share > PROBLEM_SHARE and key.startswith("in ") and not seen.is_lost
        yield _LINES.found(
            key,
            f"{worst.share:.0%} of the one that has more of them, {worst.n} found",
            f"at most {NOTICE_SHARE:.0%}",
            is_bad=is_bad,
            items=worst.items,
            one=worst.one,
            other=worst.other,
        )
    near = [s for s in seen.near if s.share > PROBLEM_SHARE + _TIMES * s.usual]
    for found in near[:1]:
        value = f"{found.share:.0%} of {found.other}, {found.n} found"
        expected = f"{found.usual:.1%}, as among training examples"
        yield _LINES.found("near", value, expected, split=found.other)
    if not has_more and not near:
        told = f"at most {worst.share:.1%} shared"
        told += "" if seen.near else "; near duplicates were not looked for"
        yield _LINES.passed("The splits do not overlap.", told)


CHECK = data_check("overlap", "Are examples in two splits?", Likeness, judge, rules=("S0.3",))
