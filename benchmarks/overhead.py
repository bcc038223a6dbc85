"""What tunebook itself costs: trials that do nothing, side by side with Optuna in one run.

    benchmarks/search/environments.sh optuna        # the peer's environment, in benchmarks/.venvs
    .venv/bin/python benchmarks/overhead.py

A trial has five parameters and reports ten times; nothing is trained. Cases take turns, so that a
busy moment of the machine meets them all; the figure is the median of the rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import tunebook as tb
from tunebook.driver import Clock, Driver
from tunebook.engine import Machine
from tunebook.records import Budget, Event
from tunebook.search import Random
from tunebook.storage import Store, database, open_store
from tunebook.testing.samples import sample_report, sample_spec, sample_start

sys.path.append(str(Path(__file__).parents[1] / "tests" / "doubles"))
from simulated_executor import SimulatedExecutor  # shared with the tests

HERE = Path(__file__).parent
N_REPORTS = 10
SPACE = tb.Space(
    lr=tb.Float(1e-5, 1.0, log=True),
    momentum=tb.Float(0.0, 1.0),
    wd=tb.Float(1e-6, 1.0, log=True),
    batch=tb.Int(1, 256, log=True),
    optimizer=tb.Choice("sgd", "adam"),
)


def nothing(trial: Any) -> None:
    """Report ten times."""
    for step in trial.steps():
        trial.report(acc=trial.config.lr * step)


@dataclass(frozen=True)
class Case:
    """One way to run trials; ``run`` takes their number and returns how many came a second."""

    name: str
    run: Callable[[int], float]
    n_trials: int


# -- ours ------------------------------------------------------------------------------------


def ours(n_trials: int, *, workers: int, store: str | None = None) -> float:
    """Return the trials per second of ``tune``, from the call to its return."""
    with tempfile.TemporaryDirectory() as home:
        began = time.perf_counter()
        study = tb.tune(
            nothing,
            SPACE,
            maximize="acc",
            max_steps=N_REPORTS,
            trials=n_trials,
            search="random",
            workers=workers,
            home=home,
            store=store,
            progress=False,
        )
        seconds = time.perf_counter() - began
        if [len(trial.curves["acc"]) for trial in study.trials] != [N_REPORTS] * n_trials:
            raise SystemExit("a measurement is missing")
    return n_trials / seconds


def asked(n_trials: int) -> float:
    """Return the trials per second of ask and tell, every report told by itself."""
    with tempfile.TemporaryDirectory() as home:
        options: dict[str, Any] = {"maximize": "acc", "max_steps": N_REPORTS, "search": "random"}
        began = time.perf_counter()
        with tb.Study.create(SPACE, trials=n_trials, home=home, **options) as study:
            for _ in range(n_trials):
                trial = study.ask()
                for step in range(1, N_REPORTS):
                    study.tell(trial, step=step, acc=trial.config.lr * step)
                study.tell(trial, acc=trial.config.lr * N_REPORTS)
        return n_trials / (time.perf_counter() - began)


def unsynchronised(n_trials: int) -> float:
    """Return the trials per second of ``tune`` where a power cut may take the last trials."""
    durable = database.SYNCHRONOUS[True]
    database.SYNCHRONOUS[True] = database.SYNCHRONOUS[False]
    try:
        return ours(n_trials, workers=0)
    finally:
        database.SYNCHRONOUS[True] = durable


# -- the peer --------------------------------------------------------------------------------


def peer(n_trials: int, *, python: Path, storage: str, workers: int) -> float:
    """Return the trials per second of Optuna with that storage."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = [str(HERE / "overhead_peer.py"), storage, str(workers), str(n_trials)]
        done = subprocess.run(
            [str(python), *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise SystemExit(f"the peer failed:\n{done.stderr}")
    return float(json.loads(done.stdout)["trials_per_s"])


def cases(n_trials: int, peer_python: Path | None) -> Iterator[Case]:
    """Yield all cases; slow ones run fewer trials."""
    yield Case("tunebook, inline, SQLite", lambda n: ours(n, workers=0), n_trials)
    yield Case("tunebook, 2 processes, SQLite", lambda n: ours(n, workers=2), n_trials)
    yield Case("tunebook, inline, SQLite, nothing synchronised", unsynchronised, n_trials)
    yield Case("tunebook, inline, memory", lambda n: ours(n, workers=0, store="memory"), n_trials)
    yield Case("tunebook, ask and tell, SQLite", asked, max(10, n_trials // 5))
    if peer_python is None:
        return
    for storage, workers, share in (
        ("memory", 1, 1),
        ("journal", 1, 5),
        ("sqlite", 1, 20),
        ("sqlite-FULL", 1, 20),
        ("sqlite-NORMAL", 1, 20),
        ("journal", 2, 5),
        ("sqlite", 2, 20),
    ):
        where = "one process" if workers == 1 else f"{workers} processes"
        yield Case(
            f"Optuna, {where}, {storage}",
            lambda n, s=storage, w=workers: peer(n, python=peer_python, storage=s, workers=w),
            max(10, n_trials // share),
        )


def measure_throughput(n_trials: int, n_rounds: int, peer_python: Path | None) -> list[str]:
    """Return a line for each case: the median of its rounds, and the slowest and fastest."""
    found = list(cases(n_trials, peer_python))
    found[0].run(20)  # imports
    rates: dict[str, list[float]] = {case.name: [] for case in found}
    for _ in range(n_rounds):
        for case in found:
            rates[case.name].append(case.run(case.n_trials))
            print(f"{case.name}: {rates[case.name][-1]:.1f}/s", file=sys.stderr)
    lines = ["| case | trials | trials/s | slowest to fastest round |", "| --- | --- | --- | --- |"]
    for case in found:
        seen = rates[case.name]
        spread = f"{_short(min(seen))} to {_short(max(seen))}"
        middle = _short(statistics.median(seen))
        lines.append(f"| {case.name} | {case.n_trials} | {middle} | {spread} |")
    return lines


def _short(rate: float) -> str:
    return f"{rate:.0f}" if rate >= 20 else f"{rate:.1f}"


def sync_ms(n_writes: int = 200) -> float:
    """Return the milliseconds that the disk takes to make a page durable: the median."""
    times = []
    with tempfile.TemporaryFile(buffering=0) as file:
        for _ in range(n_writes):
            file.write(bytes(4096))
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


# -- the driver's own part -------------------------------------------------------------------


def driver_cost_us(n_trials: int, store: Store) -> float:
    """Return the microseconds of driver, engine and store per event, every report by itself."""
    curve = [0.5] * N_REPORTS
    # Steps so short that requests are looked for as rarely as in a real study of this length.
    executor = SimulatedExecutor(lambda config: curve, metric="val_accuracy", step_s=0.001)
    spec = sample_spec(budget=Budget(trials=n_trials), max_steps=N_REPORTS, space=SPACE.to_dict())
    study = store.create_study(spec, 0.0)
    clock = Clock(executor.clock, executor.clock)
    driver = Driver(store, study, Machine(Random()), executor, clock=clock)
    began = time.perf_counter()
    driver.run()
    return (time.perf_counter() - began) / store.last_seq(study) * 1e6


def measure_driver(n_trials: int) -> list[str]:
    """Return lines on what an event costs."""
    lines = ["| store | driver, per event |", "| --- | --- |"]
    with tempfile.TemporaryDirectory() as folder:
        for name, address in (("memory", "memory"), ("SQLite", f"{folder}/tunebook.db")):
            with closing(open_store(address)) as store:
                lines.append(f"| {name} | {driver_cost_us(n_trials, store):.0f} µs |")
    return lines


def write_large_study(home: Path, n_trials: int, n_reports: int) -> None:
    """Write a finished study whose trials have that many measurements each."""
    with closing(open_store(str(home / "tunebook.db"))) as store:
        spec = sample_spec("large", budget=Budget(trials=n_trials), max_steps=n_reports)
        study, seq = store.create_study(spec, 0.0), 1
        for number in range(n_trials):
            seq = store.append(study, list(_large_trial(number, n_reports)), seq)


def _large_trial(number: int, n_reports: int) -> Iterator[Event]:
    from tunebook.records import TrialEnded, TrialNumber

    yield from sample_start(number, lr=10.0 ** (-1 - number % 40 / 10))
    for first in range(1, n_reports, 10):
        yield sample_report(number, first, first + 9, value=number / 10_000)
    yield TrialEnded(float(n_reports), TrialNumber(number), n_reports, float(n_reports))


LOAD = """
import sys, time
began = time.perf_counter()
import tunebook as tb
study = tb.load("large", home=sys.argv[1])
n = sum(len(trial.curves["val_accuracy"]) for trial in study.trials)
print(time.perf_counter() - began, n)
"""


def measure_reopening(n_trials: int, n_reports: int, n_rounds: int) -> list[str]:
    """Return a line on how long a fresh process takes to open a large study, imports included."""
    with tempfile.TemporaryDirectory() as folder:
        write_large_study(Path(folder), n_trials, n_reports)
        size_mb = (Path(folder) / "tunebook.db").stat().st_size / 1e6
        seconds = []
        for _ in range(n_rounds):
            took, n = _run(sys.executable, "-c", LOAD, folder).split()
            if int(n) != n_trials * n_reports:
                raise SystemExit("a measurement is missing")
            seconds.append(float(took))
    return [
        f"A study of {n_trials:,} trials with {n_reports} measurements each ({size_mb:.0f} MB) is "
        f"opened by a fresh process in {statistics.median(seconds):.2f} s."
    ]


# -- starting --------------------------------------------------------------------------------

IMPORT = "import time; t = time.perf_counter(); import tunebook; print(time.perf_counter() - t)"


def measure_starting(n_rounds: int = 15) -> list[str]:
    """Return a line on ``import tunebook`` and one on ``tunebook --help``."""
    imports = [float(_run(sys.executable, "-c", IMPORT)) for _ in range(n_rounds)]
    command = str(Path(sys.executable).with_name("tunebook"))
    helps = []
    for _ in range(n_rounds):
        began = time.perf_counter()
        _run(command, "--help")
        helps.append(time.perf_counter() - began)
    return [
        f"`import tunebook`: {statistics.median(imports) * 1000:.0f} ms. "
        f"`tunebook --help`: {statistics.median(helps) * 1000:.0f} ms, interpreter included. "
        f"Medians of {n_rounds}."
    ]


def _run(*command: str) -> str:
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": ""}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return done.stdout


# -- all of it -------------------------------------------------------------------------------


def header(peer_python: Path | None) -> str:
    """Say with what was measured."""
    known = [f"tunebook {version('tunebook')}"]
    if peer_python is not None:
        told = "import optuna; print(optuna.__version__)"
        known.append(f"Optuna {_run(str(peer_python), '-c', told).strip()}")
    known.append(f"Python {platform.python_version()}")
    load = os.getloadavg()[0]
    return f"{', '.join(known)}; {os.cpu_count()} cores, load {load:.1f} at the start."


def main() -> None:
    """Measure and print a report in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=1000, help="trials of the quick cases")
    parser.add_argument("--rounds", type=int, default=3, help="how often each case is run")
    parser.add_argument("--no-peer", action="store_true", help="measure ours alone")
    chosen = parser.parse_args()
    venvs = Path(os.environ.get("TUNEBOOK_BENCH_VENVS", HERE / ".venvs"))
    python = venvs / "optuna" / "bin" / "python"
    if not chosen.no_peer and not python.exists():
        raise SystemExit("first: benchmarks/search/environments.sh optuna (or give --no-peer)")
    peer_python = None if chosen.no_peer else python
    lines = [header(peer_python), f"The disk takes {sync_ms():.2f} ms for a sync of 4 KiB.", ""]
    lines += [*measure_throughput(chosen.trials, chosen.rounds, peer_python), ""]
    lines += [*measure_driver(chosen.trials), ""]
    lines += [*measure_reopening(10 * chosen.trials, 100, chosen.rounds), ""]
    lines += measure_starting()
    print("\n".join(lines))


if __name__ == "__main__":
    main()
