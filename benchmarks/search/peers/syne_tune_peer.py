"""Syne Tune 0.16: its searchers, and its asynchronous successive halving (stopping) with them."""

from __future__ import annotations

import datetime
import logging
import warnings
from typing import Any

from benchmarks.search.peers.protocol import Ask, Task, Worst, is_choice, only_active
from syne_tune.backend.trial_status import Trial
from syne_tune.config_space import choice, lograndint, loguniform, randint, uniform
from syne_tune.optimizer import baselines
from syne_tune.optimizer.scheduler import SchedulerDecision

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
KINDS = {
    "syne-asha": baselines.ASHA,
    "syne-asha-bore": baselines.ASHABORE,
    "syne-asha-cqr": baselines.ASHACQR,
    "syne-bohb": baselines.BOHB,
    "syne-bore": baselines.BORE,
    "syne-cqr": baselines.CQR,
    "syne-rea": baselines.REA,
}
MULTI_FIDELITY = ("syne-asha", "syne-asha-bore", "syne-asha-cqr", "syne-bohb")
GRACE_PERIOD = 2
"""The first rung that did best on the curves of the development problems (1 is the default)."""


def _domain(entry: dict[str, Any]) -> Any:
    if is_choice(entry):
        return choice(entry["values"])
    kinds = {("int", True): lograndint, ("int", False): randint, ("float", True): loguniform}
    kind = kinds.get((entry["type"], bool(entry.get("log"))), uniform)
    return kind(entry["low"], entry["high"])


class SyneTunePeer:
    """A scheduler; where there are no rungs, a failure is told as worse than the worst."""

    def __init__(self, task: Task) -> None:
        self.space = task.space
        self.watches = task.method in MULTI_FIDELITY
        options: dict[str, Any] = {"metric": "loss", "random_seed": task.seed}
        if self.watches:
            options |= {"time_attr": "step", "max_t": task.max_steps or 1}
            options |= {"grace_period": min(GRACE_PERIOD, task.max_steps or 1)}
        domains = {name: _domain(entry) for name, entry in task.space.items()}
        self.scheduler = KINDS[task.method](domains, **options)
        self.trials: list[Trial] = []
        self.worst = Worst()

    def ask(self) -> Ask | None:
        """Ask for a suggestion."""
        suggestion = self.scheduler.suggest()
        if suggestion is None:
            return None
        now = datetime.datetime.now(datetime.UTC)
        trial = Trial(len(self.trials), suggestion.config, now)
        self.trials.append(trial)
        if hasattr(self.scheduler, "on_trial_add"):
            self.scheduler.on_trial_add(trial)
        config = {name: suggestion.config[name] for name in self.space}
        return Ask(trial.trial_id, only_active(self.space, config))

    def report(self, id: int, step: int, value: float) -> bool:
        """Report to the rungs."""
        if id in getattr(self.scheduler, "trial_info", {id: None}):
            result = {"loss": value, "step": step}
            decision = self.scheduler.on_trial_result(self.trials[id], result)
            return bool(decision == SchedulerDecision.STOP)
        return False

    def tell(self, id: int, value: float | None, step: int, state: str) -> None:
        """Complete the trial, or tell its error."""
        trial = self.trials[id]
        if not self.watches:
            result = {"loss": self.worst.of(value)}
            self.scheduler.on_trial_complete(trial, result)
        elif value is None:
            self.scheduler.on_trial_error(trial)
        elif state == "stopped":
            self.scheduler.on_trial_remove(trial)
        else:
            self.scheduler.on_trial_complete(trial, {"loss": value, "step": step})


def make(task: Task) -> SyneTunePeer:
    """Return the peer."""
    return SyneTunePeer(task)
