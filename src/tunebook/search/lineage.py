"""Where a clone comes from: the trials whose training it continues, and the schedule they make.

What population based training finds is a schedule of configurations, not one configuration
(S0.15): to get its network again, each leg has to be trained in turn.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from tunebook.records import Configuration, Trial, TrialNumber


@dataclass(frozen=True, slots=True)
class Leg:
    """A stretch of a schedule: ``config``, trained after ``from_step`` up to ``to_step``."""

    trial: TrialNumber
    config: Configuration
    from_step: int
    to_step: int


def lineage(trials: Sequence[Trial], number: TrialNumber) -> list[Leg]:
    """Return the legs that lead to a trial, the oldest first. One leg if it is no clone."""
    trial = trials[number]
    legs: list[Leg] = []
    end = max(trial.step, first_step(trial))
    while True:
        parent = None if trial.parent is None else trials[trial.parent]
        start = 0 if parent is None else _taken_over_at(parent, trial)
        legs.append(Leg(trial.number, trial.config, start, end))
        if parent is None:
            return legs[::-1]
        trial, end = parent, start


def first_step(trial: Trial) -> int:
    """Return the first step that was measured in a trial, where it stands if none was."""
    return min((s.steps[0] for s in trial.curves.values() if s.steps), default=trial.step)


def changes(old: Configuration, new: Configuration) -> str:
    """Say in a few words how a configuration differs from the one that it comes from."""
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    return ", ".join(f"{name} {_shown(old, name)} → {_shown(new, name)}" for name in names)


def _taken_over_at(parent: Trial, child: Trial) -> int:
    """Return the step of the weights that a child took over: its parent's last measured one."""
    has_begun = any(len(series) for series in child.curves.values())
    if not has_begun:
        return child.step or (parent.checkpoint.step if parent.checkpoint else parent.step)
    before = first_step(child)
    found = 0
    for series in parent.curves.values():
        place = bisect_left(series.steps, before)
        found = max(found, series.steps[place - 1] if place else 0)
    return found


def _shown(config: Configuration, name: str) -> str:
    if name not in config:
        return "absent"
    value = config[name]
    return f"{value:.4g}" if isinstance(value, float) else str(value)
