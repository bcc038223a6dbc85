"""What a power cut may take: nothing that ended, nothing that a checkpoint was named for.

A disk keeps through a power cut what was synchronised. So the calls that do it are counted.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import os, sys
from tunebook.records import CheckpointRef, TrialCheckpointed
from tunebook.storage import open_store
from tunebook.testing.samples import sample_report, sample_spec, sample_start, sample_trial

store = open_store(sys.argv[1])
study = store.create_study(sample_spec(), at=1.0)
seq = store.append(study, sample_start(0), 1)

def append(name, events):
    global seq
    os.write(9, f"begin {name}\\n".encode())
    seq = store.append(study, events, seq)
    os.write(9, f"end {name}\\n".encode())

checkpoint = CheckpointRef(0, 1, "0" * 32, 10)
append("report", [sample_report(0, 1, 1)])
append("checkpoint", [TrialCheckpointed(3.0, 0, checkpoint)])
append("reports", [sample_report(0, step, step) for step in (2, 3)])
append("end", sample_trial(0)[-1:])
append("trials", [event for number in range(1, 30) for event in sample_trial(number)])
os.write(9, b"begin request\\n")
store.add_request(study, "stop study", {}, at=2.0)
os.write(9, b"end request\\n")
"""


def syncs(trace: str, path: Path) -> dict[str, int]:
    """Return how often the log of the store was synchronised during each append."""
    counts: dict[str, int] = {}
    name = None
    for line in trace.splitlines():
        if mark := re.search(r'"(begin|end) (\w+)\\n"', line):
            name = mark[2] if mark[1] == "begin" else None
            counts.setdefault(mark[2], 0)
        elif name is not None and "sync(" in line and f"{path}-wal" in line:
            counts[name] += 1
    return counts


@pytest.fixture
def strace() -> str:
    """Return the program that lists the system calls of another."""
    found = shutil.which("strace")
    works = found and subprocess.run([found, "true"], capture_output=True, check=False)
    if not works or works.returncode:
        pytest.skip("strace is not installed, or may not trace here")
    return found


def test_endings_and_checkpoints_take_one_sync_a_batch_and_reports_none(strace, tmp_path):
    path, trace = tmp_path / "tunebook.db", tmp_path / "trace"
    calls = "trace=fsync,fdatasync,write"
    traced = [strace, "-f", "-y", "-s", "64", "-e", calls, "-o", str(trace)]
    program = [sys.executable, "-c", PROGRAM, str(path)]
    subprocess.run(
        ["sh", "-c", 'exec "$@" 9>/dev/null', "sh", *traced, *program],
        check=True,
        capture_output=True,
        text=True,
    )
    assert syncs(trace.read_text(), path) == {
        "report": 0,
        "checkpoint": 1,
        "reports": 0,
        "end": 1,
        "trials": 1,
        "request": 0,
    }
