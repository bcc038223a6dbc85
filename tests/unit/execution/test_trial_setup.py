"""What trials have in common travels to workers, and their files lie where people look."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tunebook.execution.trial_setup import DRY_RUN, TrialSetup
from tunebook.records import Objective, TrialNumber

SETUP = TrialSetup(
    "digits",
    Objective.of(minimize="loss", reduce="mean_last_3"),
    Path("/home/somebody/.tunebook"),
    seed=3,
    checkpoints="memory://elsewhere",
    checkpoint_every_steps=5,
    trial_timeout_s=60.0,
)


def test_setup_survives_the_way_to_a_worker() -> None:
    assert TrialSetup.from_json(json.loads(json.dumps(SETUP.to_json()))) == SETUP


def test_files_of_a_trial_lie_under_its_study() -> None:
    assert SETUP.log_of(TrialNumber(7)) == SETUP.home / "logs/digits/00007.log"
    assert SETUP.directory_of(TrialNumber(7)) == SETUP.home / "trials/digits/00007"


def test_timing_run_has_files_of_its_own() -> None:
    assert SETUP.log_of(DRY_RUN).name == "dry-run.log"


def test_importing_executors_loads_nothing_heavy() -> None:
    heavy = {"torch", "numpy", "psutil", "fsspec", "multiprocessing", "asyncio", "sqlalchemy"}
    code = "import sys, tunebook.execution; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert not heavy & set(done.stdout.split())
