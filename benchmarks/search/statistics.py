"""The figures of a comparison: regret along the budget, ranks, paired ratios, speed-ups.

Regret is averaged as a logarithm, between ``LEAST`` (below it all is equally good) and ``MOST``
(nothing found yet). Comparisons are paired: the same problems and seeds on both sides.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata, wilcoxon

LEAST, MOST = 1e-3, 10.0
SHARES = (0.1, 0.25, 0.5, 1.0)
"""Shares of the budget at which regret is told."""

N_BOOTSTRAP = 2000
LATE = 2.0
"""A target that is not reached counts as reached at this many budgets."""

Trace = Sequence[Sequence[float]]
Cell = tuple[str, int]  # problem and seed
Traces = Mapping[str, Mapping[Cell, Trace]]  # by method
PerProblem = Mapping[str, Sequence[float]]


def traces_of(results: Iterable[Mapping[str, Any]]) -> dict[str, dict[Cell, Trace]]:
    """Return the traces by method, problem and seed; results that are errors are left out."""
    found: dict[str, dict[Cell, Trace]] = defaultdict(dict)
    for result in results:
        if "trace" in result:
            found[result["method"]][result["problem"], result["seed"]] = result["trace"]
    return dict(found)


def regret_at(trace: Trace, used: float) -> float:
    """Return the incumbent's regret, clipped, when ``used`` of the budget is used up."""
    best = MOST
    for cost, regret, *_ in trace:
        if cost > used + 1e-9:
            break
        best = regret
    return min(max(best, LEAST), MOST)


def time_to(trace: Trace, target: float) -> float:
    """Return how much was used when regret was first at most ``target``; infinity if never."""
    return next((cost for cost, regret, *_ in trace if regret <= target), math.inf)


def area(trace: Trace, budget: float) -> float:
    """Return the mean of log10 of regret over the budget."""
    points = np.linspace(0.0, budget, 101)[1:]
    return float(np.mean([math.log10(regret_at(trace, used)) for used in points]))


def common_cells(traces: Traces, methods: Collection[str]) -> list[Cell]:
    """Return the problems and seeds that every one of the methods has."""
    cells = [set(traces[method]) for method in methods]
    return sorted(set.intersection(*cells)) if cells else []


def geometric_mean(traces: Mapping[Cell, Trace], cells: Sequence[Cell], used: float) -> float:
    """Return the geometric mean of regret over problems, of each problem over its seeds."""
    logs: dict[str, list[float]] = defaultdict(list)
    for cell in cells:
        logs[cell[0]].append(math.log(regret_at(traces[cell], used)))
    return math.exp(float(np.mean([np.mean(values) for values in logs.values()])))


def mean_ranks(
    traces: Traces, methods: Sequence[str], cells: Sequence[Cell], used: float
) -> dict[str, float]:
    """Return each method's rank, from 1 for the best, averaged over problems and seeds."""
    total = np.zeros(len(methods))
    for cell in cells:
        total += rankdata([regret_at(traces[method][cell], used) for method in methods])
    return dict(zip(methods, (total / max(1, len(cells))).tolist(), strict=True))


def log_ratios(
    ours: Mapping[Cell, Trace], theirs: Mapping[Cell, Trace], used: float
) -> dict[str, list[float]]:
    """Return log(theirs / ours) of regret by problem, one number per common seed."""
    found: dict[str, list[float]] = defaultdict(list)
    for cell in sorted(set(ours) & set(theirs)):
        ratio = regret_at(theirs[cell], used) / regret_at(ours[cell], used)
        found[cell[0]].append(math.log(ratio))
    return dict(found)


def ratio(logs: PerProblem) -> float:
    """Return the geometric mean of ratios, over seeds and then over problems."""
    return math.exp(float(np.mean([np.mean(values) for values in logs.values()])))


def bootstrap_interval(logs: PerProblem, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % interval of ``ratio``: problems are drawn again, then seeds within each."""
    rng = np.random.default_rng(seed)
    problems = [np.asarray(values) for values in logs.values()]
    resampled: NDArray[np.float64] = np.array(
        [
            values[rng.integers(len(values), size=(N_BOOTSTRAP, len(values)))].mean(axis=1)
            for values in problems
        ]
    )
    drawn = rng.integers(len(problems), size=(N_BOOTSTRAP, len(problems)))
    means = resampled[drawn, np.arange(N_BOOTSTRAP)[:, None]].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return math.exp(low), math.exp(high)


def wilcoxon_p(logs: PerProblem) -> float:
    """Return the two-sided p that the problems' mean log ratios are symmetric about 0."""
    means = [float(np.mean(values)) for values in logs.values()]
    if len(means) < 2 or not any(means):
        return 1.0
    return float(wilcoxon(means).pvalue)


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Return p values corrected for their number (Holm 1979), in the same order."""
    ordered = sorted(p_values, key=lambda name: p_values[name])
    corrected: dict[str, float] = {}
    least = 0.0
    for i, name in enumerate(ordered):
        least = max(least, min(1.0, (len(ordered) - i) * p_values[name]))
        corrected[name] = least
    return {name: corrected[name] for name in p_values}


@dataclass(frozen=True)
class SpeedUp:
    """How many times less budget than the reference: on average, and on the worst problem."""

    mean: float
    worst: float
    worst_problem: str


def speed_up(
    method: Mapping[Cell, Trace], reference: Mapping[Cell, Trace], budget: float
) -> SpeedUp | None:
    """Compare the budgets to reach the reference's median final regret, on the common cells."""
    cells: dict[str, list[Cell]] = defaultdict(list)
    for cell in sorted(set(method) & set(reference)):
        cells[cell[0]].append(cell)
    found: dict[str, float] = {}
    for problem, some in cells.items():
        target = float(np.median([regret_at(reference[cell], budget) for cell in some]))
        base = _median_time(reference, some, target, budget)
        found[problem] = base / _median_time(method, some, target, budget)
    if not found:
        return None
    worst = min(found, key=lambda problem: found[problem])
    mean = math.exp(float(np.mean(np.log(list(found.values())))))
    return SpeedUp(mean, found[worst], worst)


def _median_time(
    traces: Mapping[Cell, Trace], cells: Sequence[Cell], target: float, budget: float
) -> float:
    times = [min(time_to(traces[cell], target), LATE * budget) for cell in cells]
    return float(np.median(times))


def behind_on(
    method: Mapping[Cell, Trace], reference: Mapping[Cell, Trace], budget: float
) -> list[str]:
    """Return the problems where the method's mean final regret is above the reference's."""
    logs = log_ratios(method, reference, budget)
    return [problem for problem, values in logs.items() if np.mean(values) < -1e-12]
