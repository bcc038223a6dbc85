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
from tunebook.checks.one_look import Lines
from tunebook.checks.readings import OutOfMemory, Raised, Readings
from tunebook.records import Configuration, Direction
from tunebook.records.finding import Finding, Verdict

_SAME, _NEAR, _CLEAR = 1e-6, 0.01, 0.1
_NOT_BEST = "Outputs that are right do not have the best value of the metric."
_CORRECT = "Correct metrics(outputs, targets)."
_LINES = Lines("metric", {
    "raises": ("The evaluation raises an error.", "{known}", _CORRECT),
    "absent": ("The metric {metric!r} is never reported.", "",
               "Return it from metrics(outputs, targets), or name another one."),
    "nan": ("The metric is not a finite number.",
            "the metric divides by zero, or by the number of a class that is missing", _CORRECT),
    "known": (_NOT_BEST, "{known}", _CORRECT),
    "constant": ("The metric is the same for all outputs.", "the metric does not use the outputs: "
                 "it is constant, or computed from something else", _CORRECT),
    "unpaired": ("The metric is the same for shuffled targets.", "the metric does not compare each "
                 "output with its own target, or errors cancel out", _CORRECT),
    "direction": ("The metric is driven in the wrong direction.",
                  "the direction is wrong: {metric} is declared as {direction}",
                  "Name it by minimize or maximize of the task, as it is."),
    "backward": ("The metric is driven in the wrong direction.", "the metric is computed the wrong "
                 "way round: it counts errors for hits, or its sign", _CORRECT),
    "state": ("The metric of the same outputs changes.",
              "the metric keeps a state from one evaluation to the next, or is random", _CORRECT),
    "classes": (_NOT_BEST, "the metric averages over classes that are absent from the examples",
                _CORRECT),
    "other": (_NOT_BEST, "the metric compares other things than the loss does: another axis, order "
              "or numbering", _CORRECT),
    "padding": ("The metric counts targets that the loss ignores.",
                "the metric counts padding: targets that the loss ignores", _CORRECT),
    "threshold": ("The metric depends on the size of logits that are right.", "the threshold of "
                  "the metric is 0.5, and it is given logits: cut them at 0", _CORRECT),
    "part": ("The metric counts a part of the examples.",
             "only the {part} part of the examples is counted, such as the {part} batch", _CORRECT),
    "rounded": ("The metric is all or nothing.", "the metric is rounded, or an integer division of "
                "whole numbers: all right counts, and half of it as nothing", _CORRECT),
    "others": ("The metric of an example depends on other examples.",
               "the metric normalizes over the examples: a softmax over the wrong axis", _CORRECT),
}, "S2.1")  # fmt: skip


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
    ONE_SURER = "right, the first one by far"
    OTHER_PADDING = "right but for ignored targets"
    ALL_CLASSES = "right, all classes occur"
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

    def range(self, *made: Made) -> float:
        """Return how far apart the values of these outputs are, NaN if one is unknown."""
        values = [self.value(m) for m in made]
        return sum(abs(v - values[0]) for v in values) / max(1.0, abs(values[0]))

    def are_same(self, *made: Made) -> bool:
        """Whether all of these outputs have the same value, as far as figures are exact."""
        return self.range(*made) <= _SAME

    def is_best(self, made: Made) -> bool:
        """Whether these outputs have the best value."""
        bad = (abs(self.value(m) - self.value(Made.RIGHT)) for m in (Made.SHUFFLED, Made.WRONG))
        return is_best(self.value(made), best_of(self.metric, self.metric_kind), max(bad))


def ask(config: Configuration, length: int, readings: Readings) -> Asked:
    """Look at the metric, and judge what it says."""
    look = Look("metric", config)
    seen = readings.get(look)
    if isinstance(seen, Raised | OutOfMemory):
        # What a training raises as well is told by the checks before.
        if seen.part.startswith("Evaluation"):
            return Conclusion((failure(CHECK, seen),))
        return Conclusion((_unknown(f"{seen.part} raised an error", seen.told),))
    return Conclusion((judge_metric(seen),)) if isinstance(seen, MetricSeen) else (look,)


def _unknown(reason: str, value: str, advice: str = "") -> Finding:
    title = f"The metric could not be tried on right outputs: {reason}."
    return Finding("metric", Verdict.UNKNOWN, title, value, advice=advice, source="S2.1")


def judge_metric(seen: MetricSeen) -> Finding:
    """Return the one thing that is wrong with a metric, or what it measured (S2.1)."""

    def say(key: str, value: str) -> Finding:
        part = "first" if seen.are_same(Made.RIGHT, Made.LAST_WRONG) else "last"
        return _LINES.found(
            key, value, part=part, metric=seen.metric, direction=seen.direction, known=seen.known
        )

    if seen.raised:
        return say("raises", seen.raised)
    if seen.metric not in seen.reported:
        return say("absent", ", ".join(seen.reported))
    value = f"{seen.metric} {number(seen.reported[seen.metric])} before training"
    if not math.isfinite(seen.reported[seen.metric]):
        return say("nan", value)
    key, evidence = _mistake(seen)
    if key:
        shown = dict.fromkeys((Made.RIGHT, Made.SHUFFLED, Made.WRONG, *evidence))
        values = [f"{made} {number(seen.value(made))}" for made in shown if made in seen.values]
        told = f"{seen.metric} of outputs that are {'; '.join(values)}"
        return say(key, told if values else value)
    is_named = seen.metric_kind is not MetricKind.UNKNOWN
    advice = "" if is_named else "Set metric_kind of the task to rate, error rate, score or loss."
    if math.isnan(seen.value(Made.RIGHT)):
        return _unknown(seen.unknown or "it raises on outputs that are right", value, advice)
    value += f", {number(seen.value(Made.RIGHT))} for outputs that are right"
    if is_named and (seen.is_best(Made.RIGHT) or not seen.is_best(Made.ALL_CLASSES)):
        return _LINES.passed("The metric is best for outputs that are right.", value)
    title = "The metric averages over classes that are absent, where some are."
    if not is_named:
        title = "The name of the metric does not tell whether it is a rate, a score or a loss."
    return Finding("metric", Verdict.NOTICE, title, value, advice=advice, source="S2.1")


def _mistake(seen: MetricSeen) -> tuple[str, tuple[Made, ...]]:
    """Return the likeliest mistake with the outputs that show it, nothing if there is none."""
    right, shuffled, wrong = Made.RIGHT, Made.SHUFFLED, Made.WRONG
    first, last, surer = Made.FIRST_WRONG, Made.LAST_WRONG, Made.ONE_SURER
    same, best, value = seen.are_same, seen.is_best, seen.value
    is_declared = seen.metric_kind.direction in {None, seen.direction}
    if math.isnan(value(right)):
        return "" if is_declared else "direction", ()
    gain = value(right) - value(shuffled)
    turned = gain if seen.direction is Direction.MAXIMIZE else -gain
    backward = "backward" if seen.metric_kind.direction is seen.direction else "direction"
    is_backward = turned < -_CLEAR * max(abs(value(right)), abs(value(shuffled)))
    is_vague = bool(best_of(seen.metric, seen.metric_kind)) and not best(right)
    lost = {made: abs(value(made) - value(right)) > _CLEAR * abs(gain) for made in Made}
    rows: tuple[tuple[bool, str, tuple[Made, ...]], ...] = (
        (bool(seen.known), "known", ()),
        (same(right, wrong, shuffled), "constant", ()),
        (same(right, shuffled, Made.OTHER_TARGETS), "unpaired", ()),
        (is_backward and (best(wrong) or not is_vague), backward, ()),
        (lost[Made.AGAIN], "state", (Made.AGAIN,)),
        # A larger sample may have all classes, and labels that no example has are not a mistake.
        (is_vague and best(Made.ALL_CLASSES) and seen.has_all, "classes", ()),
        (is_vague and not best(Made.ALL_CLASSES), "other", ()),
        (seen.range(right, Made.OTHER_PADDING) > _SAME, "padding", (Made.OTHER_PADDING,)),
        (same(right, Made.PLAIN) and lost[Made.FAINT], "threshold", (Made.PLAIN, Made.FAINT)),
        (same(right, first) != same(right, last), "part", (first, last)),
        (seen.metric_kind.is_rate and same(shuffled, wrong, first, last), "rounded", (first, last)),
        (best(right) and seen.range(right, surer) > _NEAR, "others", (surer,)),
    )
    return next(((key, evidence) for holds, key, evidence in rows if holds), ("", ()))


CHECK = Check(
    name="metric",
    question="Does the metric measure what it is named after?",
    rules=("S2.1",),
    ability=Ability.CAN_LOOK_INSIDE,
    ask=ask,
    reads=(MetricSeen,),
    after=("data", "parts"),
    copes=True,
)
