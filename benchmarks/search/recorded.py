"""The recorded problems of a bench folder: tables and surrogates of real trainings.

The folder is not part of the repository: without it only the synthetic problems are there.
"""

from __future__ import annotations

import importlib.util
import math
import os
import sys
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from benchmarks.search.problems import BenchProblem

from tunebook.records import Configuration, Objective
from tunebook.space import Choice, Float, Int, Parameter, Space


def bench_folder(given: str | None = None) -> Path | None:
    """Return the folder: the one given, else TUNEBOOK_BENCH, else ../shared/bench, if it exists."""
    root = Path(__file__).parents[2]
    folder = Path(given or os.environ.get("TUNEBOOK_BENCH") or root.parent / "shared" / "bench")
    if (folder / "problems.py").exists():
        return folder
    if given:
        raise SystemExit(f"there is no problems.py in {folder}")
    return None


@lru_cache(maxsize=1)
def _library(bench: Path) -> ModuleType:
    os.environ.setdefault("BENCH_DATA", str(bench / "data"))
    spec = importlib.util.spec_from_file_location("recorded_problems", bench / "problems.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def names(bench: Path | None) -> list[str]:
    """Return the names of the public recorded problems."""
    if bench is None:
        return []
    found: list[str] = _library(bench).list_problems(split="public")
    return found


@lru_cache(maxsize=4)
def load(name: str, bench: Path | None) -> BenchProblem:
    """Return a recorded problem; searched as ranges, of which a table takes the nearest value."""
    if bench is None or name not in names(bench):
        raise SystemExit(f"there is no problem {name!r}; see `problems`")
    found = _library(bench).get_problem(name)
    direction = {"min": "minimize", "max": "maximize"}[found.metric.direction]
    # Where every fidelity is a run of its own, nothing can be continued: only full trainings count.
    has_curves = found.has_curves and found.continues
    return BenchProblem(
        name=name,
        space=Space({entry["name"]: _parameter(entry) for entry in found.space}),
        curve=_Curves(found, has_curves),
        regret=lambda value: float(found.regret(value)) if _is_proper(found, value) else math.inf,
        objective=Objective.of(**{direction: found.metric.name}),
        max_steps=len(found.steps) if has_curves else None,
        seconds=_Seconds(found),
    )


def _is_proper(found: Any, value: float) -> bool:
    return value > 0 or not found._meta.get("log_metric")  # noqa: SLF001 - it tells the scale


class _Curves:
    """The measurements of a training, cut where the recorded one stopped by itself."""

    def __init__(self, found: Any, has_curves: bool) -> None:
        self.found, self.has_curves = found, has_curves

    def __call__(self, config: Configuration, noise: np.random.Generator) -> list[float]:
        if not self.has_curves:
            return [self.found.evaluate(dict(config))]
        values: list[float] = self.found.curve(dict(config)).tolist()
        if self.found.cost_unit == "checkpoints trained":
            values = values[: int(self.found.cost(dict(config)))]
        return values


class _Seconds:
    """How long a full training takes, in means of random ones."""

    def __init__(self, found: Any) -> None:
        rng = np.random.default_rng(0)
        self.found = found
        self.mean = float(np.mean([found.cost(found.sample(rng)) for _ in range(100)]))

    def __call__(self, config: Configuration) -> float:
        return float(self.found.cost(dict(config)) / self.mean)


def _parameter(entry: dict[str, Any]) -> Parameter:
    condition = entry.get("condition")
    when = {condition["param"]: list(condition["values"])} if condition else None
    if entry["type"] == "categorical":
        return Choice(*entry["choices"], when=when)
    if entry["type"] == "int":
        return Int(int(entry["low"]), int(entry["high"]), log=bool(entry["log"]), when=when)
    return Float(float(entry["low"]), float(entry["high"]), log=bool(entry["log"]), when=when)
