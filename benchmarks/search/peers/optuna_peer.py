"""Optuna: multivariate TPE with constant liar, the GP sampler, CMA-ES, and the pruners.

``optuna-auto`` does what OptunaHub's AutoSampler does in up to 250 trials: TPE when there is a
categorical or conditional parameter, else GP.
"""

from __future__ import annotations

import warnings
from typing import Any

import optuna
from benchmarks.search.peers.protocol import Ask, Task, is_active, is_choice

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.simplefilter("ignore")


def _sampler(name: str, task: Task) -> optuna.samplers.BaseSampler:
    is_conditional = any(entry.get("when") for entry in task.space.values())
    if name == "auto":
        is_mixed = is_conditional or any(map(is_choice, task.space.values()))
        name = "tpe" if is_mixed else "gp"
    if name == "gp":
        return optuna.samplers.GPSampler(seed=task.seed)
    if name == "cmaes":
        return optuna.samplers.CmaEsSampler(seed=task.seed)
    return optuna.samplers.TPESampler(
        seed=task.seed, multivariate=True, constant_liar=True, group=is_conditional
    )


def _pruner(name: str, task: Task) -> optuna.pruners.BasePruner:
    if name == "asha":
        return optuna.pruners.SuccessiveHalvingPruner()
    if name == "hyperband":
        return optuna.pruners.HyperbandPruner(1, task.max_steps or 1, 3)
    if name == "median":
        return optuna.pruners.MedianPruner()
    return optuna.pruners.NopPruner()


class OptunaPeer:
    """A study with one sampler and one pruner; failed trials are told as failed."""

    def __init__(self, task: Task) -> None:
        sampler, _, pruner = task.method.removeprefix("optuna-").partition("+")
        self.space = task.space
        self.watches = bool(pruner)
        self.study = optuna.create_study(
            sampler=_sampler(sampler, task), pruner=_pruner(pruner, task)
        )
        self.trials: dict[int, optuna.Trial] = {}

    def ask(self) -> Ask:
        """Ask for a trial and draw its parameters in order."""
        trial = self.study.ask()
        self.trials[trial.number] = trial
        config: dict[str, Any] = {}
        for name, entry in self.space.items():
            if is_active(entry, config):
                config[name] = self._suggest(trial, name, entry)
        return Ask(trial.number, config)

    @staticmethod
    def _suggest(trial: optuna.Trial, name: str, entry: dict[str, Any]) -> Any:
        if is_choice(entry):
            return trial.suggest_categorical(name, entry["values"])
        suggest = trial.suggest_int if entry["type"] == "int" else trial.suggest_float
        return suggest(name, entry["low"], entry["high"], log=bool(entry.get("log")))

    def report(self, id: int, step: int, value: float) -> bool:
        """Report to the pruner."""
        self.trials[id].report(value, step)
        return bool(self.trials[id].should_prune())

    def tell(self, id: int, value: float | None, step: int, state: str) -> None:
        """Close the trial: complete, pruned or failed."""
        if state == "stopped":
            self.study.tell(id, state=optuna.trial.TrialState.PRUNED)
        elif value is None:
            self.study.tell(id, state=optuna.trial.TrialState.FAIL)
        else:
            self.study.tell(id, value)


def make(task: Task) -> OptunaPeer:
    """Return the peer of that method."""
    return OptunaPeer(task)
