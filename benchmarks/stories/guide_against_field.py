"""The guide against the field: the same tasks, the same number of updates for everything.

    TUNEBOOK_PACKAGES=DIR python -m benchmarks.stories.guide_against_field [--tasks digits]

Every method gets as many updates as 60 trainings of 300 have; batches of 64 for all. The
configuration it ends with is trained with five new seeds, as long as the method trained it, and
meets the test set once. The guide is run with half of the updates as well. Methods: the defaults of
S2.4 (no search), 60 random trials, Optuna (its default sampler with its median pruner, as many
trials as the updates allow), and ``search="auto"``.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np
import torch
from benchmarks.stories.field_tasks import TASKS
from benchmarks.stories.pass_marks import PassMarks

import tunebook as tb
from tunebook.guide.carry_out import GuideOptions, guide
from tunebook.recipes.loop import Training
from tunebook.recipes.trials import TaskTraining
from tunebook.space import Choice, Float, Int, Space
from tunebook.training.task import Split, Task, read_task

N_UPDATES, N_TRIALS, N_SEEDS, N_REPORTS = 300, 60, 5, 20
BUDGET = N_UPDATES * N_TRIALS
BATCH = {"batch_size": 64}
DEFAULTS = {"optimizer": "adam", "lr": 3e-4}


@dataclass
class Found:
    """What a method ended with: a configuration, its length, and the updates that were spent."""

    config: Mapping[str, Any]
    n_updates: int
    spent: int
    seconds: float = 0.0


def space_of(task: Task) -> Space:
    """Return the space that all searches of the field get: wide, as for a stranger's task."""
    assert task.space is not None
    return Space(
        {
            "lr": Float(1e-5, 1.0, log=True),
            "beta1": Float(0.5, 0.98, log="1-x"),
            "weight_decay": Float(1e-6, 1e-2, log=True),
            "schedule": Choice("constant", "linear", "cosine"),
            **task.space.parameters,
        }
    )


def trained(task: Task, config: Mapping[str, Any], n: int, seed: int) -> Training:
    training = Training(task, {**BATCH, **config}, n_updates=n, seed=seed)
    for _ in range(n):
        training.update()
    return training


def value_of(training: Training) -> float:
    found = training.evaluate(Split.TRAIN_VAL)[training.task.objective.metric]
    return found if math.isfinite(found) else 0.0


def defaults(task: Task, seed: int, home: Path) -> Found:
    return Found(DEFAULTS, N_UPDATES, N_UPDATES)


def random(task: Task, seed: int, home: Path) -> Found:
    rng, space = np.random.default_rng(seed), space_of(task)
    configs = [space.sample(rng) for _ in range(N_TRIALS)]
    values = [value_of(trained(task, dict(c), N_UPDATES, i)) for i, c in enumerate(configs)]
    return Found(dict(configs[int(np.argmax(values))]), N_UPDATES, BUDGET)


def optuna_(task: Task, seed: int, home: Path) -> Found:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    space, spent = space_of(task), 0
    interval = N_UPDATES // N_REPORTS

    def suggested(trial: optuna.Trial) -> dict[str, Any]:
        config: dict[str, Any] = {}
        for name, p in space.parameters.items():
            match p:
                case Choice():
                    config[name] = trial.suggest_categorical(name, p.values)
                case Int():
                    config[name] = trial.suggest_int(name, p.low, p.high, log=p.log)
                case Float(log="1-x"):
                    # It has no such scale: the logarithm of what is left to 1 is searched.
                    low, high = 1 - p.high, 1 - p.low
                    config[name] = 1 - trial.suggest_float(f"1-{name}", low, high, log=True)
                case Float():
                    config[name] = trial.suggest_float(name, p.low, p.high, log=p.log)
        return config

    study = optuna.create_study(direction="maximize", pruner=optuna.pruners.MedianPruner())
    study.sampler = optuna.samplers.TPESampler(seed=seed)
    best, best_value = dict(DEFAULTS), -math.inf
    while spent < BUDGET:
        trial = study.ask()
        config = suggested(trial)
        training = Training(task, {**BATCH, **config}, n_updates=N_UPDATES, seed=trial.number)
        is_pruned = False
        for step in range(1, N_REPORTS + 1):
            for _ in range(interval):
                training.update()
            spent += interval
            value = value_of(training)
            trial.report(value, step)
            if step < N_REPORTS and trial.should_prune():
                is_pruned = True
                break
        if is_pruned:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            continue
        study.tell(trial, value)
        if value > best_value:
            best, best_value = config, value
    return Found(best, N_UPDATES, spent)


def auto(task: Task, seed: int, home: Path) -> Found:
    per_step = N_UPDATES // N_REPORTS
    study = tb.tune(
        TaskTraining(task, per_step, BATCH),
        space_of(task),
        maximize=task.objective.metric,
        reduce="last",
        max_steps=N_REPORTS,
        steps=BUDGET // per_step,
        workers=0,
        seed=seed,
        home=home,
        name=f"auto-{seed}",
        progress=False,
    )
    full = [t for t in study.trials if t.step == N_REPORTS and t.value is not None]
    best = max(full, key=lambda t: t.value or 0.0)
    return Found(dict(best.config), N_UPDATES, sum(t.step for t in study.trials) * per_step)


def guided(share: float) -> Callable[[Task, int, Path], Found]:
    def run(task: Task, seed: int, home: Path) -> Found:
        options = GuideOptions(int(share * BUDGET), seed=seed, config=BATCH, workers=0)
        session = guide(task, options, home=home)
        return Found(session.config, session.n_updates, session.state.updates_spent)

    return run


METHODS: dict[str, Callable[[Task, int, Path], Found]] = {
    "defaults": defaults,
    "random": random,
    "optuna": optuna_,
    "auto": auto,
    "guide": guided(1.0),
    "guide, half": guided(0.5),
}
GUIDES = ("guide", "guide, half")


def confirmed(task: Task, found: Found, seed: int) -> list[float]:
    """Return the test metric of five new seeds."""
    name = f"{Split.TEST.prefix}_{task.metric}"
    seeds = range(1000 + 10 * seed, 1000 + 10 * seed + N_SEEDS)
    networks = (trained(task, found.config, found.n_updates, seed) for seed in seeds)
    return [network.evaluate(Split.TEST)[name] for network in networks]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--tasks", nargs="*", default=list(TASKS))
    parser.add_argument("--searches", type=int, default=3, help="repeats of every search")
    parser.add_argument("--out", type=Path, default=None, help="a file for the figures, as JSON")
    options = parser.parse_args()
    torch.set_num_threads(1)
    marks = PassMarks(f"Guide against field: {BUDGET:,} updates each, {options.searches} searches")
    figures: dict[str, Any] = {}
    for name in options.tasks:
        task = read_task(TASKS[name])
        results: dict[str, list[float]] = {}
        for label, method in METHODS.items():
            begin, spent = time.perf_counter(), 0
            values: list[list[float]] = []
            for seed in range(options.searches):
                with tempfile.TemporaryDirectory() as folder:
                    found = method(task, seed, Path(folder))
                spent += found.spent
                values.append(confirmed(task, found, seed))
            # Of one search alone the seeds are all that can tell how sure its value is.
            means = values[0] if options.searches == 1 else [fmean(five) for five in values]
            results[label] = means
            took = (time.perf_counter() - begin) / options.searches
            marks.tell(
                f"{name:9} {label:12} test accuracy {fmean(means):.4f} ± {2 * error(means):.4f}, "
                f"{spent // options.searches:,} updates, {took:.0f} s"
            )
        figures[name] = results
        judge(marks, name, results)
    if options.out is not None:
        options.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return marks.exit_code()


def error(values: list[float]) -> float:
    """Return the standard error of a mean over searches."""
    return stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0


def judge(marks: PassMarks, name: str, results: dict[str, list[float]]) -> None:
    """Check that the guide is no worse than the best other by over two standard errors."""
    others = {label: values for label, values in results.items() if label not in GUIDES}
    best = max(others, key=lambda label: fmean(others[label]))
    for label in GUIDES:
        behind = fmean(others[best]) - fmean(results[label])
        margin = 2 * math.hypot(error(others[best]), error(results[label]))
        share = "half of the updates" if label != "guide" else "the same updates"
        told = f"{name}: with {share} {behind:+.4f} behind {best}, margin {margin:.4f}"
        marks.check(behind <= margin, told)


if __name__ == "__main__":
    raise SystemExit(main())
