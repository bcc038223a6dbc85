"""Training functions for tests of executors: small, quick, and importable in a worker.

They are steered by the configuration: ``pace_s`` is the time that a step takes, ``at`` the step
at which something goes wrong.
"""

from __future__ import annotations

import math
import os
import random
import signal
import sys
import time
from pathlib import Path
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


def dying(trial: TrialHandle) -> None:
    """Report up to step ``at`` and die there of the signal ``signal``, or exit with ``code``."""
    for step in trial.steps():
        trial.report(val_accuracy=0.5)
        time.sleep(0.1)
        if step == trial.config.get("at", 2):
            code = trial.config.get("code")
            if code is not None:
                os._exit(int(str(code)))
            os.kill(os.getpid(), int(str(trial.config.get("signal", int(signal.SIGKILL)))))


def stuck(trial: TrialHandle) -> None:
    """Report once and then train a step that never ends."""
    _write_down(trial)
    trial.report(val_accuracy=0.5)
    while True:
        time.sleep(0.05)


def telling(trial: TrialHandle) -> float:
    """Write down in the trial's folder who trains it, and under what circumstances."""
    _write_down(trial)
    print("out", trial.number)  # noqa: T201 - what is printed must be in the log
    print("err", trial.number, file=sys.stderr)  # noqa: T201 - what is printed must be in the log
    _pace(trial)
    return 0.5


_hoard: list[bytes] = []


def hoarding(trial: TrialHandle) -> float:
    """Take ``mib`` MiB of memory, and never let go of them if the trial ``keeps`` them."""
    taken = [b"x" * 2**16 for _ in range(16 * int(trial.config.mib))]
    if trial.config.keeps:
        _hoard.extend(taken)
    return telling(trial)


def talking(trial: TrialHandle) -> None:
    """Say a line on each of the two outputs at every step."""
    for step in trial.steps():
        print("out of step", step)  # noqa: T201 - what is printed must be in the log
        print("err of step", step, file=sys.stderr)  # noqa: T201 - what is printed must be in the log
        trial.report(val_accuracy=0.5)
        _pace(trial)


def _write_down(trial: TrialHandle) -> None:
    facts = {
        "pid": os.getpid(),
        "device": trial.device,
        "visible": os.environ.get("CUDA_VISIBLE_DEVICES"),
        "threads": os.environ.get("OMP_NUM_THREADS"),
    }
    for name, fact in facts.items():
        Path(trial.directory, name).write_text(str(fact))
