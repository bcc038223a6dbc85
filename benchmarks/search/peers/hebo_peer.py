"""HEBO with its defaults. It has no conditions: inactive parameters are searched but not used."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from benchmarks.search.peers.protocol import Ask, Task, Worst, is_choice, only_active
from hebo.design_space.design_space import DesignSpace
from hebo.optimizers.hebo import HEBO

warnings.simplefilter("ignore")


def _entry(name: str, entry: dict[str, Any]) -> dict[str, Any]:
    if is_choice(entry):
        return {"name": name, "type": "cat", "categories": entry["values"]}
    kinds = {("int", False): "int", ("int", True): "pow_int", ("float", True): "pow"}
    kind = kinds.get((entry["type"], bool(entry.get("log"))), "num")
    return {"name": name, "type": kind, "lb": entry["low"], "ub": entry["high"]}


class HeboPeer:
    """HEBO, asked for one trial at a time; failures are told as worse than the worst."""

    watches = False

    def __init__(self, task: Task) -> None:
        np.random.seed(task.seed)
        self.space = task.space
        design = DesignSpace().parse([_entry(n, entry) for n, entry in task.space.items()])
        self.optimizer = HEBO(design, scramble_seed=task.seed)
        self.asked: list[Any] = []
        self.worst = Worst()

    def ask(self) -> Ask:
        """Ask for a suggestion."""
        frame = self.optimizer.suggest(n_suggestions=1)
        self.asked.append(frame)
        row = frame.iloc[0].to_dict()
        return Ask(len(self.asked) - 1, only_active(self.space, self._clean(row)))

    def _clean(self, row: dict[str, Any]) -> dict[str, Any]:
        found = {}
        for name, entry in self.space.items():
            value = row[name].item() if hasattr(row[name], "item") else row[name]
            if not is_choice(entry):
                value = min(max(value, entry["low"]), entry["high"])
                value = round(value) if entry["type"] == "int" else float(value)
            found[name] = value
        return found

    def report(self, id: int, step: int, value: float) -> bool:
        """Never asked."""
        return False

    def tell(self, id: int, value: float | None, step: int, state: str) -> None:
        """Observe a value."""
        told = self.worst.of(value)
        assert math.isfinite(told)
        self.optimizer.observe(self.asked[id], np.array([[told]]))


def make(task: Task) -> HeboPeer:
    """Return the peer."""
    return HeboPeer(task)
