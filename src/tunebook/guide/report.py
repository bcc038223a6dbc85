"""The report of a guide (5.6): a sentence for each fact there is, none for those there are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import fmean, median, stdev
from typing import TYPE_CHECKING, Any

from tunebook.analysis.axis import axis_points
from tunebook.analysis.series import smoothed
from tunebook.checks import convergence, learning_rate, stability, throughput, update_size
from tunebook.checks.check import Check
from tunebook.checks.decomposition import amount
from tunebook.checks.readings import NotFinite, Trained
from tunebook.files import write_file
from tunebook.guide.stages.evaluate import decomposition_of
from tunebook.guide.studies import trials_from
from tunebook.playbook.stages import STAGES
from tunebook.recipes.schedules import factor
from tunebook.recipes.settings import TrainingSettings
from tunebook.records import Configuration, Trial
from tunebook.records.section import Chart, ChartKind, ChartSeries, Section, SectionTable, encode
from tunebook.reports.sections import write_page
from tunebook.space import Float, Int, Space

if TYPE_CHECKING:
    from tunebook.guide.session import Session


N_POINTS = 100
"""Points of a curve at most."""


def write_guide_report(session: Session) -> None:
    """Write ``report.json``, which the dashboard shows, and ``report.html`` into its folder."""
    sections = guide_sections(session)
    folder = session.log.folder
    write_file(folder / "report.json", encode(sections))
    write_page(folder / "report.html", sections, f"Guide {session.name}")


def guide_sections(session: Session) -> list[Section]:
    """Return the sections that there are facts for."""
    looked = [*_found(session, 0, "Data and target"), *_found(session, 2, "Debugging")]
    makers = (_speed, _rate, _errors, _rounds, _confirmed, _caveats, _timeline)
    found = [section for make in makers for section in make(session)]
    return [*_result(session), *_budget(session), *looked, *found]


def _spread(values: list[float]) -> str:
    n = len(values)
    if n < 2:
        return f"{values[0]:.4g} in one run"
    return f"{fmean(values):.4g} ± {2 * stdev(values) / n**0.5:.2g} ({n} seeds)"


def _result(session: Session) -> Iterator[Section]:
    state, objective = session.state, session.task.objective
    lines = [f"The objective: {objective.direction} {objective.metric}."]
    test = state.facts.get((8, "test"))
    candidate = state.facts.get((8, "candidate"))
    baseline = state.facts.get((5, "baseline"))
    if test is not None:
        n_looks = len(state.test_looks)
        look = "once" if n_looks == 1 else f"{n_looks} times"
        lines.append(f"On the test set, looked at {look}: {_spread(test['values'])}.")
    if candidate is not None and state.launches:
        lines.append(f"On the validation set: {_spread(candidate['values'])}.")
    elif baseline is not None:
        lines.append(f"The incumbent on the validation set: {_spread(baseline['values'])}.")
    reasons = [d["reason"] for d in state.decisions if d["name"] == "candidate"]
    if reasons and candidate is None:
        lines.append(f"The candidate, {reasons[-1]}, is not confirmed.")
    lines += [f"Launched: {launch['evidence']}." for launch in state.launches]
    if session.config and session.n_updates:
        lines.append(f"Trained for {session.n_updates} updates.")
    columns = ("name", "value", "decided in stage", "because")
    rows = [(n, _cell(value), *_origin(session, n)) for n, value in session.config.items()]
    tables = [SectionTable("Configuration", columns, rows)] if rows else []
    yield Section("Result", lines, tables=tables)


def _cell(value: Any) -> Any:
    return value if isinstance(value, bool | int | float | str) or value is None else str(value)


def _origin(session: Session, name: str) -> tuple[str, str]:
    """Return the stage at which a value was last changed, and why."""
    found, before = ("", ""), object()
    for decision in session.state.decisions:
        if decision["name"] == "configuration" and name in decision["value"]:
            value = decision["value"][name]
            if value != before:
                found = (str(decision["stage"]), decision["reason"])
            before = value
    return found


def _budget(session: Session) -> Iterator[Section]:
    state = session.state
    rows = [
        (f"{s.number} {s.name}", session.shares[s.number], state.spent.get(s.number, 0))
        for s in STAGES
    ]
    told = f"{state.updates_spent:,} of {session.budget:,} updates are spent."
    yield Section("Budget", [told], tables=[SectionTable("", ("stage", "share", "spent"), rows)])


def _found(session: Session, stage: int, title: str) -> Iterator[Section]:
    """Yield the findings of a stage that has nothing else to show."""
    findings = session.state.findings.get(stage)
    if findings:
        yield Section(title, findings=findings)


def _question(session: Session, stage: int, check: Check) -> tuple[Configuration, int] | None:
    """Return what a check was asked about; a guide of an older version kept no such record."""
    asked = session.state.questions.get((stage, check.name))
    return None if asked is None else (Configuration(asked["config"]), int(asked["length"]))


def _speed(session: Session) -> Iterator[Section]:
    asked = _question(session, 3, throughput.CHECK)
    timings = {} if asked is None else throughput.seconds(asked[0], session.readings)
    findings = session.state.findings.get(3, [])
    if not timings and not findings:
        return
    speeds = [size / median(real for real, _ in pairs) for size, pairs in timings.items()]
    summary = f"Examples per second by batch size, up to {max(speeds, default=0.0):,.0f}."
    series, axes = [ChartSeries("", list(timings), speeds)], ("batch size", "examples per second")
    chart = Chart(ChartKind.LINE, "Throughput", summary, series, *axes, is_x_log=True)
    yield Section("Speed", findings=findings, charts=[chart] if timings else [])


def _rate(session: Session) -> Iterator[Section]:
    findings = session.state.findings.get(4, [])
    if findings:
        charts = [c for make in (_sweep, _curve, _ratios, _norms) for c in make(session)]
        yield Section("Steps and learning rate", findings=findings, charts=charts)


def _sweep(session: Session) -> Iterator[Chart]:
    asked = _question(session, 4, learning_rate.CHECK)
    runs = [] if asked is None else learning_rate.sweep_runs(*asked, session.readings)
    if not runs:
        return
    series = [ChartSeries(f"{r.lr:.3g}", *_shown(r.losses)) for r in runs if not r.is_diverged]
    diverged = ", ".join(f"{run.lr:.3g}" for run in runs if run.is_diverged)
    summary = f"Training loss of {len(runs)} rates{f'; {diverged} diverged' if diverged else ''}."
    is_log = all(y is not None and y > 0 for one in series for y in one.y)
    title = "Sweep of the rate"
    yield Chart(ChartKind.LINE, title, summary, series, "update", "loss", is_y_log=is_log)


def _curve(session: Session) -> Iterator[Chart]:
    asked = _question(session, 4, convergence.CHECK)
    found = session.readings.get(convergence.training(*asked)) if asked else None
    if isinstance(found, Trained):
        n = session.n_updates
        summary = f"Training loss at the chosen rate; {n} updates are a full training."
        series = [ChartSeries("", *_shown(found.losses))]
        yield Chart(ChartKind.LINE, "Convergence", summary, series, "update", "loss")


def _ratios(session: Session) -> Iterator[Chart]:
    """Yield the size of an update beside that of each tensor, and the usual band (S1.12)."""
    asked = _question(session, 4, update_size.CHECK)
    found = session.readings.get(update_size.training(asked[0])) if asked else None
    if isinstance(found, Trained) and found.updates:
        (low, high), told = update_size.BAND, found.updates
        inside = sum(low <= ratio <= high for ratio in told.values())
        summary = f"{inside} of {len(told)} between {low:g} and {high:g}, which is ordinary."
        bars = ChartSeries("update / weights", list(told), list(told.values()))
        yield Chart(ChartKind.BAR, "Size of updates", summary, [bars], "tensor", "ratio")


def _norms(session: Session) -> Iterator[Chart]:
    """Yield the norms of the gradient with the threshold at which they are clipped (S4.49)."""
    asked = _question(session, 4, stability.CHECK)
    level = float(session.config.get("clip_norm") or 0.0)
    found = session.readings.get(stability.free_probe(*asked)) if asked and level else None
    if isinstance(found, Trained | NotFinite) and found.norms:
        norms = list(found.norms)
        share = stability.clipped_share(norms, level)
        series = [
            ChartSeries("norm", list(range(len(norms))), norms),
            ChartSeries("threshold", [0, len(norms) - 1], [level, level]),
        ]
        summary = (
            f"{share:.0%} of {len(norms)} updates at {stability.CLOSE:g} times the rate are above "
            f"{level:.4g} and clipped."
        )
        yield Chart(ChartKind.LINE, "Norm of the gradient", summary, series, "update", "norm")


def _shown(losses: Sequence[float]) -> tuple[list[int], list[float]]:
    """Return a smoothed curve of at most a hundred points."""
    step = max(1, len(losses) // N_POINTS)
    return list(range(0, len(losses), step)), smoothed(losses)[::step]


def _errors(session: Session) -> Iterator[Section]:
    told = session.state.facts.get((5, "baseline"))
    if told is None:
        return
    found = decomposition_of(session, told)
    charts = []
    if found is not None and found.terms:
        summary = ", ".join(f"{t.name} {amount(t.size, found.unit)}" for t in found.terms) + "."
        names = [term.name.value for term in found.terms]
        series = ChartSeries("error", names, [term.size for term in found.terms])
        charts.append(Chart(ChartKind.WATERFALL, "What the error consists of", summary, [series]))
    lines = [f"The incumbent with other seeds: {_spread(told['values'])}."]
    yield Section("Evaluation", lines, session.state.findings.get(5, []), charts=charts)


def _rounds(session: Session) -> Iterator[Section]:
    state = session.state
    for number, told in enumerate(state.rounds, 1):
        trials = trials_from(state.facts[6, f"round {number}"]["trials"])
        space = Space.from_dict(told["space"])
        charts = [c for name in space.dimensions for c in _axis(session, trials, space, name)]
        said = [f"The goal: {told['goal']}."]
        said += [f"{len(trials)} quasi-random trials in the study {told['study']}."]
        said += [f"{change}." for change in told["changes"]] or ["No change of the space."]
        findings = state.findings.get(6, []) if number == len(state.rounds) else []
        yield Section(f"Exploration, round {number}", said, findings, charts=charts)


def _axis(session: Session, trials: Sequence[Trial], space: Space, name: str) -> Iterator[Chart]:
    """Yield the metric along one range."""
    parameter, objective = space.parameters[name], session.task.objective
    if isinstance(parameter, Float | Int):
        points = axis_points(trials, space, objective, name=name)
        kept = [p for p in points if p.value is not None]
        bad = f"; {len(points) - len(kept)} infeasible" if len(kept) < len(points) else ""
        summary = f"{objective.metric} of {len(kept)} trials{bad}."
        series = [ChartSeries("", [_cell(p.x) for p in kept], [p.value for p in kept])]
        is_log = parameter.log is True
        yield Chart(ChartKind.SCATTER, name, summary, series, name, objective.metric, is_log)


def _confirmed(session: Session) -> Iterator[Section]:
    findings = session.state.findings.get(8)
    if findings:
        yield Section("Confirmation", findings=findings, charts=list(_schedule(session)))


def _schedule(session: Session) -> Iterator[Chart]:
    """Yield the learning rate along a training of the result (S4.40); not of a function."""
    if session.file is not None or not session.n_updates:
        return
    settings, n = TrainingSettings.of(session.config), session.n_updates
    steps = list(range(0, n, max(1, n // N_POINTS)))
    rates = ChartSeries("", steps, [settings.lr * factor(settings, step, n) for step in steps])
    summary = f"From {rates.y[0]:.3g} to {rates.y[-1]:.3g} in {n} updates: {settings.schedule}."
    yield Chart(ChartKind.LINE, "Learning rate", summary, [rates], "update", "learning rate")


def _caveats(session: Session) -> Iterator[Section]:
    """Yield what was not varied, which travels with each conclusion (S4.15, I9), and more."""
    state = session.state
    if not session.config:
        return
    space = state.decided("space")
    searched = set(Space.from_dict(space).dimensions) if space else set()
    held = [f"{n} = {v}" for n, v in session.config.items() if n not in searched]
    lines = [f"Every conclusion holds only for {', '.join(held)}."] if held else []
    passed = state.waivers.items()
    lines += [f"Gate {gate} was passed in spite of a problem: {why}." for gate, why in passed]
    overruled = [d for d in state.decisions if d["by"] == "person"]
    lines += [f"A person decided on {d['name']}: {_cell(d['value'])}." for d in overruled]
    yield Section("Caveats", lines)


def _timeline(session: Session) -> Iterator[Section]:
    rows = [
        (d["stage"], d["name"], str(_cell(d["value"]))[:200], d["reason"], d["by"])
        for d in session.state.decisions
        if d["name"] != "configuration"
    ]
    columns = ("stage", "decision", "value", "because", "by")
    if rows:
        yield Section("Decisions", tables=[SectionTable("", columns, rows)])
