"""What starting from older studies is worth, and what it costs when they mislead.

    python -m benchmarks.search.warm_start [--seeds 5] [--out benchmarks/search/results]

Each problem of a family is searched with no past, with studies of the other problems of the family
(what transfer is for), and with the same studies turned upside down (a past that misleads). Past
studies are 100 random trials. Families: the recorded lcbench problems where they are installed,
else bowls in four dimensions, whose lowest points lie near each other, with a third of the range
infeasible.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from benchmarks.search import recorded
from benchmarks.search.problems import BenchProblem, linear_regret, median_of_random

from tunebook.records import Configuration, FailureKind
from tunebook.search.past import PastStudy
from tunebook.search.registry import make_searcher
from tunebook.space import Float, Space
from tunebook.testing.simulation import Outcome, Problem, simulate

N_PAST, N_TRIALS, N_BOWLS, MAX_PASTS = 100, 40, 6, 5
SHOWN = (1, 3, 5, 10, 20, 40)
FLOOR = 1e-3


def bowl(seed: int) -> BenchProblem:
    """Return a bowl with its lowest point near the middle of those of its family."""
    names = ("a", "b", "c", "d")
    space = Space({name: Float(0.0, 1.0) for name in names})
    rng = np.random.default_rng(seed)
    centre = np.clip(np.array([0.3, 0.6, 0.45, 0.7]) + rng.normal(0.0, 0.07, 4), 0.05, 0.95)
    scales = np.array([4.0, 1.0, 0.3, 0.05]) * np.exp(rng.normal(0.0, 0.3, 4))

    def value(config: Configuration) -> float:
        if config["a"] > 0.7:
            return math.nan
        x = np.array([config[name] for name in names])
        return float((scales * (x - centre) ** 2).sum())

    regret = linear_regret(0.0, median_of_random(space, value))
    return BenchProblem(f"bowl/{seed}", space, lambda config, _: [value(config)], regret)


def family(bench: Path | None) -> list[BenchProblem]:
    try:
        names = [n for n in recorded.names(bench) if n.startswith("lcbench/")]
        found = [recorded.load(name, bench) for name in names]
    except ImportError:
        found = []
    return found or [bowl(seed) for seed in range(N_BOWLS)]


def value_of(problem: BenchProblem, config: Configuration) -> float:
    """Return the final value, NaN for a failure."""
    return problem.curve(config, np.random.default_rng(0))[-1]


def past_of(problem: BenchProblem, *, is_upside_down: bool) -> PastStudy:
    stream, sign = np.random.default_rng(7), -1.0 if is_upside_down else 1.0
    outcomes: list[tuple[Configuration, float | None]] = []
    for _ in range(N_PAST):
        config = problem.space.sample(stream)
        value = problem.objective.sign * value_of(problem, config)
        outcomes.append((config, sign * value if math.isfinite(value) else None))
    return PastStudy(problem.name, problem.space, tuple(outcomes))


def regrets(
    problem: BenchProblem, searcher: str, pasts: Sequence[PastStudy], seed: int
) -> list[float]:
    """Return the regret of the best so far after each trial."""

    def outcome(config: Configuration) -> Outcome:
        value = value_of(problem, config)
        return value if math.isfinite(value) else FailureKind.DIVERGED

    simulated = Problem(problem.space, outcome, problem.objective, past=tuple(pasts))
    trials = simulate(make_searcher(searcher), simulated, trials=N_TRIALS, seed=seed).trials
    found = [1.0 if t.value is None else problem.regret(t.value) for t in trials]
    return np.maximum(np.minimum.accumulate(found), FLOOR).tolist()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--search", default="bayes")
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    problems = family(recorded.bench_folder())
    told = {p.name: past_of(p, is_upside_down=False) for p in problems}
    lies = {p.name: past_of(p, is_upside_down=True) for p in problems}
    lines = [
        f"{options.search}: {len(problems)} problems of {problems[0].name.split('/')[0]}, "
        f"{options.seeds} seeds; geometric mean of the regret (0 best, 1 median random)",
        "",
        "| past | " + " | ".join(f"{n} trials" for n in SHOWN) + " |",
        "| --- " * (len(SHOWN) + 1) + "|",
    ]
    print("\n".join(lines), flush=True)
    for label, known in (("none", {}), ("helpful", told), ("misleading", lies)):
        rows = [
            regrets(
                p, options.search, [s for n, s in known.items() if n != p.name][:MAX_PASTS], seed
            )
            for p in problems
            for seed in range(options.seeds)
        ]
        means = np.exp(np.log(rows).mean(0))
        lines.append(f"| {label} | " + " | ".join(f"{means[n - 1]:.3f}" for n in SHOWN) + " |")
        print(lines[-1], flush=True)
    if options.out is not None:
        (options.out / "warm-start.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
