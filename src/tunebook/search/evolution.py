"""Population based training: worse members take over weights and settings of better ones (S0.15).

A member is a chain of trials: a clone continues where its parent stood. Which trials are members,
and in which round, is read off the log: a member whose slice ended at this round's step and who
was ended has been replaced, by the next of the searcher's own trials.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from tunebook.errors import SearchError
from tunebook.records import TrialState
from tunebook.search.generations import Generations
from tunebook.search.options import check_options, option
from tunebook.search.population import Population, n_replaced
from tunebook.search.protocol import Decision, History, Randomness
from tunebook.space import Kind, Space


@final
@dataclass(frozen=True, slots=True)
class Evolution:
    """Trains a population; every few steps the worse copy the better, changed a little."""

    name = "evolution"
    # Members are compared at the ends of rounds only.
    watches_running = False
    # Trials begin with the weights of others, so each slice must end with a checkpoint.
    hands_on_weights = True

    population: int = option(8, "members, each with a configuration of its own", low=1, high=10)
    rounds: int = option(10, "rounds of training, each followed by copying", low=5, high=50)
    perturb_interval: int = option(10, "steps per round", low=1, high=20)
    perturb_ratio: float = option(
        0.5, "the share of worse members that copy better ones (above 0)", low=0.0, high=0.5
    )
    explore_prob: float = option(
        0.25, "the chance that a copied value is drawn afresh, not nudged", low=0.0, high=1.0
    )

    def __post_init__(self) -> None:
        check_options(self)
        if self.perturb_ratio == 0.0:
            raise SearchError(
                "Nobody would copy anybody",
                got="perturb_ratio=0",
                expected="a number above 0, up to 0.5",
            )

    def decide(self, history: History, slots: int, rng: Randomness) -> Sequence[Decision]:
        """Train every member up to the end of the round; then let the worse copy the better.

        Where no weights can be handed over (trials that cannot pause, or that end within their
        first round) only settings are: the copies are trained from the beginning (S0.19). Raises
        ``SearchError`` for parameters of kind "structure", for rounds longer than half a training,
        and when trials do not track their state.
        """
        own = history.own
        n_copies = n_replaced(self.population, self.perturb_ratio)
        if self._is_whole(history):
            return Generations(
                history=history,
                own=own,
                rng=rng,
                n_members=self.population,
                n_copies=n_copies,
                rounds=self.rounds,
                explore_prob=self.explore_prob,
            ).decide(slots)
        _require_same_shapes(history.space)
        return Population(
            history=history,
            own=own,
            rng=rng,
            n_members=self.population,
            n_copies=n_copies,
            ends=self._ends(history.max_steps),
            explore_prob=self.explore_prob,
        ).decide(slots)

    def _is_whole(self, history: History) -> bool:
        """Whether members are whole trainings: there is no state to take over in mid-training."""
        if not history.can_pause or history.max_steps == 1:
            return True
        first = history.own[: self.population]
        return any(t.state is TrialState.DONE and t.step <= self.perturb_interval for t in first)

    def _ends(self, max_steps: int | None) -> list[int | None]:
        """Return the last step of each round, None for the end of the training."""
        interval = self.perturb_interval
        ends: list[int | None] = [interval * (i + 1) for i in range(self.rounds)]
        if max_steps is None or self.rounds * interval < max_steps:
            return ends
        n = max_steps // interval
        if n < 2:
            raise SearchError(
                "Evolution needs two rounds within a training",
                got=f"perturb_interval={interval} and max_steps={max_steps}",
                expected=f"perturb_interval of at most {max_steps // 2}",
                do=f"Set it to {max(1, max_steps // self.rounds)} for {self.rounds} rounds",
            )
        return [*ends[: n - 1], None]


def _require_same_shapes(space: Space) -> None:
    """Raise ``SearchError`` for parameters that change the shapes of weights (S0.15, S0.27)."""
    shaping = [n for n in space.dimensions if space.parameters[n].kind == Kind.STRUCTURE]
    if shaping:
        raise SearchError(
            "Evolution hands weights from trial to trial, and these parameters change their shapes",
            got=shaping,
            expected='only parameters of another kind than "structure"',
            do="Make them constants, or search them with 'bayes' or 'auto' first",
        )
