"""Is the best near an edge of the space? Then the space may be too small (S4.21)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from tunebook.analysis.axis import end_of, units_of, values_of
from tunebook.analysis.ranking import N_TOP, infeasible, ranked
from tunebook.records import Objective, Trial
from tunebook.space import Choice, Float, Int, Space

Units: TypeAlias = Mapping[str, float]

EDGE = 0.1
"""The outer share of a range, on its scale, that counts as its edge (S4.21)."""

EXPANSION = 0.5
"""So much of its range a parameter is to be widened, on its scale (S4.21)."""

N_TO_EXPAND = 2
"""So many of the top three must share an edge (S4.21)."""


class EdgeAdvice(StrEnum):
    """What to do about an edge."""

    WARN = "warn"
    """The best trial is there; it may be chance."""
    EXPAND = "expand"
    """Most of the best trials are there: widen the range."""
    STABILISE = "stabilise"
    """... but beyond it every trial is infeasible: look at stability instead (S4.46)."""


@dataclass(frozen=True, slots=True)
class EdgeFinding:
    """The best trials lie at one edge of ``parameter``.

    ``n_top`` of the top three share the edge. ``proposed`` is the new end of the range, None where
    there is none to propose, as for a choice.
    """

    parameter: str
    is_high: bool
    advice: EdgeAdvice
    n_top: int
    proposed: float | None


def boundary_test(trials: Sequence[Trial], space: Space, objective: Objective) -> list[EdgeFinding]:
    """Return what is found at the edges of each range and each ordered choice."""
    best = [units_of(trial, space) for trial in ranked(trials, objective)]
    broken = [units_of(trial, space) for trial in infeasible(trials)]
    findings = []
    for name in space.dimensions:
        for is_high in (False, True):
            finding = _at_edge(space, name, best, broken, is_high=is_high)
            if finding is not None:
                findings.append(finding)
    return findings


def _at_edge(
    space: Space, name: str, best: Sequence[Units], broken: Sequence[Units], *, is_high: bool
) -> EdgeFinding | None:
    margin = _margin(space, name)
    if margin is None or not best or name not in best[0]:
        return None
    # Seen from the edge, so that both edges are one case.
    away = [1 - u[name] if is_high else u[name] for u in best if name in u]
    is_there = [distance <= margin for distance in away[:N_TOP]]
    n_top = sum(is_there)
    if n_top < N_TO_EXPAND:
        return EdgeFinding(name, is_high, EdgeAdvice.WARN, n_top, None) if is_there[0] else None
    broken_away = [1 - u[name] if is_high else u[name] for u in broken if name in u]
    if any(distance < min(away) for distance in broken_away):
        return EdgeFinding(name, is_high, EdgeAdvice.STABILISE, n_top, None)
    is_range = values_of(space, name) is None
    proposed = end_of(space, name, 1 + EXPANSION if is_high else -EXPANSION) if is_range else None
    return EdgeFinding(name, is_high, EdgeAdvice.EXPAND, n_top, proposed)


def _margin(space: Space, name: str) -> float | None:
    """Return the width of an edge in units, None for what has no edges."""
    parameter = space.parameters[name]
    if isinstance(parameter, Float | Int):
        return EDGE
    if isinstance(parameter, Choice) and parameter.ordered and len(parameter.values) > 2:
        return 1 / len(parameter.values)
    return None
