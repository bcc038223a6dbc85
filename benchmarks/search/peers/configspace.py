"""A study's space as a ConfigSpace, which several libraries take."""

from __future__ import annotations

from typing import Any

import ConfigSpace as cs
from benchmarks.search.peers.protocol import is_choice


def configuration_space(space: dict[str, dict[str, Any]], seed: int) -> cs.ConfigurationSpace:
    """Return the space with its conditions."""
    found = cs.ConfigurationSpace(seed=seed)
    made = {name: _parameter(name, entry) for name, entry in space.items()}
    found.add(list(made.values()))
    for name, entry in space.items():
        conditions = [
            cs.InCondition(made[name], made[parent], _listed(wanted))
            for parent, wanted in (entry.get("when") or {}).items()
        ]
        if len(conditions) > 1:
            found.add(cs.AndConjunction(*conditions))
        elif conditions:
            found.add(conditions[0])
    return found


def plain(config: Any) -> dict[str, Any]:
    """Return a configuration as a dictionary of Python's own types."""
    return {
        name: value.item() if hasattr(value, "item") else value
        for name, value in dict(config).items()
    }


def _listed(wanted: Any) -> list[Any]:
    return list(wanted) if isinstance(wanted, list) else [wanted]


def _parameter(name: str, entry: dict[str, Any]) -> Any:
    if is_choice(entry):
        return cs.CategoricalHyperparameter(name, entry["values"])
    integer, real = cs.UniformIntegerHyperparameter, cs.UniformFloatHyperparameter
    kind = integer if entry["type"] == "int" else real
    return kind(name, entry["low"], entry["high"], log=bool(entry.get("log")))
