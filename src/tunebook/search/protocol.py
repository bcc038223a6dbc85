"""What a searcher is: a function of history that answers with decisions.

A searcher never sees the study, the store or the clock. If it keeps a cache, dropping the cache
changes nothing but speed: the same history, slots and seed give equal decisions.
``tunebook.testing.SearcherSuite`` checks this for every searcher.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from tunebook.records import Configuration, Objective, Trial, TrialNumber, TrialState
from tunebook.search.past import PastStudy
from tunebook.space import Space

if TYPE_CHECKING:
    from numpy.random import Generator


@dataclass(frozen=True, slots=True)
class Start:
    """Begin a new trial and train it up to ``until_step`` (None: to its end)."""

    config: Configuration
    until_step: int | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Resume:
    """Train a paused trial further, up to ``until_step`` (None: to its end)."""

    trial: TrialNumber
    until_step: int | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Clone:
    """Begin a new trial with ``parent``'s last checkpoint and another configuration."""

    parent: TrialNumber
    config: Configuration
    until_step: int | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """End a running or paused trial for good; its value counts."""

    trial: TrialNumber
    why: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do until something changes."""


Decision: TypeAlias = Start | Resume | Clone | Stop | Wait

_OWN = frozenset({"searcher", "ask"})


@dataclass(frozen=True, slots=True)
class History:
    """All that a searcher may know.

    ``trials`` are all trials by number, ``Trial.curves`` their measurements. ``max_steps`` is the
    length of a full trial, None when the task decides. ``can_pause`` says whether trials can be
    set aside and continued. ``trials_left`` and ``steps_left`` are what the budget still allows
    (None: no such limit); ``budget_used`` is the share of the nearest limit, 0 to 1. ``past`` are
    older studies to start from.
    """

    space: Space
    objective: Objective
    trials: Sequence[Trial]
    max_steps: int | None = None
    can_pause: bool = False
    workers: int = 1
    trials_left: int | None = None
    steps_left: int | None = None
    budget_used: float = 0.0
    past: Sequence[PastStudy] = ()

    def in_state(self, *states: TrialState) -> Iterator[Trial]:
        """Yield the trials in any of the states, by number."""
        return (trial for trial in self.trials if trial.state in states)

    @property
    def own(self) -> list[Trial]:
        """The searcher's own trials, by number: those it started or a person asked it for."""
        return [trial for trial in self.trials if trial.source in _OWN]

    @property
    def next_number(self) -> TrialNumber:
        """The number that the next trial will get."""
        return TrialNumber(len(self.trials))


@dataclass(frozen=True, slots=True)
class Randomness:
    """The study's random numbers: one stream per trial number, so nobody's draws move another's."""

    seed: int

    def of_trial(self, number: int, purpose: int = 0) -> Generator:
        """Return a trial's stream; ``purpose`` keeps streams apart, 0 is for its configuration."""
        import numpy as np

        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(number, purpose)))


class Searcher(Protocol):
    """Decides what to train next. Implementations are frozen dataclasses of their options."""

    @property
    def name(self) -> str:
        """The name in ``search=`` and in study files."""
        ...

    @property
    def watches_running(self) -> bool:
        """Whether to be asked after every measurement too (``slots`` may be 0), to stop trials."""
        ...

    def decide(self, history: History, slots: int, rng: Randomness) -> Sequence[Decision]:
        """Return what to do with ``slots`` free workers: at most ``slots`` starts, resumes, clones.

        Any number of ``Stop`` may be added. An empty answer or ``Wait`` means: nothing now. When
        nothing runs and the answer is empty, the search is over (a grid that is exhausted).
        """
        ...
