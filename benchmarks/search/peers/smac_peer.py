"""SMAC3: the facade for hyperparameter optimisation, and the multi-fidelity one (Hyperband)."""

from __future__ import annotations

import logging
import math
import tempfile
from typing import Any

from benchmarks.search.peers.configspace import configuration_space, plain
from benchmarks.search.peers.protocol import Ask, Task, Worst
from smac import HyperparameterOptimizationFacade as HpoFacade
from smac import MultiFidelityFacade, Scenario
from smac.runhistory import StatusType, TrialInfo, TrialValue

logging.disable(logging.CRITICAL)
MIN_BUDGET = 3


def _never(config: Any, seed: int = 0, budget: float = 0.0) -> float:
    raise AssertionError("SMAC is asked and told")


class SmacPeer:
    """A facade; a failure is told as a crash, with a value worse than the worst."""

    watches = False

    def __init__(self, task: Task) -> None:
        space = configuration_space(task.space, task.seed)
        folder = tempfile.mkdtemp(prefix="smac-")
        self.max_steps = task.max_steps if task.method == "smac-mf" else None
        # Multi-fidelity: many more configurations than full trainings fit the budget.
        common = {"deterministic": True, "seed": task.seed, "output_directory": folder}
        if self.max_steps is None:
            scenario = Scenario(space, n_trials=task.n_trials, **common)
            once = HpoFacade.get_intensifier(scenario, max_config_calls=1)
            self.facade: Any = HpoFacade(
                scenario, _never, intensifier=once, overwrite=True, logging_level=False
            )
        else:
            scenario = Scenario(
                space,
                n_trials=task.n_trials * 100,
                min_budget=min(MIN_BUDGET, self.max_steps),
                max_budget=self.max_steps,
                **common,
            )
            self.facade = MultiFidelityFacade(scenario, _never, overwrite=True, logging_level=False)
        self.asked: list[TrialInfo] = []
        self.id_of: dict[Any, int] = {}
        self.worst = Worst()

    def ask(self) -> Ask:
        """Ask for a trial; the same configuration at a higher budget continues."""
        info = self.facade.ask()
        until = None if self.max_steps is None else min(self.max_steps, math.ceil(info.budget))
        id = self.id_of.get(info.config)
        if id is None:
            id = self.id_of[info.config] = len(self.asked)
            self.asked.append(info)
        self.asked[id] = info
        is_end = until is None or until == self.max_steps
        return Ask(id, plain(info.config), None if is_end else until)

    def report(self, id: int, step: int, value: float) -> bool:
        """Never asked."""
        return False

    def tell(self, id: int, value: float | None, step: int, state: str) -> None:
        """Tell the cost."""
        status = StatusType.CRASHED if value is None else StatusType.SUCCESS
        self.facade.tell(self.asked[id], TrialValue(cost=self.worst.of(value), status=status))


def make(task: Task) -> SmacPeer:
    """Return the peer."""
    return SmacPeer(task)
