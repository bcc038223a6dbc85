"""Bayesian optimisation: a Gaussian process learns from every trial where to look next (S0.14).

A few spread-out trials first; then the configuration with the lowest plausible value, where values
under way count as expected and failures as bad. Always a function of the history: caches are
chains of fits that a fresh searcher computes again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, final

from tunebook.search.options import check_options, option
from tunebook.search.protocol import Decision, History, Randomness
from tunebook.search.rungs import UNDER_WAY

if TYPE_CHECKING:
    from tunebook.search.proposals import Proposals


@final
@dataclass(frozen=True, slots=True)
class Bayes:
    """Learns which configurations are good, and tries the most promising one next."""

    name = "bayes"
    # It learns from finished trials only.
    watches_running = False

    initial: int = option(5, "spread-out trials before the model decides", low=1, high=20)
    max_concurrent: int = option(5, "trials at the same time, at most", low=1, high=20)
    design: Literal["sobol", "random"] = option(
        "sobol",
        "the initial trials: the priors or the centre and a Sobol sequence, or random draws",
        choices=("sobol", "random"),
    )
    acquisition: Literal["lcb", "ei"] = option(
        "lcb",
        "what the model looks for: the lowest plausible value, or the largest expected gain",
        choices=("lcb", "ei"),
    )
    _cache: list[Proposals] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_options(self)

    def decide(self, history: History, slots: int, rng: Randomness) -> Sequence[Decision]:
        """Start initial trials, then what the model proposes, ``max_concurrent`` at once."""
        from tunebook.search.proposals import Proposals, Settings
        from tunebook.search.threads import one_thread

        if not self._cache:
            self._cache.append(Proposals())
        occupied = sum(1 for _ in history.in_state(*UNDER_WAY))
        settings = Settings(self.initial, self.design == "random", self.acquisition)
        free = min(slots, self.max_concurrent - occupied)
        with one_thread():
            return self._cache[0].starts(history, free, rng, settings)


def concurrency_warning(trials: int | None, initial: int, concurrent: int) -> str | None:
    """Return what to tell a user whose concurrency makes Bayesian search random, else None (S0.14).

    A proposal uses only trials that have ended: with as many at once as there are proposals, none
    uses any; from half of that on most use few.
    """
    if trials is None:
        return None
    n_proposals = max(0, trials - initial)
    if concurrent <= n_proposals / 2:
        return None
    share = "no proposal" if concurrent >= n_proposals else "hardly any proposal"
    return (
        f"{concurrent} trials at once of {trials}, {initial} of them initial: {share} can learn "
        "from another trial, so this is random search. More concurrency saves time, not trials. "
        f"Raise trials above {initial + 2 * concurrent}, or run fewer at once"
    )
