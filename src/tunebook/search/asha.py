"""Asynchronous successive halving: many short trainings, of which the best go on (S4.33).

A trial pauses at each rung and goes on when it is among the best 1 / eta of what has come there,
without waiting for the rest of its rung. Where trials cannot pause, those that are not are stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, final

from tunebook.records import Trial, TrialState
from tunebook.search.fresh import STARTS, Sources, fresh_starts
from tunebook.search.options import check_options, option
from tunebook.search.protocol import Decision, History, Randomness, Resume
from tunebook.search.rungs import UNDER_WAY, has_reached, ranked, stops_at_rungs

STEPS_PER_FIRST_RUNG = 27
"""The first rung, unless given, is a 27th of a full training: three promotions away from it."""

MIN_FIRST_RUNG = 2
"""... and not before step 2: a first measurement says little about the last one."""


@final
@dataclass(frozen=True, slots=True)
class Asha:
    """Starts many trials, and trains on those that lead at each rung."""

    name = "asha"
    # Trials that cannot pause are stopped at their rungs.
    watches_running = True

    start: Literal["random", "halton"] = option(
        "random", "where new configurations come from", choices=STARTS
    )
    _sources: Sources = field(default_factory=Sources, init=False, repr=False, compare=False)
    eta: int = option(3, "of the trials at a rung the best 1/eta go on", low=2, high=10)
    first_rung: int | None = option(
        None,
        "steps to the first comparison; none: a 27th of max_steps, at least 2",
        low=1,
        high=1_000_000,
        is_optional=True,
    )

    def __post_init__(self) -> None:
        check_options(self)

    def decide(self, history: History, slots: int, rng: Randomness) -> Sequence[Decision]:
        """Promote whom the rungs allow, from the highest rung down; start trials with the rest."""
        rungs, own, source = self._rungs(history), history.own, self._sources[self.start]
        if not rungs:
            why = "trained to its end: without max_steps there are no rungs"
            return fresh_starts(source, history, slots, rng, why=why)
        if not history.can_pause:
            stops = stops_at_rungs(own, rungs, objective=history.objective, eta=self.eta)
            return [*stops, *fresh_starts(source, history, slots, rng)]
        if slots <= 0:
            return []
        found: list[Decision] = list(self._promotions(history, own, rungs)[:slots])
        n_free = slots - len(found)
        until, why = _up_to(rungs, 0), f"a new trial, up to step {rungs[0]}"
        found += fresh_starts(source, history, n_free, rng, until_step=until, why=why)
        return found or self._finish(history, own, rungs)

    def _rungs(self, history: History) -> list[int]:
        """Return the rungs first * eta^k below ``max_steps``, and that; none without max_steps."""
        end = history.max_steps
        if end is None:
            return []
        rung = self.first_rung or max(MIN_FIRST_RUNG, round(end / STEPS_PER_FIRST_RUNG))
        rungs = []
        while rung < end:
            rungs.append(rung)
            rung *= self.eta
        return [*rungs, end]

    def _promotions(
        self, history: History, own: Sequence[Trial], rungs: Sequence[int]
    ) -> list[Resume]:
        found: list[Resume] = []
        for level in range(len(rungs) - 2, -1, -1):
            waiting = {t.number for t in _paused_at(own, rungs, level)}
            if not waiting:
                continue
            reached = [trial for trial in own if has_reached(trial, rungs[level])]
            standing = ranked(reached, history.objective, rungs[level])
            for place, trial in enumerate(standing[: len(standing) // self.eta]):
                if trial.number in waiting:
                    why = f"place {place + 1} of {len(standing)} at step {rungs[level]}"
                    found.append(Resume(trial.number, _up_to(rungs, level + 1), why))
        return found

    def _finish(
        self, history: History, own: Sequence[Trial], rungs: Sequence[int]
    ) -> list[Decision]:
        """When there will be no new trials, train the best on, so that one gets to its end."""
        is_idle = not any(trial.state in UNDER_WAY for trial in own)
        has_finished = any(trial.state is TrialState.DONE for trial in own)
        if not is_idle or has_finished:
            return []
        for level in range(len(rungs) - 2, -1, -1):
            standing = ranked(_paused_at(own, rungs, level), history.objective, rungs[level])
            if standing:
                why = f"the best of what has come to step {rungs[level]}, trained to its end"
                return [Resume(standing[0].number, _up_to(rungs, level + 1), why)]
        return []


def _up_to(rungs: Sequence[int], level: int) -> int | None:
    return None if level == len(rungs) - 1 else rungs[level]


def _paused_at(own: Sequence[Trial], rungs: Sequence[int], level: int) -> list[Trial]:
    """Return the trials that wait between a rung and the next."""
    low, high = rungs[level], rungs[level + 1]
    return [t for t in own if t.state is TrialState.PAUSED and low <= t.step < high]
