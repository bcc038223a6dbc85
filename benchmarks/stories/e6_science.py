"""E6, the science story: three rounds of exploration and one of exploitation on T-SURF.

    .venv/bin/python -m benchmarks.stories.e6_science

The first space has a useless axis, a weight decay that is too small, and learning rates beyond a
cliff. Each round's findings make the next round's space, without a person. Values are noisy.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np
from benchmarks.stories.pass_marks import PassMarks

from tunebook.analysis.importance import importance
from tunebook.playbook.adoption import Decision, adopt
from tunebook.playbook.exploration import ChangeKind, SpaceChange, changed_space, propose_changes
from tunebook.records import Objective, Trial, Value
from tunebook.search import make_searcher
from tunebook.space import Float, Space
from tunebook.testing.simulation import Problem, simulate

sys.path.append(str(Path(__file__).parents[2] / "tests" / "doubles"))
from surfaces import CLIFF, surface_error  # shared with the tests

N_ROUNDS, N_TRIALS, NOISE, OPTIMUM = 3, 20, 0.005, 0.05
N_CANDIDATES, N_SEEDS, N_NULL_REPEATS = 20, 5, 100
OBJECTIVE = Objective.of(minimize="loss")
SPACE = Space(
    lr=Float(1e-5, 1.0, log=True),
    wd=Float(1e-8, 1e-5, log=True),
    momentum=Float(0.5, 0.999, log="1-x"),
    seed_offset=Float(0.0, 1.0),
)


@dataclass
class Outcome:
    """One repeat: the gap to the optimum, that of random search, and what the rounds found."""

    gap: float
    random_gap: float
    changes: list[SpaceChange] = field(default_factory=list)
    is_useless_last: bool = False

    def has(self, kind: ChangeKind, name: str) -> bool:
        return any(c.kind is kind and c.parameter == name for c in self.changes)

    @property
    def cliff(self) -> float | None:
        found = [c.high for c in self.changes if c.kind is ChangeKind.CUT and c.parameter == "lr"]
        return found[0] if found else None


def noisy(seed: int) -> Callable[[Mapping[str, Value]], float]:
    rng = np.random.default_rng(seed)
    return lambda config: surface_error(config) + float(rng.normal(0.0, NOISE))


def run(searcher: str, space: Space, n: int, seed: int) -> list[Trial]:
    problem = Problem(space, noisy(seed))
    return list(simulate(make_searcher(searcher), problem, trials=n, seed=seed).trials)


def gap_of(trials: list[Trial]) -> float:
    """Return the true gap of the trial with the best noisy value."""
    best = min((t for t in trials if t.value is not None), key=lambda t: t.value or 0.0)
    return surface_error(best.config) - OPTIMUM


def story(seed: int) -> Outcome:
    space, trials, changes = SPACE, list[Trial](), list[SpaceChange]()
    first: list[Trial] = []
    for number in range(1, N_ROUNDS + 1):
        found = run("halton", space, N_TRIALS, 100 * seed + number)
        first = first or found
        trials += found
        proposed = propose_changes(trials, space, OBJECTIVE, round_number=number)
        space, changes = changed_space(space, proposed), changes + proposed
    ranks = importance(trials, SPACE, OBJECTIVE) or importance(first, SPACE, OBJECTIVE)
    is_last = bool(ranks) and ranks[-1].parameter == "seed_offset"
    last = run("bayes", space, N_TRIALS, 100 * seed + 50)
    random = run("random", SPACE, (N_ROUNDS + 1) * N_TRIALS, 100 * seed + 99)
    return Outcome(gap_of(last), gap_of(random), changes, is_last)


def null_launch(seed: int) -> bool:
    """Whether the best of 20 candidates, all equal to the baseline, is launched."""
    rng = np.random.default_rng(seed)
    runs = rng.normal(0.0, 1.0, N_CANDIDATES)
    assert runs.min() < 0  # the winner of single runs always looks better
    candidate, baseline = rng.normal(0.0, 1.0, (2, N_SEEDS)).tolist()
    return adopt(candidate, baseline).decision is Decision.LAUNCH


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=40)
    repeats = parser.parse_args().repeats
    marks = PassMarks(
        f"E6 science story: T-SURF, {repeats} repeats, {N_ROUNDS} x {N_TRIALS} + {N_TRIALS} trials"
    )
    first = story(0)
    for change in first.changes:
        marks.tell(f"first repeat: {change.kind} {change.parameter}: {change.reason}")
    found = [first, *(story(seed) for seed in range(1, repeats))]
    gap, random = median(o.gap for o in found), median(o.random_gap for o in found)
    marks.check(
        gap <= 0.25 * random, f"median gap {gap:.4f}, random's {random:.4f}: at most a quarter"
    )
    useless = sum(o.has(ChangeKind.FIX, "seed_offset") or o.is_useless_last for o in found)
    marks.check(useless >= 0.65 * repeats, f"useless axis identified in {useless} of {repeats}")
    wrong = sum(o.has(ChangeKind.FIX, name) for o in found for name in ("lr", "wd", "momentum"))
    marks.check(
        wrong <= 0.2 * 3 * repeats, f"an axis that matters fixed in {wrong} of {3 * repeats}"
    )
    widened = sum(o.has(ChangeKind.WIDEN, "wd") for o in found)
    marks.check(
        widened >= 0.65 * repeats, f"edge of weight decay extended in {widened} of {repeats}"
    )
    cliffs = [o.cliff for o in found if o.cliff is not None]
    marks.check(len(cliffs) >= 0.65 * repeats, f"cliff reported in {len(cliffs)} of {repeats}")
    near = sum(0.5 <= cliff / 10**CLIFF <= 2.0 for cliff in cliffs)
    marks.check(near >= 0.9 * len(cliffs), f"{near} of {len(cliffs)} of them within a factor of 2")
    launches = sum(null_launch(seed) for seed in range(N_NULL_REPEATS))
    marks.check(
        launches <= 8, f"{N_CANDIDATES} null candidates: {launches} launches in {N_NULL_REPEATS}"
    )
    return marks.exit_code()


if __name__ == "__main__":
    raise SystemExit(main())
