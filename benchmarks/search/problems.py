"""What a searcher is measured on: problems with a known scale of regret, and lists of them.

Regret is 0 at the best known value and 1 at the median of random configurations.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from tunebook.records import Configuration, Objective
from tunebook.space import Space

MINIMIZE = Objective.of(minimize="loss")
N_REFERENCE = 20_000
Noise = np.random.Generator


@dataclass(frozen=True)
class BenchProblem:
    """A training that can be looked up.

    ``curve`` gives the values after each step (one value where there are no curves), NaN where it
    diverges, with the noise that the generator adds. ``regret`` is of a value as observed;
    ``truth`` gives the noise-free value of a configuration where ``curve`` adds noise, else None.
    ``seconds`` is what a full training takes, in any unit.
    """

    name: str
    space: Space
    curve: Callable[[Configuration, Noise], Sequence[float]]
    regret: Callable[[float], float]
    objective: Objective = MINIMIZE
    max_steps: int | None = None
    seconds: Callable[[Configuration], float] = lambda config: 1.0
    truth: Callable[[Configuration], float] | None = None


def linear_regret(best: float, median: float) -> Callable[[float], float]:
    """Return the regret of a minimised value: 0 at ``best``, 1 at ``median``."""
    return lambda value: (value - best) / (median - best)


def median_of_random(space: Space, function: Callable[[Configuration], float]) -> float:
    """Return the median of the finite values of random configurations: always the same ones."""
    rng = np.random.default_rng(20_000)
    values = [
        function(space.sample(rng)) for _ in range(N_REFERENCE // (4 if len(space) > 8 else 2))
    ]
    return float(np.median([value for value in values if math.isfinite(value)]))


@lru_cache(maxsize=1)
def lists() -> Mapping[str, Sequence[str]]:
    """Return ``problems.json``: the suites by name, and which families are for development."""
    found: Mapping[str, Sequence[str]] = json.loads(
        Path(__file__).with_name("problems.json").read_text(encoding="utf-8")
    )
    return found


def part_of(name: str) -> str:
    """Say whether constants may be chosen on a problem ("development") or not ("confirmation")."""
    is_development = name.startswith(tuple(lists()["development"]))
    return "development" if is_development else "confirmation"


def expand(wanted: Sequence[str], bench: Path | None) -> list[str]:
    """Return the problems meant by names, suites and families, without those that are not here."""
    from benchmarks.search import recorded, synthetic

    known = [*recorded.names(bench), *synthetic.names()]
    found: dict[str, None] = {}
    for word in wanted:
        if word in lists():
            names = [name for name in lists()[word] if name in known]
        else:
            names = [name for name in known if name == word or name.startswith(f"{word}/")]
        if not names and word not in lists():
            raise SystemExit(f"no problem, family or suite {word!r}; see `problems`")
        found |= dict.fromkeys(names)
    return list(found)


def load(name: str, bench: Path | None) -> BenchProblem:
    """Return the problem of that name."""
    from benchmarks.search import recorded, synthetic

    if name in synthetic.names():
        return synthetic.load(name)
    return recorded.load(name, bench)
