"""The objective: one metric, one direction, one reduction. Nothing else may guess a direction."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tunebook.errors import ObjectiveError, nearest
from tunebook.records.text import clean

_MEAN_LAST = re.compile(r"mean_last_(k|[1-9]\d*)")
_DEFAULT_K = 5


class Direction(StrEnum):
    """Which way is better."""

    MAXIMIZE = "maximize"
    MINIMIZE = "minimize"


@dataclass(frozen=True, slots=True)
class Objective:
    """``metric`` is driven in ``direction``; a trial's value is its curve reduced by ``reduce``.

    ``reduce``: ``"best"`` is the best measurement (retrospective checkpoint selection, S4.37),
    ``"last"`` the last one, ``"mean_last_3"`` the mean of the last three (``"mean_last_k"``: five).
    """

    metric: str
    direction: Direction
    reduce: str = "best"

    def __post_init__(self) -> None:
        if not self.metric or not isinstance(self.metric, str):
            raise ObjectiveError(
                "The objective has no metric",
                got=self.metric,
                expected="the name under which the metric is reported, such as 'val_accuracy'",
            )
        if self.reduce not in {"best", "last"} and not _MEAN_LAST.fullmatch(self.reduce):
            raise ObjectiveError(
                "Unknown reduction of a curve to a value",
                got=self.reduce,
                expected="'best', 'last' or 'mean_last_3'",
                do=nearest(self.reduce, ["best", "last", "mean_last_3"]),
            )
        object.__setattr__(self, "metric", clean(self.metric))

    @classmethod
    def of(
        cls, *, maximize: str | None = None, minimize: str | None = None, reduce: str = "best"
    ) -> Objective:
        """Build the objective from the two keywords of which exactly one must be given."""
        if (maximize is None) == (minimize is None):
            raise ObjectiveError(
                "A study has exactly one objective",
                got={"maximize": maximize, "minimize": minimize},
                expected="maximize='val_accuracy' or minimize='val_loss'",
            )
        if maximize is not None:
            return cls(maximize, Direction.MAXIMIZE, reduce)
        return cls(str(minimize), Direction.MINIMIZE, reduce)

    @property
    def sign(self) -> float:
        """+1 when smaller is better, -1 when larger is: ``sign * value`` is always minimised."""
        return 1.0 if self.direction is Direction.MINIMIZE else -1.0

    def is_better(self, value: float, other: float | None) -> bool:
        """Whether ``value`` is strictly better than ``other``; anything beats None, NaN nothing."""
        if math.isnan(value):
            return False
        return other is None or self.sign * value < self.sign * other

    def value_of(self, steps: Sequence[int], values: Sequence[float]) -> tuple[float, int] | None:
        """Return (value, step) of a curve, or None when it has no point.

        The step is that of the best point for ``best``, of the last point otherwise. Step 0 is the
        untrained state, which is no value of a training.
        """
        if steps and steps[0] == 0:
            steps, values = steps[1:], values[1:]
        if not values:
            return None
        if self.reduce == "best":
            best = min(values) if self.direction is Direction.MINIMIZE else max(values)
            return best, steps[values.index(best)]
        mean = _MEAN_LAST.fullmatch(self.reduce)
        if mean is None:
            return values[-1], steps[-1]
        tail = values[-(_DEFAULT_K if mean[1] == "k" else int(mean[1])) :]
        return sum(tail) / len(tail), steps[-1]
