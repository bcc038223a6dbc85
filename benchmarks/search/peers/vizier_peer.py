"""OSS Vizier: its default designer, GP-UCB with pure exploration. It takes no conditions.

The first decisions compile JAX programs: their time counts here, so look at the median.
"""

from __future__ import annotations

import logging
import warnings
from typing import Any

import jax
from benchmarks.search.peers.protocol import Ask, Task, is_choice, only_active
from vizier import algorithms
from vizier import pyvizier as vz
from vizier._src.algorithms.designers.gp_ucb_pe import VizierGPUCBPEBandit

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)


def _add(root: Any, name: str, entry: dict[str, Any]) -> None:
    scale = vz.ScaleType.LOG if entry.get("log") else vz.ScaleType.LINEAR
    if is_choice(entry):
        root.add_categorical_param(name, [str(i) for i in range(len(entry["values"]))])
    elif entry["type"] == "int":
        root.add_int_param(name, entry["low"], entry["high"], scale_type=scale)
    else:
        root.add_float_param(name, entry["low"], entry["high"], scale_type=scale)


class VizierPeer:
    """The designer, told what is completed and what is under way; failures are infeasible."""

    watches = False

    def __init__(self, task: Task) -> None:
        self.space = task.space
        problem = vz.ProblemStatement()
        for name, entry in task.space.items():
            _add(problem.search_space.root, name, entry)
        goal = vz.ObjectiveMetricGoal.MINIMIZE
        problem.metric_information.append(vz.MetricInformation("loss", goal=goal))
        self.designer = VizierGPUCBPEBandit(problem, rng=jax.random.PRNGKey(task.seed))
        self.active: dict[int, Any] = {}
        self.completed: list[Any] = []
        self.n_asked = 0

    def ask(self) -> Ask:
        """Update the designer and ask it."""
        completed = algorithms.CompletedTrials(self.completed)
        active = algorithms.ActiveTrials(list(self.active.values()))
        self.designer.update(completed, active)
        self.completed = []
        trial = self.designer.suggest(1)[0].to_trial(self.n_asked + 1)
        self.active[self.n_asked] = trial
        self.n_asked += 1
        config = {n: self._value(trial, n, entry) for n, entry in self.space.items()}
        return Ask(self.n_asked - 1, only_active(self.space, config))

    @staticmethod
    def _value(trial: Any, name: str, entry: dict[str, Any]) -> Any:
        value = trial.parameters[name].value
        if is_choice(entry):
            return entry["values"][int(value)]
        value = min(max(value, entry["low"]), entry["high"])
        return int(value) if entry["type"] == "int" else float(value)

    def report(self, id: int, step: int, value: float) -> bool:
        """Never asked."""
        return False

    def tell(self, id: int, value: float | None, step: int, state: str) -> None:
        """Complete the trial."""
        trial = self.active.pop(id)
        if value is None:
            trial.complete(vz.Measurement(), infeasibility_reason="failed")
        else:
            trial.complete(vz.Measurement(metrics={"loss": value}))
        self.completed.append(trial)


def make(task: Task) -> VizierPeer:
    """Return the peer."""
    return VizierPeer(task)
