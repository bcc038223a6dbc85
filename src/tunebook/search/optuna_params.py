"""Parameters as Optuna knows them: to and from its suggestions, in the order of conditions.

Numbers stay numbers, but momentum-like ones become 1 - x; what has a list of values becomes the
place in it, as a whole number where the values have an order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, final

from tunebook.errors import ConfigurationError
from tunebook.records import Configuration, Value
from tunebook.search.coordinates import alone
from tunebook.space import Constant, Float, Int, Space
from tunebook.space.values import key


@final
class OptunaParams:
    """The parameters of one space, for Optuna's trials."""

    def __init__(self, space: Space, max_steps: int | None) -> None:
        self._space = space
        self._max_steps = max_steps
        self._order = tuple(_parents_first(space))

    def suggest(self, trial: Any) -> Configuration | None:
        """Ask a trial of Optuna for every active parameter; None if constraints forbid them."""
        values: dict[str, Value] = {}
        for name in self._order:
            parameter = self._space.parameters[name]
            if not self._space.is_active(name, values):
                continue
            if isinstance(parameter, Constant):
                values[name] = parameter.value
                continue
            listed = _listed(self._space, name)
            if listed is not None:
                values[name] = listed[_suggest_place(trial, name, parameter, len(listed))]
            elif isinstance(parameter, Int):
                values[name] = trial.suggest_int(
                    name, parameter.low, parameter.high, log=parameter.log
                )
            elif isinstance(parameter, Float):
                values[name] = _suggest_float(trial, name, parameter)
        try:
            return self._space.check(values, self._max_steps)
        except ConfigurationError:
            return None

    def stored(self, config: Mapping[str, Value]) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Return parameters and distributions as a trial stores them; None if not in the space."""
        if not self._space.contains(config):
            return None
        trial = _Recorder(self._space, config)
        self.suggest(trial)
        return trial.params, trial.distributions


@final
class _Recorder:
    """Answers suggestions with the values of a known configuration, and notes them."""

    def __init__(self, space: Space, config: Mapping[str, Value]) -> None:
        self.params: dict[str, Any] = {}
        self.distributions: dict[str, Any] = {}
        self._space = space
        self._config = config

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> Any:
        from optuna.distributions import FloatDistribution

        value = float(self._config[name] or 0.0)
        parameter = self._space.parameters[name]
        if isinstance(parameter, Float) and parameter.log == "1-x":
            value = 1.0 - value
        return self._note(name, min(max(value, low), high), FloatDistribution(low, high, log=log))

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> Any:
        from optuna.distributions import IntDistribution

        listed = _listed(self._space, name)
        value = self._config[name]
        place = int(value or 0) if listed is None else _place(listed, value)
        return self._note(name, place, IntDistribution(low, high, log=log))

    def suggest_categorical(self, name: str, choices: list[int]) -> Any:
        from optuna.distributions import CategoricalDistribution

        listed = _listed(self._space, name) or ()
        place = _place(listed, self._config[name])
        return self._note(name, place, CategoricalDistribution(choices))

    def _note(self, name: str, value: Any, distribution: Any) -> Any:
        self.params[name], self.distributions[name] = value, distribution
        return value


def _suggest_place(trial: Any, name: str, parameter: object, n: int) -> int:
    is_ordered = isinstance(parameter, Float) or getattr(parameter, "ordered", False)
    if is_ordered:
        return int(trial.suggest_int(name, 0, n - 1))
    return int(trial.suggest_categorical(name, list(range(n))))


def _suggest_float(trial: Any, name: str, parameter: Float) -> float:
    low, high = parameter.low, parameter.high
    if parameter.log == "1-x":
        return min(
            max(1.0 - float(trial.suggest_float(name, 1.0 - high, 1.0 - low, log=True)), low), high
        )
    return float(trial.suggest_float(name, low, high, log=bool(parameter.log)))


def _place(listed: tuple[Value, ...], value: Value) -> int:
    return [key(v) for v in listed].index(key(value))


@lru_cache(maxsize=256)
def _listed(space: Space, name: str) -> tuple[Value, ...] | None:
    """Return the values of a parameter that has a list of them."""
    parameter = space.parameters[name]
    if isinstance(parameter, Int) or (isinstance(parameter, Float) and parameter.step is None):
        return None
    return tuple(config[name] for config in alone(space, name).grid())


def _parents_first(space: Space) -> Iterator[str]:
    left = dict.fromkeys(space.names)
    while left:
        for name in list(left):
            if not (space.parameters[name].when or {}).keys() & left.keys():
                del left[name]
                yield name
