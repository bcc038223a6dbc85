"""NePS: Bayesian optimisation, and PriorBand, ASHA and Hyperband over the fidelity."""

from __future__ import annotations

import logging
import math
import warnings
from typing import Any

import neps
import numpy as np
import torch
from benchmarks.search.peers.protocol import Ask, Task, Worst, is_choice, only_active
from neps.optimizers import algorithms
from neps.space import HPOCategorical, HPOFloat, HPOInteger, SearchSpace

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
FIDELITY = "fidelity_steps"
MIN_STEPS = 2


def _parameter(entry: dict[str, Any]) -> Any:
    if is_choice(entry):
        return HPOCategorical(entry["values"])
    kind = HPOInteger if entry["type"] == "int" else HPOFloat
    return kind(entry["low"], entry["high"], log=bool(entry.get("log")))


class NepsPeer:
    """An algorithm behind NePS's own ask and tell."""

    watches = False

    def __init__(self, task: Task) -> None:
        np.random.seed(task.seed)
        torch.manual_seed(task.seed)
        torch.set_num_threads(1)
        self.space, self.max_steps = task.space, task.max_steps
        entries = {name: _parameter(entry) for name, entry in task.space.items()}
        self.has_rungs = task.method != "neps-bo"
        if self.has_rungs:
            least = min(MIN_STEPS, (task.max_steps or 1) - 1)
            entries[FIDELITY] = HPOInteger(max(1, least), task.max_steps or 1, is_fidelity=True)
        space = SearchSpace(entries)
        algorithm = {
            "neps-bo": algorithms.bayesian_optimization,
            "neps-priorband": algorithms.priorband,
            "neps-asha": algorithms.asha,
            "neps-hyperband": algorithms.hyperband,
        }[task.method]
        self.optimizer = neps.AskAndTell(algorithm(space))
        self.open: dict[int, Any] = {}
        self.id_of: dict[str, int] = {}
        self.worst = Worst()

    def ask(self) -> Ask:
        """Ask for a configuration; the next rung of an earlier one continues it."""
        trial = self.optimizer.ask()
        config = dict(trial.config)
        until = math.ceil(config.pop(FIDELITY)) if self.has_rungs else None
        previous = trial.metadata.previous_trial_id
        id = self.id_of.get(previous) if previous else None
        id = len(set(self.id_of.values())) if id is None else id
        self.id_of[trial.metadata.id] = id
        self.open[id] = trial
        plain = {
            name: value.item() if hasattr(value, "item") else value
            for name, value in config.items()
        }
        is_end = until is None or until == self.max_steps
        return Ask(id, only_active(self.space, plain), None if is_end else until)

    def report(self, id: int, step: int, value: float) -> bool:
        """Never asked."""
        return False

    def tell(self, id: int, value: float | None, step: int, state: str) -> None:
        """Tell the objective of the rung."""
        self.optimizer.tell(self.open[id], self.worst.of(value))


def make(task: Task) -> NepsPeer:
    """Return the peer."""
    return NepsPeer(task)
