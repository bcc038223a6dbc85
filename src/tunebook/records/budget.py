"""The budget: one object, any mix of limits. A limit stops new work and keeps every result (I7)."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from tunebook.errors import BudgetError

_WHOLE = ("trials", "steps", "patience", "max_failures")


@dataclass(frozen=True, slots=True)
class Budget:
    """What a study may use. ``None`` means no limit.

    ``trials``: configurations started. ``steps``: training steps over all trials, repeated ones
    included. ``hours``: time the study's driver was at work. ``cost``: money, at ``price_per_hour``
    for everything the study occupies (S0.8). ``target``: a value of the objective that ends the
    study (S0.11). ``patience``: trials in a row without a better value. ``max_failures``: trials
    that may fail because the user's code raised; one more ends the study as failed.
    """

    trials: int | None = None
    steps: int | None = None
    hours: float | None = None
    cost: float | None = None
    price_per_hour: float | None = None
    target: float | None = None
    patience: int | None = None
    max_failures: int | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None:
                _check_limit(field.name, value)
        if self.cost is not None and self.price_per_hour is None:
            raise BudgetError(
                "A cost limit needs a price",
                got={"cost": self.cost},
                do="Give price_per_hour=, what the machine costs in an hour",
            )

    @property
    def deadline_seconds(self) -> float | None:
        """The seconds of work after which time or money has run out, whichever is first."""
        bought = self.cost / self.price_per_hour if self.cost and self.price_per_hour else None
        hours = [hours for hours in (self.hours, bought) if hours is not None]
        return min(hours) * 3600 if hours else None


def _check_limit(name: str, value: float) -> None:
    is_whole = name in _WHOLE
    right_type = isinstance(value, int if is_whole else int | float)
    if isinstance(value, bool) or not right_type or not math.isfinite(float(str(value))):
        kind = "a whole number" if is_whole else "a finite number"
        raise BudgetError(f"The budget's {name} is not usable", got=value, expected=kind)
    is_enough = value > 0 or (value == 0 and name == "max_failures")
    if name != "target" and not is_enough:
        raise BudgetError(
            f"The budget's {name} leaves nothing to do",
            got=value,
            expected="more than 0",
            do=f"Leave {name} out for no limit",
        )
