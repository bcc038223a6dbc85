"""Markdown tables of results, one section a setting."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.search import statistics as figures
from benchmarks.search.measure import CPU_POINTS
from benchmarks.search.problems import part_of
from benchmarks.search.results import case_of
from benchmarks.search.statistics import SHARES, Cell, Trace

Result = Mapping[str, Any]
FULL_SHARE = 0.9
"""Methods with this share of the most cells are compared all with all; others in pairs only."""

KEY = """\
Regret: 0 = best known value, 1 = median random configuration; geometric means over seeds, then
problems, between 0.001 and 10. Rank: 1 is best. Area: mean log10 regret over the budget.
Ratio: the other's regret divided by that of the method compared (above 1: the other is worse), on
the same problems and seeds, with bootstrap 95 % intervals over problems and seeds; p: Wilcoxon over
problems at the end, Holm-corrected. Times: how many times less budget to reach the reference's
median final value (not reached: twice the budget). Problems are for development (constants may
have been chosen on them) or for confirmation; "dev" and "conf" give the ratio at the end on each.

"""


def report(results: Sequence[Result], against: str) -> str:
    """Return the whole report."""
    parts = ["# Search: what came out", "", KEY]
    by_setting: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        by_setting[case_of(dict(result)).setting.name].append(result)
    for name, some in sorted(by_setting.items()):
        parts += [f"## {name}", "", *_section(some, against)]
    return "\n".join([*parts, "## Versions", "", *_versions(results), ""])


def _section(results: Sequence[Result], against: str) -> list[str]:
    traces = figures.traces_of(results)
    budget = float(results[0]["setting"]["budget"])
    lines = _coverage(results)
    if traces:
        most = max(len(cells) for cells in traces.values())
        full = [m for m in traces if len(traces[m]) >= FULL_SHARE * most]
        lines += ["### Methods with all seeds", "", *_levels(traces, full, budget)]
        if len(full) < len(traces):
            lines += ["### All methods, on what all have", "", *_levels(traces, [*traces], budget)]
        for reference in [name for name in dict.fromkeys((against, "auto")) if name in traces]:
            lines += [f"### Against {reference}", "", *_pairs(traces, reference, budget)]
        lines += ["### Less budget to the same value", "", *_times(traces, budget)]
    return [*lines, "### CPU per decision, in ms", "", *_cpu(results)]


def _coverage(results: Sequence[Result]) -> list[str]:
    problems = {r["problem"] for r in results}
    parts = {"development": 0, "confirmation": 0}
    for problem in problems:
        parts[part_of(problem)] += 1
    counted = ", ".join(f"{n} for {part}" for part, n in parts.items())
    lines = [f"{len(problems)} problems ({counted}): {', '.join(sorted(problems))}.", ""]
    bad = [r for r in results if "error" in r]
    if bad:
        lines += ["Errors:", ""]
        lines += [f"- {case_of(dict(r)).key}: {_one_line(r['error'])}" for r in bad[:20]]
        lines += [f"- and {len(bad) - 20} more"] if len(bad) > 20 else []
        lines.append("")
    return lines


def _one_line(text: str) -> str:
    return text.strip().splitlines()[-1][:200]


def _levels(
    traces: Mapping[str, Mapping[Cell, Trace]], methods: Sequence[str], budget: float
) -> list[str]:
    cells = figures.common_cells(traces, methods)
    if not cells:
        return ["No problem and seed in common.", ""]
    shares = [share for share in SHARES if share * budget >= 1]
    levels = {
        m: [figures.geometric_mean(traces[m], cells, share * budget) for share in shares]
        for m in methods
    }
    ranks = [figures.mean_ranks(traces, methods, cells, share * budget) for share in shares]
    rows = []
    for method in sorted(methods, key=lambda m: levels[m][-1]):
        area = sum(figures.area(traces[method][cell], budget) for cell in cells) / len(cells)
        told = [
            f"{r:.4f} / {rank[method]:.2f}" for r, rank in zip(levels[method], ranks, strict=True)
        ]
        rows.append([method, *told, f"{area:.2f}"])
    n_problems = len({problem for problem, _ in cells})
    head = ["method", *(f"regret / rank @{share:.0%}" for share in shares), "area"]
    return [
        f"{n_problems} problems, {len(cells)} pairs of problem and seed.",
        "",
        *table(head, rows),
    ]


def _pairs(traces: Mapping[str, Mapping[Cell, Trace]], reference: str, budget: float) -> list[str]:
    others = [name for name in traces if name != reference]
    ours = traces[reference]
    logs = {
        (name, share): figures.log_ratios(ours, traces[name], share * budget)
        for name in others
        for share in SHARES
    }
    others = [name for name in others if logs[name, 1.0]]
    p = figures.holm({name: figures.wilcoxon_p(logs[name, 1.0]) for name in others})
    rows = []
    for name in sorted(others, key=lambda name: figures.ratio(logs[name, 1.0])):
        told, verdict = [], 0
        for share in SHARES:
            low, high = figures.bootstrap_interval(logs[name, share])
            told.append(f"{figures.ratio(logs[name, share]):.2f} ({low:.2f}-{high:.2f})")
            verdict += 1 if low > 1 else (-10 if high < 1 else 0)
        end = logs[name, 1.0]
        won = sum(sum(values) > 0 for values in end.values())
        n_seeds = max(len(values) for values in end.values())
        rows.append(
            [
                name,
                f"{len(end)} x {n_seeds}",
                *told,
                *(_part_ratio(end, part) for part in ("development", "confirmation")),
                f"{won} of {len(end)}",
                f"{p[name]:.2g}",
                "ahead" if verdict >= 2 else ("behind" if verdict < 0 else ""),
            ]
        )
    head = ["other", "problems x seeds", *(f"@{share:.0%}" for share in SHARES)]
    return table([*head, "dev", "conf", f"{reference} better on", "p", f"{reference} is"], rows)


def _part_ratio(logs: figures.PerProblem, part: str) -> str:
    some = {problem: values for problem, values in logs.items() if part_of(problem) == part}
    return f"{figures.ratio(some):.2f}" if some else "-"


def _times(traces: Mapping[str, Mapping[Cell, Trace]], budget: float) -> list[str]:
    references = [name for name in ("random", "optuna-tpe", "asha:first_rung=2") if name in traces]
    rows = []
    for method in traces:
        row = [method]
        for reference in references:
            found = figures.speed_up(traces[method], traces[reference], budget)
            told = (
                f"{found.mean:.2f} (worst {found.worst:.2f}, {found.worst_problem})"
                if found
                else "-"
            )
            row.append(told)
        if "random" in traces:
            behind = figures.behind_on(traces[method], traces["random"], budget)
            row.append(f"{len(behind)}: {', '.join(behind)}" if behind else "0")
        rows.append(row)
    head = ["method", *(f"to the value of {name}" for name in references)]
    return table(head + ["problems behind random at the end"] * ("random" in traces), rows)


def _cpu(results: Sequence[Result]) -> list[str]:
    by_method: dict[str, list[Mapping[str, float]]] = defaultdict(list)
    for result in results:
        if result.get("cpu_ms", {}).get("n"):
            by_method[result["method"]].append(result["cpu_ms"])
    columns = ["mean", "p50", "p99", *(f"at_{n}" for n in CPU_POINTS)]
    rows = [
        [method, *(_mean(entry[column] for entry in some if column in entry) for column in columns)]
        for method, some in by_method.items()
    ]
    return table(["method", *(column.replace("at_", "at n = ") for column in columns)], rows)


def _mean(values: Iterable[float]) -> str:
    found = list(values)
    return f"{sum(found) / len(found):.1f}" if found else "-"


def _versions(results: Sequence[Result]) -> list[str]:
    found: dict[str, set[str]] = defaultdict(set)
    seeds: dict[str, set[int]] = defaultdict(set)
    for result in results:
        found[result["method"]].add(result.get("version", "unknown"))
        seeds[result["method"]].add(result["seed"])
    return [
        f"- {method}: {'; '.join(sorted(found[method]))}; seeds {_span(seeds[method])}"
        for method in sorted(found)
    ]


def _span(seeds: Iterable[int]) -> str:
    ordered = sorted(seeds)
    is_run = ordered == list(range(ordered[0], ordered[-1] + 1))
    return f"{ordered[0]}-{ordered[-1]}" if is_run else ", ".join(map(str, ordered))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table, and an empty one."""

    def line(cells: Sequence[str]) -> str:
        return f"| {' | '.join(cells)} |"

    return [line(head), line(["---"] * len(head)), *map(line, rows), ""]
