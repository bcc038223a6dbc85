"""The commands: `python -m benchmarks.search run ...`, `report ...`, `problems`, `methods`."""

from __future__ import annotations

import argparse
import itertools
import math
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.search import results
from benchmarks.search import statistics as figures
from benchmarks.search.measure import Case, Setting, measure
from benchmarks.search.methods import is_available, is_peer
from benchmarks.search.peers import PEERS
from benchmarks.search.peers.client import ROOT
from benchmarks.search.problems import expand, lists, part_of
from benchmarks.search.recorded import bench_folder

from tunebook.search import searcher_names

RESULTS = Path(__file__).with_name("results")
QUICK = ("random", "optuna-tpe", "bayes", "auto")
QUICK_SEEDS = range(5)
MAX_RISE = 1.25
"""How many times the baseline's regret a quick measurement may come to (geometric mean)."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say; return the exit code."""
    options = _parser().parse_args(arguments)
    bench = bench_folder(options.bench)
    if options.command == "problems":
        for name in (
            expand(["lcbench", *_families(bench)], bench) if bench else expand(["synthetic"], None)
        ):
            print(f"{name}  ({part_of(name)})")
        print("suites:", ", ".join(name for name in lists() if name != "development"))
    elif options.command == "methods":
        print("ours:", ", ".join(searcher_names()), "(with options: asha:first_rung=2)")
        for name, (environment, _) in PEERS.items():
            state = "" if is_available(name) else f"  (missing: environments.sh {environment})"
            print(f"{name}{state}")
    elif options.command == "run":
        return run(options, bench)
    else:
        return report(options)
    return 0


def _families(bench: Path | None) -> list[str]:
    from benchmarks.search import recorded, synthetic

    names = [*recorded.names(bench), *synthetic.names()]
    return sorted({name.split("/")[0] for name in names})


def run(options: argparse.Namespace, bench: Path | None) -> int:
    """Measure the cases that have no result yet, seed by seed, and append their results."""
    out = Path(
        options.out or RESULTS / "raw" / ("quick.jsonl" if options.quick else "results.jsonl")
    )
    cases = quick_cases(bench) if options.quick else chosen_cases(options, bench)
    methods = {case.method: None for case in cases}
    absent = [name for name in methods if not is_available(name)]
    if absent:
        print("not installed, left out:", ", ".join(absent), file=sys.stderr)
    cases = [case for case in cases if case.method not in absent]
    results.mend(out)
    left = cases if options.again or options.quick else results.missing(cases, results.read([out]))
    print(f"{len(left)} of {len(cases)} cases to measure, into {out}")
    commit, started = _commit(), time.monotonic()
    for i, case in enumerate(left, start=1):
        if time.monotonic() - started > options.minutes * 60:
            print(f"time is up: {len(left) - i + 1} cases are left for the next call")
            break
        result = measure(case, bench, options.limit)
        result |= {"commit": commit, "version": version_of(case.method, commit)}
        results.append(out, result)
        if options.verbose or "error" in result:
            shown = result.get("error") or result["trace"][-1:]
            print(f"[{i}/{len(left)}] {case.key} {shown}", flush=True)
    if not options.quick:
        return 0
    report(argparse.Namespace(files=[str(out)], out=str(out.with_suffix("")), against="bayes"))
    return compare(out, Path(options.baseline)) if options.baseline else 0


def compare(out: Path, baseline: Path) -> int:
    """Print our methods' final regret against an earlier measurement's; 1 if one has risen."""
    now, before = results.read([out]), results.read([baseline])
    code = 0
    for method, kind in sorted({(r["method"], r["setting"]["kind"]) for r in now}):
        budgets = {r["setting"]["budget"] for r in now if r["setting"]["kind"] == kind}
        new, old = (
            figures.traces_of(
                r for r in some if (r["method"], r["setting"]["kind"]) == (method, kind)
            ).get(method, {})
            for some in (now, before)
        )
        logs = figures.log_ratios(old, new, max(budgets))
        if logs and not is_peer(method):
            rise = figures.ratio(logs)
            code |= rise > MAX_RISE
            print(f"{method} ({kind}): {rise:.2f} times the regret of {baseline.name}")
    return int(code)


def quick_cases(bench: Path | None) -> list[Case]:
    """Return the regression subset: a few problems of each kind, at most three minutes."""
    blackbox = Setting(budget=40)
    found = [
        Case(method, problem, seed, blackbox)
        for seed, problem, method in itertools.product(
            QUICK_SEEDS, expand(["quick"], bench), (m for m in QUICK if m != "auto")
        )
    ]
    curves = Setting("curves", 10)
    return found + [
        Case(method, problem, seed, curves)
        for seed, problem, method in itertools.product(
            QUICK_SEEDS, expand(["quick-curves"], bench), (m for m in QUICK if not is_peer(m))
        )
    ]


def chosen_cases(options: argparse.Namespace, bench: Path | None) -> list[Case]:
    """Return all combinations of what the options name, seeds outermost."""
    settings = [
        Setting(options.kind, budget, workers, resume, not options.no_pause)
        for budget in options.budget
        for workers in options.workers
        for resume in options.resume
    ]
    problems = expand(options.problems, bench)
    combinations = itertools.product(options.seeds, settings, problems, options.methods)
    return [Case(m, p, seed, setting) for seed, setting, p, m in combinations]


def report(options: argparse.Namespace) -> int:
    """Write tables, and plots where matplotlib is installed, of the results in some files."""
    from benchmarks.search import plots, tables

    found = results.read(Path(file) for file in options.files)
    if not found:
        print("no results in", *options.files, file=sys.stderr)
        return 1
    folder = Path(options.out)
    folder.mkdir(parents=True, exist_ok=True)
    text = tables.report(found, options.against)
    (folder / "report.md").write_text(text, encoding="utf-8")
    plots.write(found, folder)
    print(f"wrote {folder / 'report.md'}")
    return 0


def version_of(method: str, commit: str) -> str:
    """Return the pinned versions of a peer's environment; of ours, the commit."""
    if not is_peer(method):
        return f"tunebook {commit}"
    pins = Path(__file__).parent / "environments" / f"{PEERS[method][0]}.txt"
    lines = pins.read_text(encoding="utf-8").splitlines()
    return " ".join(line.removeprefix("# pip: --no-deps ") for line in lines if "==" in line)


def _commit() -> str:
    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=ROOT, capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "src")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + ("+changes" if changed else "")


def _seeds(text: str) -> list[int]:
    first, _, last = text.partition("-")
    return list(range(int(first), int(last or first) + 1))


def _numbers(kind: type) -> Callable[[str], list[Any]]:
    return lambda text: [kind(part) for part in text.split(",")]


def _words(text: str) -> list[str]:
    return [word for word in text.split(";" if ";" in text else ",") if word]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__)
    bench_help = "folder of the recorded problems (else TUNEBOOK_BENCH, else ../shared/bench)"
    parser.add_argument("--bench", help=bench_help)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("problems", help="list the problems that are here")
    commands.add_parser("methods", help="list the methods")
    go = commands.add_parser("run", help="measure methods on problems")
    add = go.add_argument
    add("--quick", action="store_true", help="the regression subset, measured anew, and its report")
    add("--baseline", help="with --quick: fail where regret has risen by a quarter since that file")
    add("--methods", type=_words, default=["random"], help="comma or semicolon between them")
    add("--problems", type=_words, default=["blackbox-all"], help="names, families or suites")
    add("--seeds", type=_seeds, default=[0], help="such as 0-9")
    add("--kind", choices=("blackbox", "curves"), default="blackbox")
    add("--budget", type=_numbers(int), default=[60], help="full trainings; several with commas")
    add("--workers", type=_numbers(int), default=[1])
    add("--resume", type=_numbers(float), default=[0.0], help="steps that continuing a trial costs")
    add("--no-pause", action="store_true", help="trials cannot be paused, only stopped")
    add("--out", help="a .jsonl file; results/raw/results.jsonl, or quick.jsonl there")
    add("--limit", type=float, default=math.inf, help="seconds for one case")
    add("--minutes", type=float, default=math.inf, help="for all; call again to go on")
    add("--again", action="store_true", help="measure also what has results: they are replaced")
    add("--verbose", action="store_true")
    tell = commands.add_parser("report", help="tables and plots of results")
    tell.add_argument("files", nargs="+", help=".jsonl or .jsonl.gz; later ones replace earlier")
    tell.add_argument("--out", default=str(RESULTS))
    tell.add_argument("--against", default="bayes", help="the method that others are compared with")
    return parser


if __name__ == "__main__":
    sys.exit(main())
