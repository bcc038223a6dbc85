"""Roles of hyperparameters in a round: scientific, nuisance, fixed; and the caveats (S4.15)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tunebook.playbook.hyperparameters import known
from tunebook.space import Kind, Role

_INTERACTING = {
    "width": ("weight_decay", "dropout", "lr"),
    "depth": ("lr",),
    "batch_size": ("lr", "momentum", "weight_decay"),
    "optimizer": ("lr", "momentum", "beta1", "weight_decay"),
    "augmentation": ("weight_decay", "dropout"),
}
"""What must not be fixed while the key is scientific: they interact strongly."""


@dataclass(frozen=True, slots=True)
class RoleProposal:
    """A role for one hyperparameter and why; the caveat is empty unless it is fixed."""

    name: str
    role: Role
    reason: str
    caveat: str = ""


def propose_roles(
    scientific: Collection[str], values: Mapping[str, object], *, affordable: int | None = None
) -> list[RoleProposal]:
    """Return a role for each hyperparameter of ``values`` for this goal (S4.15).

    Optimizer values and strengths of regularization are nuisances; the choice of an optimizer,
    architecture, and all that is not known are fixed unless scientific. With ``affordable``
    nuisances at most, the least sensitive are fixed, but none that interacts with a scientific one.
    """
    bound = {other for name in scientific for other in _INTERACTING.get(_plain(name), ())}
    nuisances = [n for n in values if n not in scientific and _is_nuisance(n)]
    nuisances.sort(key=lambda n: (_plain(n) not in bound, _rank(n)))
    if affordable is not None:
        n_bound = sum(_plain(n) in bound for n in nuisances)
        nuisances = nuisances[: max(affordable, n_bound)]
    return [_proposal(name, scientific, nuisances, bound, values[name]) for name in values]


def _proposal(
    name: str,
    scientific: Collection[str],
    nuisances: Sequence[str],
    bound: Collection[str],
    value: object,
) -> RoleProposal:
    if name in scientific:
        return RoleProposal(name, Role.SCIENTIFIC, "its effect is the question of this round")
    if name in nuisances:
        why = "interacts strongly with it" if _plain(name) in bound else "its best value may move"
        return RoleProposal(name, Role.NUISANCE, f"tuned for a fair comparison: {why}")
    return RoleProposal(name, Role.FIXED, "held to save trials", f"{name} = {value}")


def _plain(name: str) -> str:
    found = known(name)
    return found.name if found is not None else name


def _rank(name: str) -> int:
    found = known(name)
    return 1 if found is None else ["high", "medium", "low"].index(found.sensitivity)


def _is_nuisance(name: str) -> bool:
    """Whether it is a value of the optimizer or a strength of regularization."""
    found = known(name)
    if found is None or found.name in {"optimizer", "loss", "schedule", "batch_size", "max_steps"}:
        return False
    return found.kind in {Kind.OPTIMIZATION, Kind.REGULARIZATION}


def caveats(roles: Sequence[RoleProposal]) -> tuple[str, ...]:
    """Return the caveat of every fixed hyperparameter: none may be left out of a report (I9)."""
    return tuple(r.caveat for r in roles if r.role is Role.FIXED)


def caveat_sentence(roles: Sequence[RoleProposal]) -> str:
    """Return what travels with each conclusion (S4.15, I9), empty if nothing was held."""
    held = caveats(roles)
    return f"holds only for {', '.join(held)}" if held else ""
