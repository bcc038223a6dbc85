"""What a round of exploration says about the next round's space: widen, cut, narrow or fix.

Changes are proposed with their reasons; a person may strike any of them out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from tunebook.analysis.axis import end_of, units_of
from tunebook.analysis.boundary import EXPANSION, EdgeAdvice, EdgeFinding, boundary_test
from tunebook.analysis.importance import importance
from tunebook.analysis.infeasibility import judge_infeasibility
from tunebook.analysis.narrowing import Box, Narrowing, Stretch, narrowed, placed
from tunebook.playbook.hyperparameters import known
from tunebook.records import Objective, Trial, Value
from tunebook.space import Bool, Choice, Constant, Float, Int, Parameter, Space
from tunebook.space.parameters import When

MIN_IN_REGION = 3
"""Fewer infeasible trials than this are no region to cut off."""

_SHARES = frozenset({"dropout", "label_smoothing", "data_fraction", "warmup"})
MAX_SHARE = 0.9
"""No share, such as that of units dropped, is widened beyond this."""


class ChangeKind(StrEnum):
    """What is done to a parameter of the space."""

    WIDEN = "widen"
    """The best trials lie at its edge (S4.21)."""
    CUT = "cut"
    """Beyond it nearly every trial is infeasible (S4.27)."""
    NARROW = "narrow"
    """The best trials share a part of it (S2.19)."""
    FIX = "fix"
    """It makes no difference here, or one value holds the best trials: a person decides (S2.19)."""


@dataclass(frozen=True, slots=True)
class SpaceChange:
    """A change with its reason: new ends, a ``value`` to fix, or the ``values`` that are left."""

    parameter: str
    kind: ChangeKind
    reason: str
    low: float | None = None
    high: float | None = None
    value: Value = None
    values: tuple[Value, ...] = ()


def propose_changes(
    trials: Sequence[Trial], space: Space, objective: Objective, *, round_number: int
) -> list[SpaceChange]:
    """Return at most one change a parameter, from all trials so far that lie in ``space``.

    Widening comes first, for a range that is too small must not be narrowed (S4.21); then the cut
    of an infeasible region (S4.27); then fixing and narrowing (S2.19).
    """
    inside = [trial for trial in trials if units_of(trial, space)]
    seen = [p for p in (placed(trial, space, objective) for trial in inside) if p is not None]
    narrowing = narrowed(Box.of(space), seen, round_number=round_number)
    found = importance(inside, space, objective)
    # Their importance is surely below an even share.
    idle = {each.parameter for each in found if each.high < 1 / len(found)}
    edges = boundary_test(inside, space, objective)
    at_edge = {edge.parameter for edge in edges}
    changes: dict[str, SpaceChange] = {}
    for change in (
        *_widened(edges, narrowing, space),
        *_cut(inside, space),
        *_narrowed(narrowing, space, idle),
    ):
        # The best trial at an edge may be chance: no reason to widen, yet none to narrow.
        if change.kind is not ChangeKind.NARROW or change.parameter not in at_edge:
            changes.setdefault(change.parameter, change)
    return list(changes.values())


def _widened(edges: Sequence[EdgeFinding], narrowing: Narrowing, space: Space) -> list[SpaceChange]:
    """Widen what either test wants wider: two of the best three (S4.21), or of the top fifth."""
    wanted = {
        edge.parameter: (edge.is_high, f"{edge.n_top} of the best 3 trials")
        for edge in edges
        if edge.advice is EdgeAdvice.EXPAND
    }
    barred = {edge.parameter for edge in edges if edge.advice is EdgeAdvice.STABILISE}
    for name, is_high in narrowing.extended.items():
        stretch = narrowing.box.stretches[name]
        if name not in barred and (stretch.high > 1.0 if is_high else stretch.low < 0.0):
            wanted.setdefault(name, (is_high, f"at least 2 of the best {narrowing.n_top} trials"))
    changes = []
    for name, (is_high, who) in wanted.items():
        end = _legal(space, name, end_of(space, name, 1 + EXPANSION if is_high else -EXPANSION))
        if end is not None:
            low, high = (None, end) if is_high else (end, None)
            reason = f"{who} lie at its {'upper' if is_high else 'lower'} edge"
            changes.append(SpaceChange(name, ChangeKind.WIDEN, reason, low, high))
    return changes


def _legal(space: Space, name: str, end: float) -> float | None:
    """Return the new end where it makes sense, None where the range is as wide as it can be."""
    parameter = space.parameters[name]
    if not isinstance(parameter, Float | Int):
        return None
    found = known(name)
    if parameter.low >= 0:
        end = max(0.0, end)
    if found is not None and found.name in _SHARES:
        end = min(end, MAX_SHARE)
    return None if parameter.low <= end <= parameter.high else end


def _cut(trials: Sequence[Trial], space: Space) -> list[SpaceChange]:
    judged = judge_infeasibility(trials, space)
    cut = judged.cut
    if cut is None or cut.n_infeasible < MIN_IN_REGION or not isinstance(cut.limit, int | float):
        return []
    side = "above" if cut.is_upper else "below"
    reason = (
        f"{judged.share:.0%} of the trials are infeasible; {cut.n_infeasible} of them and "
        f"{cut.n_feasible} others lie {side} {cut.limit:.4g}"
    )
    low, high = (None, float(cut.limit)) if cut.is_upper else (float(cut.limit), None)
    return [SpaceChange(cut.parameter, ChangeKind.CUT, reason, low, high)]


def _narrowed(narrowing: Narrowing, space: Space, idle: Collection[str]) -> list[SpaceChange]:
    changes = []
    for name, stretch in narrowing.box.stretches.items():
        if name in narrowing.insensitive and name in idle:
            value = end_of(space, name, narrowing.insensitive[name])
            whole = isinstance(space.parameters[name], Int)
            reason = "the best trials lie all over its range: it makes no difference here"
            kept: Value = int(value) if whole else value
            changes.append(SpaceChange(name, ChangeKind.FIX, reason, value=kept))
        elif name not in narrowing.extended and stretch.inside != Stretch():
            low, high = (end_of(space, name, u) for u in (stretch.inside.low, stretch.inside.high))
            reason = f"the best {narrowing.n_top} trials lie there, with room on both sides"
            changes.append(SpaceChange(name, ChangeKind.NARROW, reason, low, high))
    for name, left in narrowing.box.values.items():
        parameter = space.parameters[name]
        if isinstance(parameter, Choice) and len(left) < len(parameter.values):
            reason = f"the other values hold less than a fifth of the best {narrowing.n_top} trials"
            kind = ChangeKind.FIX if len(left) == 1 else ChangeKind.NARROW
            changes.append(SpaceChange(name, kind, reason, value=left[0], values=left))
    return changes


def changed_space(space: Space, changes: Sequence[SpaceChange]) -> Space:
    """Return the space with these changes; a fixed parameter becomes a constant."""
    parameters: dict[str, Parameter] = dict(space.parameters)
    for change in changes:
        parameters[change.parameter] = _changed(parameters[change.parameter], change)
    return Space(_without_orphans(parameters), constraints=space.constraints)


def _without_orphans(parameters: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """Leave out parameters, and values in conditions, that no choice leads to any more."""
    kept = dict(parameters)
    for name, parameter in parameters.items():
        when = {}
        for parent, values in (parameter.when or {}).items():
            wanted = values if isinstance(values, list | tuple) else (values,)
            when[parent] = [v for v in wanted if _may_be(kept.get(parent), v)]
        if not all(when.values()):
            del kept[name]
        elif isinstance(parameter, Choice):
            kept[name] = _choice(parameter, parameter.values, when or None)
        elif when:
            kept[name] = replace(parameter, when=when)
    # A parent that has gone takes its children along.
    return kept if len(kept) == len(parameters) else _without_orphans(kept)


def _choice(old: Choice, values: Sequence[Value], when: When | None) -> Choice:
    return Choice(*values, ordered=old.ordered, when=when, role=old.role, kind=old.kind)


def _may_be(parameter: Parameter | None, value: Value) -> bool:
    if isinstance(parameter, Bool):
        return isinstance(value, bool)
    constants = (parameter.value,) if isinstance(parameter, Constant) else ()
    values = parameter.values if isinstance(parameter, Choice) else constants
    return any(type(v) is type(value) and v == value for v in values)


def _changed(parameter: Parameter, change: SpaceChange) -> Parameter:
    if change.kind is ChangeKind.FIX:
        return Constant(change.value, when=parameter.when, role=parameter.role, kind=parameter.kind)
    if isinstance(parameter, Choice):
        return _choice(parameter, change.values, parameter.when)
    if not isinstance(parameter, Float | Int):
        raise TypeError(f"{change.parameter} has no range")
    low = parameter.low if change.low is None else change.low
    high = parameter.high if change.high is None else change.high
    if isinstance(parameter, Int):
        return replace(parameter, low=round(low), high=round(high), prior=None)
    is_inside = parameter.prior is not None and low <= parameter.prior <= high
    return replace(parameter, low=low, high=high, prior=parameter.prior if is_inside else None)
