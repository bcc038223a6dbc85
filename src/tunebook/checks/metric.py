"""Whether the metric measures what it is named after: on outputs that are right, and on others."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tunebook.analysis.series import number
from tunebook.checks.check import Ability, Asked, Check, Conclusion, failure
from tunebook.checks.experiments import Look
from tunebook.checks.metric_kind import MetricKind, best_of, is_best
from tunebook.checks.readings import OutOfMemory, Raised, Readings
from tunebook.records import Configuration, Direction
from tunebook.records.finding import Finding, Verdict

_SAME, _CLEAR = 1e-6, 0.1


class Made(StrEnum):
    """Outputs that the metric is given; but for two, with the targets of validation."""

    RIGHT = "right"
    WRONG = "wrong everywhere"
    SHUFFLED = "right for other examples"
    OTHER_TARGETS = "right, the targets shuffled"
    FIRST_WRONG = "wrong in the first half"
    LAST_WRONG = "wrong in the last half"
    PLAIN = "right by logits of 0.7"
    FAINT = "right by logits of 0.3"
    NOISY = "right, with noise"
    REORDERED = "with the same noise, examples in another order"
    OTHER_PADDING = "right but for ignored targets"
    ALL_CLASSES = "right, all classes occur"
    HALF_OF_CLASSES = "right, half of the classes occur"
    AGAIN = "right, once more"


@dataclass(frozen=True, slots=True)
class MetricSeen:
    """What an evaluation reported before training, and the metric of outputs that are made.

    ``unknown`` says why none could be made, ``raised`` what the evaluation raised. ``known`` is
    a mistake that, made up for, gives right outputs the best value. A value is NaN where the metric
    raised. ``has_all``: a class that is absent is absent from validation.
    """

    metric: str
    direction: Direction
    metric_kind: MetricKind
    reported: Mapping[str, float]
    has_all: bool = False
    raised: str = ""
    unknown: str = ""
    values: Mapping[Made, float] = field(default_factory=dict)
    known: str = ""

    def value(self, made: Made) -> float:
        """Return the metric of these outputs, NaN if it is unknown."""
        return self.values.get(made, math.nan)

    def are_same(self, *made: Made) -> bool:
        """Whether all of these outputs have the same value, as far as figures are exact."""
        return self._differ([self.value(m) for m in made]) <= _SAME

    def differ(self, *made: Made) -> bool:
        """Whether these outputs have values that are not the same."""
        return self._differ([self.value(m) for m in made]) > _SAME

    @staticmethod
    def _differ(values: list[float]) -> float:
        """Return how far values differ, NaN if one is unknown."""
        return sum(abs(v - values[0]) for v in values) / max(1.0, abs(values[0]))

    def is_best(self, made: Made) -> bool:
        """Whether these outputs have the best value."""
        bad = (abs(self.value(m) - self.value(Made.RIGHT)) for m in (Made.SHUFFLED, Made.WRONG))
        return is_best(self.value(made), best_of(self.metric, self.metric_kind), max(bad))

    @property
    def gain(self) -> float:
        """By how much right outputs are better than others, in the declared direction."""
        gain = self.value(Made.RIGHT) - self.value(Made.SHUFFLED)
        return gain if self.direction is Direction.MAXIMIZE else -gain


def ask(config: Configuration, length: int, readings: Readings) -> Asked:
    """Look at the metric, and judge what it says."""
    look = Look("metric", config)
    seen = readings.get(look)
    if isinstance(seen, Raised | OutOfMemory):
        # What a training raises as well is told by the checks before.
        if seen.part.startswith("Evaluation"):
            return Conclusion((failure(CHECK, seen),))
        title = f"The metric is unknown: {seen.part} raised an error."
        return Conclusion((_finding(Verdict.UNKNOWN, title, seen.told),))
    return Conclusion((judge_metric(seen),)) if isinstance(seen, MetricSeen) else (look,)


def judge_metric(seen: MetricSeen) -> Finding:
    """Return the one thing that is wrong with a metric, or what it measured (S2.1)."""
    told = _report(seen)
    if told is not None:
        return told
    title, cause = _mistake(seen)
    if title:
        shown = (Made.RIGHT, Made.SHUFFLED, Made.WRONG, *_EVIDENCE.get(title, ()))
        values = [f"{m} {number(seen.value(m))}" for m in dict.fromkeys(shown) if m in seen.values]
        advice = "Correct metrics(outputs, targets), or the direction."
        return _finding(
            Verdict.PROBLEM, title, f"{seen.metric} of outputs that are {'; '.join(values)}",
            causes=(cause,), advice=advice,
        )  # fmt: skip
    return _sound(seen)


def _report(seen: MetricSeen) -> Finding | None:
    """Return what is wrong with what the evaluation reported."""
    if seen.raised:
        title = "The evaluation raises an error."
        return _finding(Verdict.PROBLEM, title, seen.raised, causes=(seen.known,))
    if seen.metric not in seen.reported:
        return _finding(
            Verdict.PROBLEM,
            f"The metric {seen.metric!r} is never reported.",
            ", ".join(seen.reported),
            expected=seen.metric,
            advice="Return it from metrics(outputs, targets), or name another one.",
        )
    value = seen.reported[seen.metric]
    if math.isfinite(value):
        return None
    return _finding(
        Verdict.PROBLEM,
        "The metric is not a finite number.",
        f"{seen.metric} {number(value)} before training",
        causes=("the metric divides by zero, or by the number of a class that is missing",),
    )


def _mistake(seen: MetricSeen) -> tuple[str, str]:
    """Return title and cause of the first mistake, empty where there is none."""
    if seen.values and not math.isnan(seen.value(Made.RIGHT)):
        return _of_values(seen)
    wanted = seen.metric_kind.direction
    if wanted is not None and wanted is not seen.direction:
        return _BACKWARD, _direction(seen)
    return ("", "")


_BACKWARD = "The metric is driven in the wrong direction."
_NOT_BEST = "Outputs that are right do not have the best value of the metric."
_EVIDENCE = {
    "The metric depends on the size of logits that are right.": (Made.PLAIN, Made.FAINT),
    "The metric counts targets that the loss ignores.": (Made.OTHER_PADDING,),
    "The metric counts a part of the examples.": (Made.FIRST_WRONG, Made.LAST_WRONG),
    "The metric of the same outputs changes.": (Made.AGAIN,),
}
_LOGITS, _PADDING, _PART, _STATE = _EVIDENCE


def _of_values(seen: MetricSeen) -> tuple[str, str]:
    right, shuffled = seen.value(Made.RIGHT), seen.value(Made.SHUFFLED)
    is_vague = bool(best_of(seen.metric, seen.metric_kind)) and not seen.is_best(Made.RIGHT)
    if seen.known:
        return _NOT_BEST, seen.known
    if seen.are_same(Made.RIGHT, Made.WRONG, Made.SHUFFLED):
        return "The metric is the same for all outputs.", (
            "the metric does not use the outputs: it is constant, or computed from something else"
        )
    if seen.are_same(Made.RIGHT, Made.SHUFFLED, Made.OTHER_TARGETS):
        return "The metric is the same for shuffled targets.", (
            "the metric does not compare each output with its own target, or errors cancel out"
        )
    is_backward = seen.gain < -_CLEAR * max(abs(right), abs(shuffled))
    if is_backward and (not is_vague or seen.is_best(Made.WRONG)):
        return _BACKWARD, _direction(seen)
    if abs(seen.value(Made.AGAIN) - right) > _CLEAR * abs(right - shuffled):
        return _STATE, "the metric keeps a state from one evaluation to the next, or is random"
    if is_vague:
        return _not_best(seen)
    if seen.differ(Made.RIGHT, Made.OTHER_PADDING):
        return _PADDING, "the metric counts padding: targets that the loss ignores"
    if seen.are_same(Made.RIGHT, Made.PLAIN) and _is_worse(seen, Made.FAINT):
        return _LOGITS, "the threshold of the metric is 0.5, and it is given logits: cut them at 0"
    is_first, is_last = (seen.are_same(Made.RIGHT, m) for m in (Made.FIRST_WRONG, Made.LAST_WRONG))
    if is_first != is_last:
        which = "first" if is_last else "last"
        return _PART, f"only the {which} part of the examples, such as one batch, is counted"
    return ("", "")


def _not_best(seen: MetricSeen) -> tuple[str, str]:
    if seen.is_best(Made.ALL_CLASSES):
        # A larger sample may have them, and labels that no example has are not a mistake.
        cause = "the metric averages over classes that are absent from the examples"
        return (_NOT_BEST, cause) if seen.has_all else ("", "")
    cause = "the metric compares other things than the loss does: another axis, order or numbering"
    return _NOT_BEST, cause


def _is_worse(seen: MetricSeen, made: Made) -> bool:
    """Whether these outputs lose a tenth of what right ones are better by."""
    lost = abs(seen.value(Made.RIGHT) - seen.value(made))
    return lost > _CLEAR * abs(seen.value(Made.RIGHT) - seen.value(Made.SHUFFLED))


def _direction(seen: MetricSeen) -> str:
    if seen.metric_kind.direction is seen.direction:
        return "the metric is computed the wrong way round: it counts errors for hits, or its sign"
    return f"the direction is wrong: {seen.metric} is declared as {seen.direction}"


def _sound(seen: MetricSeen) -> Finding:
    """Return what could be measured of a metric with which nothing is wrong."""
    value = f"{seen.metric} {number(seen.reported[seen.metric])} before training"
    ways = "rate, error rate, score or loss"
    advice = (
        f"Set metric_kind of the task to {ways}." if seen.metric_kind is MetricKind.UNKNOWN else ""
    )
    if math.isnan(seen.value(Made.RIGHT)):
        reason = seen.unknown or "it raises on outputs that are right"
        title = f"The metric is reported, but could not be tried on right outputs: {reason}."
        return _finding(Verdict.UNKNOWN, title, value, advice=advice)
    value += f", {number(seen.value(Made.RIGHT))} for outputs that are right"
    half, half_value = Made.HALF_OF_CLASSES, seen.value(Made.HALF_OF_CLASSES)
    notices = (
        (seen.differ(Made.NOISY, Made.REORDERED), "depends on the order of examples"),
        (
            seen.is_best(Made.ALL_CLASSES)
            and not (seen.is_best(Made.RIGHT) and (seen.is_best(half) or math.isnan(half_value))),
            "averages over classes that are absent, where some are",
        ),
        (bool(advice), "has a name that does not tell whether it is a rate, a score or a loss"),
    )  # fmt: skip
    for is_so, title in notices:
        if is_so:
            return _finding(Verdict.NOTICE, f"The metric {title}.", value, advice=advice)
    return _finding(Verdict.PASS, "The metric is best for outputs that are right.", value)


def _finding(verdict: Verdict, title: str, value: str, **more: object) -> Finding:
    return Finding("metric", verdict, title, value, source="S2.1", **more)  # type: ignore[arg-type]  # fields of a finding


CHECK = Check(
    name="metric",
    question="Does the metric measure what it is named after?",
    rules=("S2.1",),
    ability=Ability.CAN_LOOK_INSIDE,
    ask=ask,
    reads=(MetricSeen,),
    after=("data", "targets", "parts"),
    copes=True,
)
