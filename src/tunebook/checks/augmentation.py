"""What augmentation does to a batch, and whether targets go along (S2.7, S2.8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from tunebook.analysis.series import number
from tunebook.checks.check import Ability, Check
from tunebook.checks.one_look import ask_for
from tunebook.records.finding import Finding, Verdict

_NAME = "augmentation"
SCALES, FAR = (0.2, 5.0), 3.0
"""Deviations of augmented inputs over those of the originals, and shifts of the mean in them."""

_N_ROWS, _SHARE, _NOISY = 3, 0.9, 0.2
_problem = partial(Finding, _NAME, Verdict.PROBLEM, source="S2.7")


@dataclass(frozen=True, slots=True)
class AugmentationFigures:
    """What was measured on copies of the first batch, over ``n_calls``; 0 if there is none.

    ``scales`` are the least and the largest deviation of augmented inputs, ``shift`` the largest
    change of their mean, all over the deviation of the originals; None for whole numbers.
    Rows are counted: ``n_moved`` were flipped, turned or shifted and have targets with places, of
    which ``n_left`` stayed; ``n_exchanged`` have the inputs of another row, and kept their target;
    ``n_relabelled`` of the ``n_same`` whose inputs did not change have another class.
    """

    n_calls: int = 0
    n_nonfinite: int = 0
    changes: bool = True
    scales: tuple[float, float] | None = None
    shift: float | None = None
    motion: str = ""
    n_moved: int = 0
    n_left: int = 0
    n_exchanged: int = 0
    n_same: int = 0
    n_relabelled: int = 0
    failed: Mapping[str, str] = field(default_factory=dict)


def judge_augmentation(f: AugmentationFigures) -> Iterator[Finding]:
    """Yield the first mistake of an augmentation, or that it has none; nothing if there is none."""
    if f.n_calls:
        yield _mistake(f) or Finding(
            _NAME,
            Verdict.PASS,
            "Augmentation changes inputs, and keeps them with their targets.",
            value=f"{f.n_calls} calls",
            source="S2.7",
        )


def _mistake(f: AugmentationFigures) -> Finding | None:
    if f.n_nonfinite:
        return _problem(
            "Augmentation makes numbers that are not finite.",
            value=f"{f.n_nonfinite} not finite",
            expected="0",
            causes=("augmentation makes NaN or infinity",),
            advice="Look at its divisions, logarithms and roots.",
        )
    if not f.changes:
        return _problem(
            "Augmentation changes nothing.",
            value=f"{f.n_calls} calls returned the same inputs and targets",
            causes=("augmentation has no effect: its result is not returned",),
            advice="Return what it makes, or leave it out.",
        )
    if f.n_exchanged >= _N_ROWS:
        return _problem(
            "Augmentation exchanges inputs, and leaves their targets behind.",
            value=f"{f.n_exchanged} inputs are those of another example with another target",
            expected="0",
            causes=("augmentation exchanges examples without their labels",),
            advice="Take targets in the same order as inputs.",
        )
    if f.n_left >= _N_ROWS and f.n_left >= _SHARE * f.n_moved:
        return _problem(
            "Augmentation moves inputs, and leaves their masks or boxes where they were.",
            value=f"{f.n_left} of {f.n_moved} targets stayed; inputs: {f.motion}",
            expected="targets move with the inputs",
            causes=(f"augmentation moves the inputs ({f.motion}) without masks or boxes",),
            advice="Do the same flip, turn or shift to targets that have places.",
        )
    if f.n_relabelled:
        is_bad = f.n_relabelled > _NOISY * f.n_same and f.n_relabelled >= _N_ROWS
        return Finding(
            _NAME,
            Verdict.PROBLEM if is_bad else Verdict.NOTICE,
            "Augmentation changes labels of inputs that it leaves alone.",
            value=f"{f.n_relabelled} of {f.n_same}",
            expected="0",
            causes=("augmentation makes wrong labels",),
            advice="Change a label only together with its input.",
            source="S2.7",
        )
    return _scale(f)


def _scale(f: AugmentationFigures) -> Finding | None:
    low, high = f.scales or (1.0, 1.0)
    if low >= SCALES[0] and high <= SCALES[1] and (f.shift or 0.0) <= FAR:
        return None
    is_blank = low < 1e-6
    return _problem(
        "Augmentation blanks the inputs." if is_blank else "Augmentation changes the scale.",
        value=f"deviation times {number(low)} to {number(high)}, mean by {number(f.shift or 0.0)}",
        expected=f"deviation times {SCALES[0]} to {SCALES[1]}",
        causes=("augmentation blanks the inputs: nothing is left of them",)
        if is_blank
        else ("augmentation scales inputs to another range than evaluation sees",),
        advice="Normalize in data(split), for all splits alike.",
    )


CHECK = Check(
    name=_NAME,
    question="Does augmentation change inputs in bounds, and targets with them?",
    rules=("S2.7", "S2.8"),
    ability=Ability.CAN_LOOK_INSIDE,
    ask=ask_for(_NAME, AugmentationFigures, judge_augmentation),
    after=("parts",),
    reads=(AugmentationFigures,),
)
