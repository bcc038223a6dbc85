"""Older studies as a new one sees them: trials and outcomes, copied into it. Light to import."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from tunebook.errors import SearchError
from tunebook.records import Configuration, JsonObject, Objective, Trial
from tunebook.space import Bool, Choice, Float, Int, Parameter, Space
from tunebook.space.values import key

MIN_TRIALS = 5
"""A past study needs so many trials with a value to say anything."""

MIN_SHARED = 0.5
"""Past studies are offered when they share at least this part of the new space's parameters."""

MAX_OUTCOMES = 200
"""A longer past is thinned out: its best half of these stay, and a share of the others."""


@final
@dataclass(frozen=True, slots=True)
class PastStudy:
    """An older study. ``outcomes`` are to be minimised, whatever its metric; None is a failure."""

    name: str
    space: Space
    outcomes: tuple[tuple[Configuration, float | None], ...]

    def to_dict(self) -> JsonObject:
        """Return the past as JSON, to be kept with the new study."""
        outcomes = [[dict(config), value] for config, value in self.outcomes]
        return {"name": self.name, "space": self.space.to_dict(), "outcomes": outcomes}

    @classmethod
    def from_dict(cls, given: JsonObject) -> PastStudy:
        """Undo ``to_dict``."""
        outcomes = tuple((Configuration(config), value) for config, value in given["outcomes"])
        return cls(given["name"], Space.from_dict(given["space"]), outcomes)


def past_study(
    name: str, space: Space, objective: Objective, trials: Sequence[Trial], *, new: Objective
) -> PastStudy:
    """Return an older study to start from; ``SearchError`` for a metric of the other direction."""
    from tunebook.search.observations import observed

    if objective.direction is not new.direction:
        raise SearchError(
            f"The study {name!r} cannot warm-start this one",
            got=f"it wants to {objective.direction} {objective.metric}",
            expected=f"a study that wants to {new.direction} its metric, as this one {new.metric}",
            do="Leave it out of warm_start",
        )
    found = [(o.trial.config, o.value) for o in observed(trials, objective)]
    return PastStudy(name, space, tuple(_thinned(found)))


def _thinned(
    found: list[tuple[Configuration, float | None]],
) -> list[tuple[Configuration, float | None]]:
    if len(found) <= MAX_OUTCOMES:
        return found
    valued = [(value, i) for i, (_, value) in enumerate(found) if value is not None]
    best = {i for _, i in sorted(valued)[: MAX_OUTCOMES // 2]}
    others = [i for i in range(len(found)) if i not in best]
    n_others = MAX_OUTCOMES - len(best)
    kept = {others[i * len(others) // n_others] for i in range(n_others)}
    return [outcome for i, outcome in enumerate(found) if i in best | kept]


def shared_names(space: Space, old: Space) -> list[str]:
    """Return the searched parameters that two spaces have in common, by name, kind and range."""
    return [
        name
        for name in space.dimensions
        if name in old.dimensions and _overlap(space.parameters[name], old.parameters[name])
    ]


def is_helpful(space: Space, past: PastStudy) -> bool:
    """Whether to offer a past study: enough in common, and enough trials with a value."""
    n_valued = sum(value is not None for _, value in past.outcomes)
    n_shared = len(shared_names(space, past.space))
    return n_valued >= MIN_TRIALS and n_shared >= max(1.0, MIN_SHARED * len(space.dimensions))


def _overlap(a: Parameter, b: Parameter) -> bool:
    match a, b:
        case (Float() | Int(), Float() | Int()):
            return max(a.low, b.low) < min(a.high, b.high)
        case Choice(), Choice():
            return not {key(value) for value in a.values}.isdisjoint(map(key, b.values))
        case Bool(), Bool():
            return True
        case _:
            return False
