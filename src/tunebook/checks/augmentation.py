"""What augmentation does to a batch, and whether targets go along (S2.7, S2.8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tunebook.analysis.series import number
from tunebook.checks.one_look import Figures, Lines, check_of
from tunebook.records.finding import Finding

SCALES, FAR = (0.2, 5.0), 3.0
"""Deviations of augmented inputs over those of the originals, and shifts of the mean in them."""

_N_ROWS, _SHARE, _NOISY, _BLANK = 3, 0.9, 0.2, 1e-6
_LINES = Lines("augmentation", {
    "nan": ("Augmentation makes numbers that are not finite.",
            "augmentation makes NaN or infinity",
            "Look at its divisions, logarithms and roots."),
    "nothing": ("Augmentation changes nothing.",
                "augmentation has no effect: its result is not returned",
                "Return what it makes, or leave it out."),
    "exchanges": ("Augmentation exchanges inputs, and leaves their targets behind.",
                  "augmentation exchanges examples without their labels",
                  "Take targets in the same order as inputs."),
    "left": ("Augmentation moves inputs, and leaves their masks or boxes where they were.",
             "augmentation moves the inputs ({motion}) without masks or boxes",
             "Do the same flip, turn or shift to targets that have places."),
    "labels": ("Augmentation changes labels of inputs that it leaves alone.",
               "augmentation makes wrong labels", "Change a label only with its input."),
    "blank": ("Augmentation blanks the inputs.",
              "augmentation blanks the inputs: nothing is left of them", "Look at its results."),
    "scale": ("Augmentation changes the scale of the inputs.",
              "augmentation scales inputs to another range than evaluation sees",
              "Normalize in data(split), for all splits alike."),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class AugmentationFigures(Figures):
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


def judge_augmentation(f: AugmentationFigures) -> Iterator[Finding]:
    """Yield the first mistake of an augmentation, or that it has none; nothing if there is none."""
    if not f.n_calls:
        return
    low, high = f.scales or (1.0, 1.0)
    shift = f.shift or 0.0
    size = f"deviation times {number(low)} to {number(high)}, mean by {number(shift)}"
    stayed = f"{f.n_left} of {f.n_moved} targets stayed; inputs: {f.motion}"
    is_noisy = f.n_relabelled > _NOISY * f.n_same and f.n_relabelled >= _N_ROWS
    in_bounds = low >= SCALES[0] and high <= SCALES[1] and shift <= FAR
    is_left = f.n_left >= _N_ROWS and f.n_left >= _SHARE * f.n_moved
    rows = (
        (f.n_nonfinite > 0, "nan", f"{f.n_nonfinite} not finite"),
        (not f.changes, "nothing", f"{f.n_calls} calls returned the same inputs and targets"),
        (f.n_exchanged >= _N_ROWS, "exchanges", f"{f.n_exchanged} rows have inputs of others"),
        (is_left, "left", stayed),
        (f.n_relabelled > 0, "labels", f"{f.n_relabelled} of {f.n_same}"),
        (low < _BLANK, "blank", size),
        (not in_bounds, "scale", size),
    )
    for holds, key, value in rows:
        if holds:
            is_bad = key != "labels" or is_noisy
            yield _LINES.found(key, value, is_bad=is_bad, motion=f.motion)
            return
    title = "Augmentation changes inputs, and keeps them with their targets."
    yield _LINES.passed(title, f"{f.n_calls} calls; {size}")


CHECK = check_of(
    "augmentation",
    "Does augmentation change inputs in bounds, and targets with them?",
    AugmentationFigures,
    judge_augmentation,
    after=("parts",),
)
