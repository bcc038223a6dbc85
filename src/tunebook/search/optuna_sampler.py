"""Any sampler of Optuna as a searcher; its TPE is the platform's Bayesian option (S0.14).

Optuna is imported when the first trial is asked for, and nothing else here needs it. Samplers keep
state: random numbers, and some keep notes at their trials. So the numbers are set anew from the
study's seed before every trial, and a replica of the study, rebuilt from the log, takes the notes.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, final

from tunebook.errors import SearchError, nearest
from tunebook.search.options import check_options, option
from tunebook.search.protocol import Decision, History, Randomness

if TYPE_CHECKING:
    from tunebook.search.optuna_replica import Replica

_BASE = ("optuna.samplers._base", "BaseSampler")


def is_optuna_sampler(wanted: object) -> bool:
    """Whether an object is a sampler of Optuna, without importing Optuna."""
    return any((c.__module__, c.__name__) == _BASE for c in type(wanted).__mro__)


@final
@dataclass(frozen=True, slots=True)
class OptunaSampler:
    """Lets a sampler of Optuna choose the configurations. Needs the package ``optuna``."""

    name = "optuna"
    # Samplers choose configurations only.
    watches_running = False

    sampler: str = option("TPESampler", "the name of a class in optuna.samplers")
    arguments: Mapping[str, Any] | None = option(
        None, "what it is made with, such as {n_startup_trials: 5}", is_optional=True
    )
    is_given: bool = option(
        False, "whether the sampler itself is handed over, by search=, when the study is run"
    )
    _given: list[Any] = field(default_factory=list, init=False, repr=False, compare=False)
    _replicas: list[Replica] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_options(self)

    @classmethod
    def of(cls, sampler: object) -> OptunaSampler:
        """Return the searcher that asks a sampler. The study's seed takes the place of its own."""
        made = cls(type(sampler).__name__, is_given=True)
        made._given.append(sampler)
        return made

    def decide(self, history: History, slots: int, rng: Randomness) -> Sequence[Decision]:
        """Start the sampler's proposals; ``SearchError`` without Optuna or such a sampler."""
        if slots <= 0:
            return []
        from tunebook.search.optuna_replica import Replica

        replica = self._replicas[0] if self._replicas else None
        if replica is None or not replica.is_of(history, rng):
            replica = Replica(self._made, history, rng)
            self._replicas[:] = [replica]
        return replica.starts(history, slots)

    def _made(self, seed: int) -> Any:
        """Return a sampler that has seen nothing."""
        if self._given:
            return copy.deepcopy(self._given[0])
        if self.is_given:
            raise SearchError(
                "This study was begun with a sampler object, which cannot be stored",
                got=self.sampler,
                expected="the object itself",
                do=f"Hand it over again: search=optuna.samplers.{self.sampler}(...)",
            )
        try:
            from optuna import samplers
        except ImportError as error:
            raise SearchError(
                "Optuna is not installed", expected="the package optuna", do="pip install optuna"
            ) from error
        names = [name for name in samplers.__all__ if name.endswith("Sampler")]
        if self.sampler not in names:
            raise SearchError(
                "Optuna has no such sampler",
                got=self.sampler,
                expected=f"one of {', '.join(names)}",
                do=nearest(self.sampler, names),
            )
        made = getattr(samplers, self.sampler)
        arguments = dict(self.arguments or {})
        if "seed" in inspect.signature(made).parameters:
            # Only for what is fixed when it is made: the numbers are set anew for every trial.
            arguments.setdefault("seed", seed % 2**32)
        try:
            return made(**arguments)
        except (TypeError, ValueError) as error:
            raise SearchError(
                f"Optuna's {self.sampler} cannot be made: {error}", got=self.arguments
            ) from error
