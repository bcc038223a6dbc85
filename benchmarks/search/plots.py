"""Plots of results: regret and rank along the budget, one picture a setting, as SVG."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.search import statistics as figures
from benchmarks.search.results import case_of

N_POINTS = 60


def write(results: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """Write a picture for every setting; say so if matplotlib is not installed."""
    if find_spec("matplotlib") is None:
        print("no plots: matplotlib is not installed (environments.sh ours)", file=sys.stderr)
        return
    by_setting: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for result in results:
        by_setting[case_of(dict(result)).setting.name].append(result)
    for name, some in by_setting.items():
        _picture(name, some, folder / f"{name}.svg")


def _picture(name: str, results: Sequence[Mapping[str, Any]], path: Path) -> None:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "tunebook"})
    traces = figures.traces_of(results)
    methods = _shown(traces)
    cells = figures.common_cells(traces, methods)
    if not cells:
        return
    budget = float(results[0]["setting"]["budget"])
    points = np.linspace(budget / N_POINTS, budget, N_POINTS)
    figure = Figure(figsize=(11, 4.5), layout="constrained")
    regret_axes, rank_axes = figure.subplots(1, 2)
    ranks = [figures.mean_ranks(traces, methods, cells, used) for used in points]
    colours = mpl.colormaps["tab20"].colors
    for i, method in enumerate(methods):
        style = {"label": method, "color": colours[i % 20], "linewidth": 1.5}
        levels = [figures.geometric_mean(traces[method], cells, used) for used in points]
        regret_axes.step(points, levels, where="post", **style)
        rank_axes.plot(points, [rank[method] for rank in ranks], **style)
    regret_axes.set(yscale="log", xlabel="full trainings", ylabel="regret, geometric mean")
    rank_axes.set(xlabel="full trainings", ylabel="mean rank, 1 is best")
    rank_axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1.0, 0.5))
    n_problems = len({problem for problem, _ in cells})
    figure.suptitle(f"{name}: {n_problems} problems, {len(cells)} pairs of problem and seed")
    figure.savefig(path, metadata={"Date": None})


def _shown(traces: figures.Traces) -> list[str]:
    """Return the methods in order of their final regret, those with few cells left out."""
    most = max(len(cells) for cells in traces.values()) if traces else 0
    return sorted(method for method, cells in traces.items() if len(cells) >= 0.5 * most)
