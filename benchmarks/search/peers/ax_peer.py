"""Ax: its Client with the default generation strategy."""

from __future__ import annotations

import logging
import warnings
from typing import Any

from ax.api.client import Client
from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig
from benchmarks.search.peers.protocol import Ask, Task, is_choice, only_active

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)


def _parameter(name: str, entry: dict[str, Any]) -> Any:
    if is_choice(entry):
        values = entry["values"]
        kind = type(values[0]).__name__
        return ChoiceParameterConfig(
            name=name, values=values, parameter_type=kind, is_ordered=bool(entry.get("ordered"))
        )
    return RangeParameterConfig(
        name=name,
        parameter_type=entry["type"],
        bounds=(entry["low"], entry["high"]),
        scaling="log" if entry.get("log") else None,
    )


class AxPeer:
    """A client; failures are marked as failed."""

    watches = False

    def __init__(self, task: Task) -> None:
        self.space = task.space
        self.client = Client(random_seed=task.seed)
        self.client.configure_experiment(
            parameters=[_parameter(n, entry) for n, entry in task.space.items()]
        )
        self.client.configure_optimization(objective="-loss")

    def ask(self) -> Ask:
        """Ask for a trial."""
        [(id, config)] = self.client.get_next_trials(max_trials=1).items()
        return Ask(id, only_active(self.space, config))

    def report(self, id: int, step: int, value: float) -> bool:
        """Never asked."""
        return False

    def tell(self, id: int, value: float | None, step: int, state: str) -> None:
        """Complete the trial, or mark it as failed."""
        if value is None:
            self.client.mark_trial_failed(trial_index=id)
        else:
            self.client.complete_trial(trial_index=id, raw_data={"loss": value})


def make(task: Task) -> AxPeer:
    """Return the peer."""
    return AxPeer(task)
