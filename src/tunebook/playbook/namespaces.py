"""Names of conditional hyperparameters: the lr of Adam is not the lr of Nesterov (S4.16)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tunebook.errors import SpaceError
from tunebook.records import Value


def namespaced(owner: str, name: str) -> str:
    """Return the name of a hyperparameter that exists for one value alone: ``adam.lr``."""
    return f"{owner}.{name}"


def owner_of(name: str) -> str | None:
    """Return whose hyperparameter it is, None if everybody's."""
    owner, dot, _ = name.rpartition(".")
    return owner if dot else None


def resolved(values: Mapping[str, Value], owner: str) -> dict[str, Value]:
    """Return the values as training wants them: those of ``owner`` under their plain names."""
    return {
        name.rpartition(".")[2]: value
        for name, value in values.items()
        if owner_of(name) in (None, owner)
    }


def pooled(
    trials: Sequence[Mapping[str, Value]], names: Sequence[str]
) -> dict[str, list[tuple[int, Value]]]:
    """Return (trial index, value) by hyperparameter; names of different owners stay apart (S4.16).

    :raises SpaceError: two of ``names`` are one plain name with and without an owner: nothing then
        says which trials belong together.
    """
    plain = {n for n in names if owner_of(n) is None}
    clash = sorted(n for n in names if owner_of(n) is not None and n.rpartition(".")[2] in plain)
    if clash:
        raise SpaceError(
            f"{clash[0]} and {clash[0].rpartition('.')[2]} cannot both be searched",
            got=clash[0],
            expected="one name for each hyperparameter",
            do="Give every owner a name of its own, such as adam.lr and nesterov.lr.",
        )
    return {n: [(i, trial[n]) for i, trial in enumerate(trials) if n in trial] for n in names}
