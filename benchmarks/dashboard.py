"""10,000 trials in a browser: tunebook's dashboard beside optuna-dashboard, with the same facts.

    benchmarks/search/environments.sh optuna-dashboard   # the peer, in benchmarks/.venvs
    .venv/bin/python benchmarks/dashboard.py             # three minutes; --no-peer measures ours

Bytes are those that crossed the network, compressed as each server compresses them. A new point is
timed from its being in the store to its being on the page.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

import tunebook as tb
from tunebook.records import Series, TrialNumber, TrialReported
from tunebook.storage import open_store

sys.path.append(str(Path(__file__).parents[1] / "tests" / "doubles"))
from sample_studies import fill_study, study_spec  # shared with the tests

HERE = Path(__file__).parent
N_STEPS = 20
N_POINTS = 10
DRAWN = """(label) => new Promise((done) => {
    const begin = performance.now();
    document.querySelector(label).click();
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - begin)));
})"""


@contextmanager
def served(command: list[str], *, ready: str) -> Iterator[tuple[psutil.Process, str]]:
    """Run a server until the block ends; yield it and the line in which it says ``ready``."""
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    )
    try:
        assert process.stdout is not None
        line = next(line for line in process.stdout if ready in line)
        yield psutil.Process(process.pid), line.strip()
    finally:
        process.terminate()
        process.wait()


def memory_mb(process: psutil.Process) -> float:
    """Return the resident memory of a process and its children."""
    own = [process, *process.children(recursive=True)]
    return sum(one.memory_info().rss for one in own) / 1e6


def first_view(page: Page, address: str, drawn: str) -> tuple[float, float]:
    """Return seconds from asking for a page to its first chart, and MB until it is quiet.

    ``drawn`` is a function of JavaScript that is true once a chart shows all trials.
    """
    received = 0
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")

    def count(message: dict[str, Any]) -> None:
        nonlocal received
        received += message["encodedDataLength"]

    session.on("Network.dataReceived", count)
    begin = time.perf_counter()
    page.goto(address)
    page.wait_for_function(drawn, timeout=300_000, polling="raf")
    seconds = time.perf_counter() - begin
    page.wait_for_timeout(2000)
    return seconds, received / 1e6


def time_of(act: Callable[[], None], page: Page, shown: str, told: object) -> float:
    """Return seconds from the end of ``act`` to a condition on the page."""
    act()
    begin = time.perf_counter()
    page.wait_for_function(shown, arg=told, timeout=300_000, polling="raf")
    return time.perf_counter() - begin


def ours(browser: Browser, home: Path) -> dict[str, float]:
    """Measure tunebook's dashboard."""
    store = open_store(home / "tunebook.db")
    study = store.find_study("birds")
    store.acquire_lease(study, time.time())
    command = [sys.executable, "-m", "tunebook", "ui", "--home", str(home), "--port", "0"]
    with served(command, ready="http://") as (server, address):
        time.sleep(5)  # a server that has just started still reads its studies
        page = browser.new_page()
        page.goto(address)
        page.close()
        context = browser.new_context()
        context.new_page().goto(address)
        page = context.new_page()
        origin = address.partition("?")[0]
        seconds, size = first_view(
            page, f"{origin}#/study/birds", "() => document.querySelector('figure canvas')"
        )
        number, points = TrialNumber(len(tb.load("birds", home=home).trials) - 1), []
        page.goto(f"{origin}#/study/birds/trials")
        page.wait_for_selector("table")
        for n in range(N_POINTS):
            value = 0.9811 + n / 1000  # a running trial shows its best
            series = {"val_accuracy": Series.of([n + 30], [value], [1.0])}
            report = [TrialReported(time.time(), number, series)]
            shown = "(told) => document.querySelector('tbody tr').innerText.includes(told)"
            act = lambda: store.append(study, report, store.last_seq(study))  # noqa: E731 B023 - one use, here
            points.append(time_of(act, page, shown, f"{value:.4g}"))
            time.sleep(0.3)
        page.goto(f"{origin}#/study/birds/curves")
        page.wait_for_selector("figcaption:has-text('1,000 curves')")
        page.wait_for_timeout(1000)
        drawn = [page.evaluate(DRAWN, "input[type=checkbox]") for _ in range(9)]
        return {
            "first chart, s": seconds,
            "first view, MB": size,
            "new point, s": statistics.median(points),
            "new point at worst, s": max(points),
            "1,000 curves drawn, s": statistics.median(drawn) / 1000,
            "server, MB": memory_mb(server),
        }


def peer(browser: Browser, facts: Path, folder: Path) -> dict[str, float]:
    """Measure optuna-dashboard."""
    venvs = Path(os.environ.get("TUNEBOOK_BENCH_VENVS", HERE / ".venvs"))
    programs = venvs / "optuna-dashboard" / "bin"
    journal = folder / "journal.log"
    script = [str(programs / "python"), str(HERE / "dashboard_peer.py"), str(facts), str(journal)]
    subprocess.run([*script, "fill"], check=True)
    command = [str(programs / "optuna-dashboard"), str(journal), "--port", "18731"]
    with served(command, ready="Listening on") as (server, _):
        address = "http://127.0.0.1:18731/dashboard/studies/0"
        page = browser.new_page()
        n_trials = len(json.loads(facts.read_text()))
        length = """() => Math.max(0, ...[...document.querySelectorAll('.js-plotly-plot')].flatMap(
            (plot) => (plot.data ?? []).map((one) => one.x?.length ?? 0)))"""
        seconds, size = first_view(page, address, f"() => ({length})() >= {n_trials}")
        page.wait_for_timeout(5000)
        before = page.evaluate(length)
        add = lambda: subprocess.run([*script, "add"], check=True)  # noqa: E731 - one use, here
        shown = f"(before) => ({length})() > before"
        points = [time_of(add, page, shown, before + n) for n in range(2)]
        return {
            "first chart, s": seconds,
            "first view, MB": size,
            "new point, s": statistics.median(points),
            "new point at worst, s": max(points),
            "server, MB": memory_mb(server),
        }


def write_facts(home: Path, path: Path) -> None:
    """Write the trials of the study for the peer."""
    told = [
        {"config": dict(trial.config), "values": list(trial.curves["val_accuracy"].values)}
        for trial in tb.load("birds", home=home).trials
    ]
    path.write_text(json.dumps(told))


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--no-peer", action="store_true")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        store = open_store(folder / "tunebook.db")
        begin = time.time() - 60.0 * options.trials
        fill_study(store, study_spec(max_steps=N_STEPS), n_trials=options.trials, begin=begin)
        write_facts(folder, folder / "facts.json")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        found = {"tunebook": ours(browser, folder)}
        if not options.no_peer:
            found["optuna-dashboard"] = peer(browser, folder / "facts.json", folder)
        browser.close()
    print(f"{options.trials} trials x {N_STEPS} points; load {os.getloadavg()[0]:.1f}")
    print("| figure |", " | ".join(found), "|\n| --- |", " | ".join("---" for _ in found), "|")
    for figure in found["tunebook"]:
        cells = [f"{one[figure]:.3g}" if figure in one else "-" for one in found.values()]
        print(f"| {figure} |", " | ".join(cells), "|")


if __name__ == "__main__":
    main()
