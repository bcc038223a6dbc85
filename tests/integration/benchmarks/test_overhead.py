"""The benchmark of overhead runs, checks what it measures, and prints its report."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).parents[3] / "benchmarks" / "overhead.py"


def test_small_run_prints_every_figure(tmp_path):
    command = [sys.executable, str(PROGRAM), "--no-peer", "--trials", "20", "--rounds", "1"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    for said in (
        "| tunebook, inline, SQLite | 20 |",
        "| tunebook, 2 processes, SQLite | 20 |",
        "| tunebook, ask and tell, SQLite | 10 |",
        "| SQLite | ",
        "A study of 200 trials with 100 measurements each",
        "`tunebook --help`:",
    ):
        assert said in done.stdout


def test_peer_that_is_not_there_is_named_with_the_command_that_makes_it(tmp_path, monkeypatch):
    monkeypatch.setenv("TUNEBOOK_BENCH_VENVS", str(tmp_path))
    done = subprocess.run(
        [sys.executable, str(PROGRAM)], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode != 0
    assert "environments.sh optuna" in done.stderr
