"""Training functions for tests of executors: small, quick, and importable in a worker.

They are steered by the configuration: ``pace_s`` is the time that a step takes, ``at`` the step
at which something goes wrong.
"""

from __future__ import annotations

import math
import random
import sys
import time
from typing import Any

from tunebook.testing.training import Counter
from tunebook.training import TrialHandle


def _pace(trial: TrialHandle) -> None:
    pace_s: Any = trial.config.get("pace_s", 0)
    if pace_s:
        time.sleep(pace_s)


def tracked(trial: TrialHandle) -> None:
    """Raise a counter by ``lr`` and a random number at each step; it is tracked."""
    net = Counter()
    trial.track(net=net)
    for _ in trial.steps():
        _pace(trial)
        net.value += trial.config.lr + random.random()
        trial.report(val_accuracy=net.value, train_loss=1.0)


def untracked(trial: TrialHandle) -> None:
    """Report the number of the step; nothing is tracked."""
    for step in trial.steps():
        _pace(trial)
        trial.report(val_accuracy=float(step))


def without_steps(trial: TrialHandle) -> None:
    """Report ten times without ever calling ``steps``."""
    for step in range(1, 11):
        _pace(trial)
        trial.report(val_accuracy=float(step))


def returning(trial: TrialHandle) -> float:
    """Return the objective."""
    return float(trial.config.lr)


def seeded(trial: TrialHandle) -> dict[str, float]:
    """Return the seed and the first random number."""
    return {"val_accuracy": float(trial.seed), "first": random.random()}


def raising(trial: TrialHandle) -> None:
    """Raise a ValueError at step ``at``."""
    for step in trial.steps():
        print("training step", step)  # noqa: T201 - what is printed must be in the log
        trial.report(val_accuracy=0.5)
        if step == trial.config.get("at", 2):
            raise ValueError("no such layer")


def diverging(trial: TrialHandle) -> None:
    """Report NaN at step 3."""
    for step in trial.steps():
        trial.report(val_accuracy=math.nan if step == 3 else 0.5)


def silent(trial: TrialHandle) -> None:
    """Never report the objective."""
    for _ in trial.steps():
        trial.report(train_loss=1.0)


def greedy(trial: TrialHandle) -> None:
    """Fail as PyTorch does when a device is full."""
    trial.report(train_loss=1.0)
    raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB")


def leaving(trial: TrialHandle) -> None:
    """Report once and call ``sys.exit`` with the code ``code``."""
    trial.report(val_accuracy=0.5)
    sys.exit(int(trial.config.code))
