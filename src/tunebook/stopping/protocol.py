"""What a stopping rule is: a pure verdict on a study's progress. One file each.

Rules are asked before every decision. The first one that answers ends the study.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from tunebook.records import Budget, Objective, StudyState


class RunningTrials(StrEnum):
    """What becomes of the trials that still run when a study ends."""

    FINISH = "finish"
    STOP = "stop"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a study stands, as far as rules need to know.

    ``n_failed`` counts trials whose code raised, ``n_succeeded`` those with a rankable value.
    ``steps_done`` are steps trained in all trials, ``steps_granted`` those plus what running
    trials have been promised. ``active_s`` is the time drivers were at work, ``cost`` its price.
    ``n_since_improvement`` counts trials that ended since the incumbent last improved.
    """

    budget: Budget
    objective: Objective
    n_created: int
    n_running: int
    n_finished: int
    n_failed: int
    n_succeeded: int
    steps_done: int
    steps_granted: int
    active_s: float
    best_value: float | None
    best_trial: int | None
    n_since_improvement: int
    last_error: str | None = None

    @property
    def cost(self) -> float | None:
        """What the study has cost so far, None without a price."""
        price = self.budget.price_per_hour
        return None if price is None else self.active_s / 3600 * price

    @property
    def trials_left(self) -> int | None:
        """How many more trials may start."""
        trials = self.budget.trials
        return None if trials is None else max(0, trials - self.n_created)

    @property
    def steps_left(self) -> int | None:
        """How many more steps may be granted."""
        steps = self.budget.steps
        return None if steps is None else max(0, steps - self.steps_granted)

    @property
    def budget_used(self) -> float:
        """The share of the nearest limit that is used, 0 to 1."""
        budget = self.budget
        shares = [0.0]
        if budget.trials:
            shares.append(self.n_finished / budget.trials)
        if budget.steps:
            shares.append(self.steps_done / budget.steps)
        if budget.deadline_seconds:
            shares.append(self.active_s / budget.deadline_seconds)
        return min(1.0, max(shares))


@dataclass(frozen=True, slots=True)
class Ending:
    """The study is over: its final state, the limit that ended it, and why in a sentence."""

    state: StudyState
    limit: str
    why: str
    running: RunningTrials


StoppingRule: TypeAlias = Callable[[Progress], Ending | None]
"""Returns how the study ends, or None to go on."""
