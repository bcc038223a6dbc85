"""Nevergrad's NGOpt, told the budget and the number of workers, as it is documented to be."""

from __future__ import annotations

from typing import Any

import nevergrad as ng
import numpy as np
from benchmarks.search.peers.protocol import Ask, Task, Worst, is_choice, only_active


def _parameter(entry: dict[str, Any]) -> Any:
    if is_choice(entry):
        kind = ng.p.TransitionChoice if entry.get("ordered") else ng.p.Choice
        return kind(entry["values"])
    kind = ng.p.Log if entry.get("log") else ng.p.Scalar
    found = kind(lower=entry["low"], upper=entry["high"])
    return found.set_integer_casting() if entry["type"] == "int" else found


class NevergradPeer:
    """NGOpt; a failure is told as a value worse than the worst."""

    watches = False

    def __init__(self, task: Task) -> None:
        self.space = task.space
        parametrization = ng.p.Dict(**{n: _parameter(entry) for n, entry in task.space.items()})
        parametrization.random_state = np.random.RandomState(task.seed)
        self.optimizer = ng.optimizers.NGOpt(
            parametrization, budget=task.n_trials, num_workers=task.workers
        )
        self.asked: list[Any] = []
        self.worst = Worst()

    def ask(self) -> Ask:
        """Ask for a candidate."""
        candidate = self.optimizer.ask()
        self.asked.append(candidate)
        return Ask(len(self.asked) - 1, only_active(self.space, candidate.value))

    def report(self, id: int, step: int, value: float) -> bool:
        """Never asked."""
        return False

    def tell(self, id: int, value: float | None, step: int, state: str) -> None:
        """Tell the loss."""
        self.optimizer.tell(self.asked[id], self.worst.of(value))


def make(task: Task) -> NevergradPeer:
    """Return the peer."""
    return NevergradPeer(task)
