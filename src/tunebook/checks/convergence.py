"""How long to train: from where the training loss has converged (S1.10)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

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

    CONVERGED = "The loss has converged after {step} updates."
    FALLING = "Not converged: the loss still falls after {length} updates."
    UNCLEAR = "The loss is too noisy to tell whether it still falls."
    NOT_FALLEN = "The loss has not fallen by more than its noise."
    RISEN = "The loss is higher at the end of training than at its start."


_OTHER_RATE = "Choose another learning rate first."
_LONGER = "Results hold for short training: raise the budget to train longer."
_JUDGED = {
    Course.CONVERGED: (Verdict.PASS, ""),
    Course.FALLING: (Verdict.NOTICE, _LONGER),
    Course.UNCLEAR: (Verdict.UNKNOWN, ""),
    Course.NOT_FALLEN: (Verdict.NOTICE, _OTHER_RATE),
    Course.RISEN: (Verdict.PROBLEM, _OTHER_RATE),
}
"""How bad a course is, and what to do."""


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
    tail = np.array(losses[-max(2, round(_TAIL * len(losses))) :])
    # Differences of neighbours, so that a trend is no noise.
    deviation = float(np.diff(tail).std()) / math.sqrt(2)
    noise, end = deviation / math.sqrt(window), tail_mean(curve)
    drop = curve[0] - end
    fall = -float(np.polyfit(np.arange(len(tail)), tail, 1)[0]) * len(tail)
    error = deviation * math.sqrt(12 / len(tail))
    if drop <= max(0.0, 4 * noise):
        return Convergence(Course.RISEN if drop < -4 * noise else Course.NOT_FALLEN)
    if fall > max(_FALLING * drop, _SURE * error):
        return Convergence(Course.FALLING, None, fall, error)
    if fall + _SURE * error > _FLAT * drop:
        return Convergence(Course.UNCLEAR, None, fall, error)
    band = max(_BAND * drop, 4 * noise)
    step = 1 + max((i for i, loss in enumerate(curve) if abs(loss - end) > band), default=-1)
    return Convergence(Course.CONVERGED, step, fall, error)


def training(config: Configuration, length: int) -> Train:
    """Return the full training whose curve is judged."""
    return Train(config, length)


def ask(config: Configuration, length: int, readings: Readings) -> Asked:
    """Train once as long as the budget lets a training last, and look at the end of the curve."""
    look, curve = first_batch(config), training(config, length)
    seen = read(readings, look, FirstBatch)
    if seen is None:
        return (look,)
    epochs = length / seen.updates_per_epoch
    if epochs < MIN_EPOCHS:
        title = f"A training of {length} updates is {number(epochs)} epochs: too short to tell."
        return _found(Verdict.UNKNOWN, title, advice="Raise the budget to train longer.")
    if curve not in readings:
        return (curve,)
    done = readings[curve]
    if isinstance(done, NotFinite):
        title = f"The loss is not a finite number from update {done.at} on."
        return _found(Verdict.PROBLEM, title, advice="Lower the learning rate.")
    assert isinstance(done, Trained)
    if done.is_cut:
        title = f"Training was cut short after {len(done.losses)} of {length} updates."
        return _found(Verdict.UNKNOWN, title)
    end = convergence(done.losses)
    value = f"loss {number(done.losses[0])} to {number(tail_mean(done.losses))}"
    if end.course is Course.CONVERGED:
        value += f"; train {updates_needed(config, length, readings)} updates"
    elif end.course in {Course.FALLING, Course.UNCLEAR}:
        value += f"; a fall of {number(end.fall)} in the last quarter, "
        value += f"give or take {number(end.error)}"
    verdict, advice = _JUDGED[end.course]
    return _found(verdict, end.course.format(step=end.step, length=length), value, advice)


def updates_needed(config: Configuration, length: int, readings: Readings) -> int:
    """Return how long to train: 1.5 times the updates to convergence, if that is known (S1.10).

    It is no less than three epochs, and no more than ``length``.
    """
    done = read(readings, training(config, length), Trained)
    seen = read(readings, first_batch(config), FirstBatch)
    step = None if done is None or done.is_cut else convergence(done.losses).step
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
    most=2,
    reads=(FirstBatch,),
    is_quick=False,
)
