"""How the handle leaves ``report``, past the user's own ``except Exception``, to the executor."""

from __future__ import annotations


class Unwind(BaseException):
    """The trial's work ends here: it was stopped, or gave its worker up. Nothing is wrong."""


class Diverged(Unwind):
    """The objective or a recipe's loss became NaN or infinite: the trial is infeasible (I4)."""

    def __init__(self, metric: str, value: float, step: int) -> None:
        super().__init__(f"{metric} was {value} at step {step}")
