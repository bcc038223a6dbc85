"""Measures one case: a method on a problem, with a seed, in a setting; on simulated time.

Cases with the same problem and seed see the same noise, trial by trial, whatever the method.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Literal

import numpy as np
from benchmarks.search.methods import make_method
from benchmarks.search.peers.client import PeerError
from benchmarks.search.problems import BenchProblem, load

from tunebook.errors import TunebookError
from tunebook.records import Configuration, TrialState
from tunebook.search.protocol import (
    Clone,
    Decision,
    History,
    Randomness,
    Resume,
    Searcher,
    Start,
)
from tunebook.testing.simulation import Problem, simulate

CPU_POINTS = (50, 100, 200, 400)
"""Numbers of observations at which the CPU time of a decision is told."""


@dataclass(frozen=True)
class Setting:
    """``budget`` in full trainings. ``kind`` is whether searchers see final values or curves.

    ``resume`` is what continuing a paused trial costs, in steps. ``can_pause`` as in a history.
    """

    kind: Literal["blackbox", "curves"] = "blackbox"
    budget: int = 60
    workers: int = 1
    resume: float = 0.0
    can_pause: bool = True

    @property
    def name(self) -> str:
        """A short name, the same for equal settings."""
        pausing = "" if self.can_pause else "-nopause"
        resume = f"-r{self.resume:g}" if self.kind == "curves" else ""
        return f"{self.kind}-b{self.budget}-w{self.workers}{resume}{pausing}"


@dataclass(frozen=True)
class Case:
    """What is measured once."""

    method: str
    problem: str
    seed: int
    setting: Setting

    @property
    def key(self) -> str:
        """Equal for equal cases."""
        return f"{self.method}|{self.problem}|{self.seed}|{self.setting.name}"


class OverTimeError(Exception):
    """A case took longer than its limit."""


class Timed:
    """A searcher, watched: the CPU time of its decisions, and which trials it continues."""

    def __init__(self, searcher: Searcher, limit_s: float) -> None:
        self.searcher, self.name = searcher, searcher.name
        self.watches_running = searcher.watches_running
        self.cpu: list[tuple[int, float]] = []
        self.resumed: set[int] = set()
        self.n_resumes = 0
        self._spent = 0.0
        self._deadline = time.monotonic() + limit_s

    def decide(self, history: History, slots: int, rng: Randomness) -> Sequence[Decision]:
        """Pass the question on."""
        if time.monotonic() > self._deadline:
            raise OverTimeError(f"after {len(history.trials)} trials")
        peer_before = getattr(self.searcher, "cpu_s", None)
        before = time.process_time()
        found = list(self.searcher.decide(history, slots, rng))
        if peer_before is None:
            self._spent += time.process_time() - before
        else:  # what the peer's own process took; ours only carried the messages
            self._spent += getattr(self.searcher, "cpu_s", 0.0) - peer_before
        launches = [d for d in found if isinstance(d, Start | Resume | Clone)]
        if launches:
            n_seen = sum(trial.value is not None for trial in history.trials)
            share = self._spent / len(launches)
            self.cpu += [(n_seen, share)] * len(launches)
            self._spent = 0.0
        resumes = [d.trial for d in launches if isinstance(d, Resume)]
        self.resumed.update(resumes)
        self.n_resumes += len(resumes)
        return found


@dataclass
class Trace:
    """Follows the incumbent: (steps used, regret, seconds) whenever it changes."""

    problem: BenchProblem
    setting: Setting
    timed: Timed
    is_value_per_trial: bool
    measured: list[tuple[float, int, float, float]] = field(default_factory=list)
    configs: dict[int, Configuration] = field(default_factory=dict)

    def take(self, now: float, number: int, steps: Sequence[int], values: Sequence[float]) -> None:
        """Note measurements, each with its own time and what it cost."""
        seconds = self.seconds_of(number)
        for step, value in zip(steps, values, strict=True):
            cost = 1.0
            if number in self.timed.resumed:
                self.timed.resumed.discard(number)
                cost += self.setting.resume
            self.measured.append((now - seconds * (steps[-1] - step), number, cost, value))

    def seconds_of(self, number: int) -> float:
        """Return the seconds that one step of a trial takes."""
        full = self.problem.seconds(self.configs[number])
        return full if self.is_value_per_trial else full / (self.problem.max_steps or 1)

    def changes(self) -> list[tuple[float, float, float]]:
        """Return (steps used, regret, seconds) at each change of the incumbent."""
        sign, used, best = self.problem.objective.sign, 0.0, math.inf
        found: list[tuple[float, float, float]] = []
        for now, number, cost, value in sorted(self.measured, key=lambda m: m[0]):
            used += cost
            if sign * value < best:
                best = sign * value
                truth = self.problem.truth
                shown = value if truth is None else truth(self.configs[number])
                regret = self.problem.regret(shown)
                found.append((round(used, 2), float(f"{regret:.6g}"), round(now, 4)))
        return found


def simulated(problem: BenchProblem, setting: Setting, seed: int, trace_configs: Any) -> Problem:
    """Return the problem as the simulation takes it."""
    is_blackbox = setting.kind == "blackbox"
    max_steps = None if is_blackbox else problem.max_steps

    def function(config: Configuration) -> Sequence[float]:
        number = len(trace_configs)
        trace_configs[number] = config
        values = problem.curve(config, np.random.default_rng([seed, number]))
        return [values[-1]] if is_blackbox else values

    step_share = 1 if is_blackbox else (problem.max_steps or 1)
    return Problem(
        space=problem.space,
        function=function,
        objective=problem.objective,
        max_steps=max_steps,
        can_pause=setting.can_pause and max_steps is not None,
        seconds=lambda config: problem.seconds(config) / step_share,
        resume_steps=setting.resume,
        resume_seconds=setting.resume / step_share,
    )


def measure(case: Case, bench: Path | None, limit_s: float = math.inf) -> dict[str, Any]:
    """Run the case and return its result as JSON; an error of the method is a result too."""
    setting, result = case.setting, _header(case)
    problem = load(case.problem, bench)
    max_steps = None if setting.kind == "blackbox" else problem.max_steps
    started = time.perf_counter()
    try:
        searcher = make_method(
            case.method,
            problem.space,
            seed=case.seed,
            workers=setting.workers,
            n_trials=setting.budget,
            max_steps=max_steps,
        )
        timed = Timed(searcher, limit_s)
        trace = Trace(problem, setting, timed, is_value_per_trial=max_steps is None)
        is_counted = max_steps is None
        history = simulate(
            timed,
            simulated(problem, setting, case.seed, trace.configs),
            trials=setting.budget if is_counted else None,
            steps=None if is_counted else setting.budget * (max_steps or 1),
            workers=setting.workers,
            seed=case.seed,
            on_measured=trace.take,
        )
    except (PeerError, TunebookError, OverTimeError, ArithmeticError, ValueError) as error:
        return {**result, "error": f"{type(error).__name__}: {error}"[-800:]}
    unit = max_steps or 1
    return {
        **result,
        "trace": [(round(used / unit, 4), regret, at) for used, regret, at in trace.changes()],
        "n_trials": len(history.trials),
        "n_failed": sum(t.state in _BAD for t in history.trials),
        "n_resumes": timed.n_resumes,
        "cpu_ms": cpu_summary(timed.cpu),
        "wall_s": round(time.perf_counter() - started, 2),
    }


_BAD = (TrialState.INFEASIBLE, TrialState.FAILED)


def _header(case: Case) -> dict[str, Any]:
    about = {"method": case.method, "problem": case.problem, "seed": case.seed}
    return {**about, "setting": asdict(case.setting)}


def cpu_summary(cpu: Sequence[tuple[int, float]]) -> dict[str, float]:
    """Return the decisions' CPU milliseconds: number, mean, quantiles, and around some sizes."""
    if not cpu:
        return {"n": 0}
    spent = np.array([seconds for _, seconds in cpu]) * 1e3
    found = {
        "n": len(cpu),
        "mean": round(float(spent.mean()), 3),
        "p50": round(float(np.median(spent)), 3),
        "p99": round(float(np.quantile(spent, 0.99)), 3),
    }
    for n in CPU_POINTS:
        near = [seconds * 1e3 for seen, seconds in cpu if 0.9 * n <= seen <= n]
        if near and max(seen for seen, _ in cpu) >= n - 1:
            found[f"at_{n}"] = round(median(near), 3)
    return found
