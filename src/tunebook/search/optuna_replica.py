"""A study of Optuna's that mirrors one of ours, so that its samplers can be asked.

Rebuilt from the log, it asks and tells in the order in which that happened. Samplers that keep
notes at their trials are asked for every trial again; to the others trials are simply shown.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, final

import optuna
from numpy.random import Generator, RandomState, default_rng
from optuna.trial import TrialState as OptunaState
from optuna.trial import create_trial

from tunebook.records import Configuration, Trial, TrialState
from tunebook.search.optuna_params import OptunaParams
from tunebook.search.protocol import History, Randomness, Start
from tunebook.search.random import draw

_PURPOSE, _FALLBACK = 41, 42
_MAX_TRIES = 50
_MAX_REPEATS = 3
_MAX_DEPTH = 4

# They look at the finished trials only: no notes, so that trials need not be asked for again.
_WITHOUT_NOTES = frozenset({"RandomSampler", "TPESampler", "GPSampler"})


@final
class Replica:
    """The mirror of one study. Only a cache: it is made anew when it does not fit the history."""

    def __init__(
        self, make_sampler: Callable[[int], Any], history: History, rng: Randomness
    ) -> None:
        with _quietly():
            sampler = make_sampler(rng.seed)
        self._sampler = sampler
        self._rng = rng
        self._space = history.space
        self._max_steps = history.max_steps
        self._params = OptunaParams(history.space, history.max_steps)
        self._keeps_notes = type(sampler).__name__ not in _WITHOUT_NOTES
        self._place: dict[int, int | None] = {}
        self._config: dict[int, Configuration] = {}
        self._told: set[int] = set()
        with _quietly():
            self._study = optuna.create_study(sampler=sampler, direction="minimize")

    def is_of(self, history: History, rng: Randomness) -> bool:
        """Whether a history continues the one that is mirrored here."""
        trials = history.trials
        is_same = self._rng == rng and self._max_steps == history.max_steps
        return (
            is_same
            and self._space == history.space
            and all(n < len(trials) and trials[n].config == c for n, c in self._config.items())
            and all(trials[n].state.is_final for n in self._told)
        )

    def starts(self, history: History, slots: int) -> list[Start]:
        """Return the starts of the sampler's next trials."""
        why = f"proposed by {type(self._sampler).__name__} of Optuna"
        with _quietly():
            self._catch_up(history)
            numbers = range(history.next_number, history.next_number + slots)
            return [Start(self._asked(number, history), why=why) for number in numbers]

    # -- mirroring -------------------------------------------------------------------------

    def _catch_up(self, history: History) -> None:
        """Ask and tell what happened since, each at its time."""
        ended = [t for t in history.trials if t.state.is_final and t.number not in self._told]
        ended.sort(key=lambda t: (t.ended_at or 0.0, t.number))
        n_told = 0
        for trial in history.trials:
            if trial.number in self._place:
                continue
            while n_told < len(ended) and (ended[n_told].ended_at or 0.0) <= trial.created_at:
                self._tell(ended[n_told], history)
                n_told += 1
            self._take_in(trial, history)
        for trial in ended[n_told:]:
            self._tell(trial, history)

    def _take_in(self, trial: Trial, history: History) -> None:
        is_own = trial.source in {"searcher", "ask"}
        if self._keeps_notes and is_own:
            if self._asked(trial.number, history) == trial.config:
                return
            # Not this sampler's study: what it is shown from here on has no notes.
            self._keeps_notes = False
            if (place := self._place[trial.number]) is not None:
                self._study.tell(place, state=OptunaState.FAIL)
        self._show(trial.number, trial.config)

    def _asked(self, number: int, history: History) -> Configuration:
        """Ask the sampler, again if it repeats itself; where constraints refuse it, draw."""
        for attempt in range(_MAX_TRIES):
            stream = self._rng.of_trial(number, _PURPOSE + 2 * attempt)
            _seed(self._sampler, stream)
            asked = self._study.ask()
            config = self._params.suggest(asked)
            if attempt < _MAX_REPEATS and config in self._config.values():
                config = None
            if config is not None and self._keeps_notes:
                self._place[number], self._config[number] = asked.number, config
                return config
            self._study.tell(asked, state=OptunaState.FAIL)
            if config is not None:
                # Shown as the log will show it: 1 - x is not always what x was made from.
                self._show(number, config)
                return config
        config = draw(history, self._rng.of_trial(number, _FALLBACK), ())
        config = config or history.space.default(history.max_steps)
        self._show(number, config)
        return config

    def _show(self, number: int, config: Configuration) -> None:
        """Add a trial that the sampler was not asked for."""
        stored = self._params.stored(config)
        self._config[number], self._place[number] = config, None
        if stored is not None:
            params, distributions = stored
            self._place[number] = len(self._study.get_trials(deepcopy=False))
            self._study.add_trial(
                create_trial(state=OptunaState.RUNNING, params=params, distributions=distributions)
            )

    def _tell(self, trial: Trial, history: History) -> None:
        """Say what a trial came to. The sampler learns from infeasible ones; never by a value."""
        self._told.add(trial.number)
        place = self._place.get(trial.number)
        if place is None:
            return
        if trial.value is not None and trial.state.has_value:
            self._study.tell(place, history.objective.sign * trial.value)
        elif trial.state is TrialState.INFEASIBLE:
            self._study.tell(place, state=OptunaState.PRUNED)
        else:
            self._study.tell(place, state=OptunaState.FAIL)


def _seed(sampler: Any, stream: Generator, depth: int = 0) -> None:
    """Set every source of random numbers inside a sampler to a state that ``stream`` chooses."""
    for name, found in sorted(vars(sampler).items()):
        if isinstance(found, RandomState):
            found.seed(int(stream.integers(2**32)))
        elif isinstance(found, Generator):
            setattr(sampler, name, default_rng(int(stream.integers(2**32))))
        elif type(found).__name__ == "LazyRandomState":
            found.rng.seed(int(stream.integers(2**32)))
        elif depth < _MAX_DEPTH and hasattr(found, "__dict__") and not callable(found):
            _seed(found, stream, depth + 1)


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep Optuna from telling the terminal about a study that is not the user's."""
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(verbosity)
