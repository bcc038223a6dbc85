"""How long to train: from where the training loss has converged (S1.10)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from tunebook.analysis.series import number, running_mean, tail_mean
from tunebook.checks.check import Ability, Asked, Check, Conclusion, read
from tunebook.checks.experiments import Train
from tunebook.checks.first_batch import FirstBatch, first_batch
from tunebook.checks.readings import NotFinite, Readings, Trained
from tunebook.records import Configuration
from tunebook.records.finding import Finding, Verdict

RESERVE = 1.5
"""Train this many times the updates to convergence: later changes may slow it (S1.10)."""

MIN_EPOCHS = 3
"""A training of fewer epochs says nothing of convergence, and is too short to compare (ours)."""

_BAND, _FALLING, _FLAT = 0.02, 0.005, 0.03
_WINDOW, _TAIL, _SURE = 0.02, 0.25, 2.0


class Course(StrEnum):
    """What a curve does at its end."""

    CONVERGED = "converged"
    FALLING = "falling"
    UNCLEAR = "unclear"
    NOT_FALLEN = "not fallen"
    RISEN = "risen"


@dataclass(frozen=True, slots=True)
class Convergence:
    """The course of a curve; ``step`` is where it has converged, None where it has not.

    ``fall`` is that of the last quarter in a straight line, ``error`` its standard error.
    """

    course: Course
    step: int | None = None
    fall: float = 0.0
    error: float = 0.0


def convergence(losses: Sequence[float]) -> Convergence:
    """Return the first update after which the loss stays within 2 % of its drop of the end (S1.10).

    The band is no narrower than four deviations of the smoothed noise. Whether the loss still falls
    is told by a line through its last quarter, with the error that the noise gives its slope; a
    curve has converged only if that line is surely flat.
    """
    window = max(1, round(_WINDOW * len(losses)))
    curve = running_mean(losses, window)
    tail = losses[-max(2, round(_TAIL * len(losses))) :]
    deviation = _noise(tail)
    noise, end = deviation / math.sqrt(window), tail_mean(curve)
    drop = curve[0] - end
    fall, error = -_slope(tail) * len(tail), deviation * math.sqrt(12 / len(tail))
    if drop <= max(0.0, 4 * noise):
        return Convergence(Course.RISEN if drop < -4 * noise else Course.NOT_FALLEN)
    if fall > max(_FALLING * drop, _SURE * error):
        return Convergence(Course.FALLING, None, fall, error)
    if fall + _SURE * error > _FLAT * drop:
        return Convergence(Course.UNCLEAR, None, fall, error)
    band = max(_BAND * drop, 4 * noise)
    outside = [i for i, loss in enumerate(curve) if abs(loss - end) > band]
    step = outside[-1] + 1 if outside else 0
    return Convergence(Course.CONVERGED, step, fall, error)


def _slope(values: Sequence[float]) -> float:
    """Return the slope of the line of least squares."""
    middle = (len(values) - 1) / 2
    spread = sum((i - middle) ** 2 for i in range(len(values)))
    return sum((i - middle) * value for i, value in enumerate(values)) / spread


def _noise(values: Sequence[float]) -> float:
    """Return the deviation of single values, from differences, so that a trend is no noise."""
    steps = [b - a for a, b in pairwise(values)]
    mean = sum(steps) / len(steps)
    return math.sqrt(sum((d - mean) ** 2 for d in steps) / len(steps) / 2)


def training(config: Configuration, length: int) -> Train:
    """Return the full training whose curve is judged."""
    return Train(config, length)


def ask(config: Configuration, length: int, readings: Readings) -> Asked:
    """Train once as long as the budget lets a training last, and look at the end of the curve."""
    look = first_batch(config)
    seen = read(readings, look, FirstBatch)
    if seen is None:
        return (look,)
    epochs = length / seen.updates_per_epoch
    if epochs < MIN_EPOCHS:
        title = f"A training of {length} updates is {number(epochs)} epochs: too short to tell."
        return _found(Verdict.UNKNOWN, title, advice="Raise the budget to train longer.")
    curve = training(config, length)
    if curve not in readings:
        return (curve,)
    found = readings[curve]
    if isinstance(found, NotFinite):
        title = f"The loss is not a finite number from update {found.at} on."
        return _found(Verdict.PROBLEM, title, advice="Lower the learning rate.")
    assert isinstance(found, Trained)
    if found.is_cut:
        title = f"Training was cut short after {len(found.losses)} of {length} updates."
        return _found(Verdict.UNKNOWN, title)
    end = convergence(found.losses)
    value = f"loss {number(found.losses[0])} to {number(tail_mean(found.losses))}"
    trend = f"a fall of {number(end.fall)} in the last quarter, give or take {number(end.error)}"
    match end.course:
        case Course.CONVERGED:
            title = f"The loss has converged after {end.step} updates."
            n = updates_needed(config, length, readings)
            return _found(Verdict.PASS, title, f"{value}; train {n} updates")
        case Course.FALLING:
            title = f"Not converged: the loss still falls after {length} updates."
            told = "Results hold for short training: raise the budget to train longer."
            return _found(Verdict.NOTICE, title, f"{value}; {trend}", told)
        case Course.UNCLEAR:
            title = "The loss is too noisy to tell whether it still falls."
            return _found(Verdict.UNKNOWN, title, f"{value}; {trend}")
        case Course.NOT_FALLEN:
            title = "The loss has not fallen by more than its noise."
            return _found(Verdict.NOTICE, title, value, "Choose another learning rate first.")
        case _:
            title = "The loss is higher at the end of training than at its start."
            return _found(Verdict.PROBLEM, title, value, "Choose another learning rate first.")


def updates_needed(config: Configuration, length: int, readings: Readings) -> int:
    """Return how long to train: 1.5 times the updates to convergence, if that is known (S1.10).

    It is no less than three epochs, and no more than ``length``.
    """
    found = read(readings, training(config, length), Trained)
    seen = read(readings, first_batch(config), FirstBatch)
    step = None if found is None or found.is_cut else convergence(found.losses).step
    if step is None or seen is None:
        return length
    return min(length, max(math.ceil(RESERVE * step), MIN_EPOCHS * seen.updates_per_epoch))


def _found(verdict: Verdict, title: str, value: str = "", advice: str = "") -> Conclusion:
    expected = "within 2 % of its drop of the final level, and flat"
    finding = Finding(CHECK.name, verdict, title, value, expected, advice=advice, source="S1.10")
    return Conclusion((finding,))


CHECK = Check(
    name="convergence",
    question="Does the training loss converge within a full training?",
    rules=("S1.10",),
    ability=Ability.CAN_LOOK_INSIDE,
    ask=ask,
    least=1,
    most=2,
    reads=(FirstBatch,),
    is_quick=False,
)
