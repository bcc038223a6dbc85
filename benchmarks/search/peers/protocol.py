"""What a peer is given and must offer. Standard library only: every environment imports it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Task:
    """What is to be searched. All values are minimised.

    ``space`` is that of a study file, in an order in which conditions come after what they look
    at. ``n_trials`` is the budget in full trainings, ``max_steps`` the length of one.
    """

    method: str
    space: dict[str, dict[str, Any]]
    seed: int
    n_trials: int
    max_steps: int | None
    workers: int


@dataclass(frozen=True)
class Ask:
    """Train the configuration, known as ``id``, up to a step (None: its end).

    An ``id`` that was asked for before is continued.
    """

    id: int
    config: dict[str, Any]
    until: int | None = None


class Peer(Protocol):
    """A searcher of another library."""

    watches: bool
    """Whether ``report`` is to be called after every step."""

    def ask(self) -> Ask | None:
        """Return what to train next; None: nothing now."""
        ...

    def report(self, id: int, step: int, value: float) -> bool:
        """Take a measurement; say whether to stop."""
        ...

    def tell(self, id: int, value: float | None, step: int, state: str) -> None:
        """Take the value of a trial that is "done", "paused", "stopped", or "failed" (None)."""
        ...


def is_active(entry: dict[str, Any], config: dict[str, Any]) -> bool:
    """Say whether a parameter's condition holds in the configuration so far."""
    return all(
        name in config and config[name] in (wanted if isinstance(wanted, list) else [wanted])
        for name, wanted in (entry.get("when") or {}).items()
    )


def is_choice(entry: dict[str, Any]) -> bool:
    """Say whether a parameter has values instead of a range."""
    return bool(entry["type"] == "choice")


def only_active(space: dict[str, dict[str, Any]], config: dict[str, Any]) -> dict[str, Any]:
    """Return a flat library's configuration without the parameters that are not active."""
    found: dict[str, Any] = {}
    for name, entry in space.items():
        if is_active(entry, found):
            found[name] = config[name]
    return found


class Worst:
    """Stands in for failures where a library takes numbers only: worse than the worst so far."""

    def __init__(self) -> None:
        self.values: list[float] = []

    def of(self, value: float | None) -> float:
        """Return the value, or for a failure one worse than all values so far."""
        if value is not None:
            self.values.append(value)
            return value
        if not self.values:
            return 1.0
        return max(self.values) + 0.5 * (max(self.values) - min(self.values)) + 1e-3
