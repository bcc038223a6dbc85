"""Training functions that are hard on the process they run in, for tests of worker processes.

They are steered by the configuration as those of ``tunebook.testing.trainings`` are.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from tunebook.training import TrialHandle


def _pace(trial: TrialHandle) -> None:
    pace_s: Any = trial.config.get("pace_s", 0)
    if pace_s:
        time.sleep(pace_s)


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
