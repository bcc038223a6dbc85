"""Optuna's part of overhead.py, run in its own environment: STORAGE WORKERS TRIALS.

The sampler is the random one and nothing is pruned, so that only Optuna's own work is measured.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import time
from typing import Any

import optuna
import sqlalchemy

N_REPORTS = 10


def open_storage(kind: str) -> Any:
    """Return the storage, in the current folder."""
    if kind == "memory":
        return optuna.storages.InMemoryStorage()
    if kind == "journal":
        backend = optuna.storages.journal.JournalFileBackend("journal.log")
        return optuna.storages.JournalStorage(backend)
    storage = optuna.storages.RDBStorage("sqlite:///optuna.db")
    if kind != "sqlite":
        # As tunebook keeps its own database: a log written ahead, synchronised or not.
        sqlalchemy.event.listen(storage.engine, "connect", lambda c, _: configure(c, kind))
        storage.engine.dispose()
    return storage


def configure(connection: Any, kind: str) -> None:
    """Set what a connection promises of a power cut: FULL loses nothing, NORMAL the last trials."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {kind.removeprefix('sqlite-')}")


def objective(trial: Any) -> float:
    """Ask for five parameters and report ten times."""
    lr = trial.suggest_float("lr", 1e-5, 1.0, log=True)
    trial.suggest_float("momentum", 0.0, 1.0)
    trial.suggest_float("wd", 1e-6, 1.0, log=True)
    trial.suggest_int("batch", 1, 256, log=True)
    trial.suggest_categorical("optimizer", ["sgd", "adam"])
    for step in range(1, N_REPORTS + 1):
        trial.report(lr * step, step)
    return float(lr * N_REPORTS)


def optimize(kind: str, n_trials: int) -> None:
    """Run trials of the study in a process of its own."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.load_study(
        study_name="nothing",
        storage=open_storage(kind),
        sampler=optuna.samplers.RandomSampler(),
        pruner=optuna.pruners.NopPruner(),
    )
    study.optimize(objective, n_trials=n_trials)


def main() -> None:
    """Measure and print JSON."""
    kind, workers, n_trials = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(
        study_name="nothing",
        storage=open_storage(kind),
        direction="maximize",
        sampler=optuna.samplers.RandomSampler(),
        pruner=optuna.pruners.NopPruner(),
    )
    began = time.perf_counter()
    if workers == 1:
        study.optimize(objective, n_trials=n_trials)
    else:
        share = n_trials // workers
        processes = [
            multiprocessing.Process(target=optimize, args=(kind, share)) for _ in range(workers)
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        n_trials = share * workers
    seconds = time.perf_counter() - began
    n_done = len(study.get_trials(deepcopy=False))
    if n_done != n_trials:
        raise SystemExit(f"{n_done} of {n_trials} trials came")
    print(json.dumps({"trials_per_s": n_trials / seconds}))


if __name__ == "__main__":
    main()
