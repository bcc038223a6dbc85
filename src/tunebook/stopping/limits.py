"""How much of each limit of a budget is used and left, and how long the study may still take.

Every place that shows a budget (command line, live view, dashboard) takes its figures from here.
"""

from __future__ import annotations

from dataclasses import dataclass

from tunebook.stopping.protocol import Progress

_SHARE_TO_TRUST = 0.02
"""A pace is extrapolated once this share of the work is done; before that it says nothing."""


@dataclass(frozen=True, slots=True)
class LimitUse:
    """One limit of the budget: ``name`` and unit as in ``Budget``; ``used`` may be in use still.

    Of trials those that began count, of patience those in a row without a better value.
    """

    name: str
    used: float
    limit: float

    @property
    def left(self) -> float:
        """What is left of the limit; never below 0."""
        return max(0, self.limit - self.used)

    @property
    def share(self) -> float:
        """The share of the limit that is used, 0 to 1."""
        return min(1.0, self.used / self.limit) if self.limit else 1.0


def limit_uses(progress: Progress) -> list[LimitUse]:
    """Return the use of every limit that the budget has, but for its target, in its order."""
    used = {
        "trials": progress.n_created,
        "steps": progress.steps_done,
        "hours": progress.active_s / 3600,
        "cost": progress.cost or 0.0,
        "patience": progress.n_since_improvement,
        "max_failures": progress.n_failed,
    }
    limits = {name: getattr(progress.budget, name) for name in used}
    return [LimitUse(name, used[name], n) for name, n in limits.items() if n is not None]


def seconds_left(
    progress: Progress, *, trials_trained: float, total_s: float | None = None
) -> float | None:
    """Return when the first of the limits will be reached at the pace so far, None if unknown.

    ``trials_trained`` counts a trial half trained as a half. ``total_s`` is the forecast of the
    dry run, which holds until there is a pace. Patience and target cannot be foreseen.
    """
    budget, spent_s = progress.budget, progress.active_s
    left: list[float] = []
    for done, limit in ((trials_trained, budget.trials), (progress.steps_done, budget.steps)):
        if limit is not None and done / limit >= _SHARE_TO_TRUST:
            left.append(max(0.0, spent_s * (limit - done) / done))
    if not left and total_s is not None:
        left.append(max(0.0, total_s - spent_s))
    if budget.deadline_seconds is not None:
        left.append(max(0.0, budget.deadline_seconds - spent_s))
    return min(left, default=None)
