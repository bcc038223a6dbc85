"""The default searcher: freeze-thaw where learning curves come and trials can pause, else bayes.

It has no options, so that a user has nothing to choose; what it chooses follows from the history.
Parameters of known names get weak priors: ``assumed_priors`` lists them, for users to see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, final

from tunebook.records import TrialState
from tunebook.search.assumed_priors import with_assumed_priors
from tunebook.search.protocol import Decision, History, Randomness

if TYPE_CHECKING:
    from tunebook.search.freeze_thaw import FreezeThaw
    from tunebook.search.proposals import Proposals

N_INITIAL = 5
"""Initial trials where only final values come (the default of S0.14)."""


@final
class _Strategies:
    """The strategies with their caches, made when first used: they need numpy."""

    def __init__(self) -> None:
        self.with_priors = lru_cache(maxsize=1)(with_assumed_priors)

    @cached_property
    def freeze_thaw(self) -> FreezeThaw:
        """The strategy for trials with curves."""
        from tunebook.search.freeze_thaw import FreezeThaw

        return FreezeThaw()

    @cached_property
    def proposals(self) -> Proposals:
        """The strategy for final values."""
        from tunebook.search.proposals import Proposals

        return Proposals()


@final
@dataclass(frozen=True, slots=True)
class Auto:
    """Chooses the strategy for the study. No options."""

    name = "auto"
    # Trials that cannot pause are stopped when they are not worth going on with.
    watches_running = True

    _strategies: _Strategies = field(
        default_factory=_Strategies, init=False, repr=False, compare=False
    )

    def decide(self, history: History, slots: int, rng: Randomness) -> Sequence[Decision]:
        """Decide as the strategy that fits the study does."""
        from tunebook.search.threads import one_thread

        is_freezing = has_curves(history)
        if slots <= 0 and (history.can_pause or not is_freezing):
            return []
        # Priors that nobody gave say where to begin. Of final values they are not to weigh
        # further: on recorded problems that made the best of 60 trials worse, not better.
        if is_freezing or not history.own:
            history = replace(history, space=self._strategies.with_priors(history.space))
        with one_thread():
            if is_freezing:
                return self._strategies.freeze_thaw.decide(history, slots, rng)
            from tunebook.search.proposals import Settings

            settings = Settings(N_INITIAL)
            return self._strategies.proposals.starts(history, slots, rng, settings)


def has_curves(history: History) -> bool:
    """Whether trials show more than a final value, as far as the trials that are done tell."""
    from tunebook.search.slices import Slices

    if history.max_steps is None or Slices(history.max_steps).first >= history.max_steps:
        return False
    done = [trial for trial in history.trials if trial.state is TrialState.DONE]
    metric = history.objective.metric
    return not done or any(len(trial.curves.get(metric, ())) > 1 for trial in done)
