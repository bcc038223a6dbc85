"""Optuna's part of dashboard.py, run in its own environment: FACTS.json JOURNAL [fill | add].

The facts are those of the study that tunebook's dashboard shows.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

DISTRIBUTIONS = {
    "lr": FloatDistribution(1e-5, 1.0, log=True),
    "momentum": FloatDistribution(0.5, 0.999),
    "batch_size": CategoricalDistribution([32, 64, 128, 256]),
    "optimizer": CategoricalDistribution(["sgd", "adam", "adamw"]),
    "depth": IntDistribution(2, 12),
    "dropout": FloatDistribution(0.0, 0.5),
    "beta1": FloatDistribution(0.5, 0.999),
}


def frozen(fact: dict) -> optuna.trial.FrozenTrial:
    """Return one trial of the facts: its configuration, its curve, its value."""
    params = {name: value for name, value in fact["config"].items() if name in DISTRIBUTIONS}
    return optuna.create_trial(
        params=params,
        distributions={name: DISTRIBUTIONS[name] for name in params},
        value=fact["values"][-1],
        intermediate_values=dict(enumerate(fact["values"], start=1)),
    )


def main() -> None:
    """Fill a journal with the facts, or add one more trial to it."""
    facts, journal, what = json.loads(Path(sys.argv[1]).read_text()), sys.argv[2], sys.argv[3]
    backend = optuna.storages.journal.JournalFileBackend(journal)
    storage = optuna.storages.JournalStorage(backend)
    study = optuna.create_study(
        study_name="birds", storage=storage, direction="maximize", load_if_exists=True
    )
    if what == "fill":
        study.add_trials([frozen(fact) for fact in facts])
    else:
        study.add_trial(frozen(facts[0]))


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    main()
