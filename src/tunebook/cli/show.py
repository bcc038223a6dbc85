"""``tunebook show``: a study at a glance, one of its trials, or the study file it stands for."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tunebook.cli.options import AsJson, StudyName
from tunebook.cli.output import emit, emit_json, is_unicode
from tunebook.cli.place import Place, study_named
from tunebook.records.measurement import BATCH, CLASS, is_of_class

if TYPE_CHECKING:
    from tunebook.records import Trial
    from tunebook.study import Study

_MAX_SHOWN = 8
_MARKS = {"problem": "!", "notice": "-", "pass": "+"}


def show(
    place: Place,
    study: StudyName,
    trial: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Show this trial in full.")
    ] = None,
    as_yaml: Annotated[
        bool, typer.Option("--yaml", help="Print the study file that 'tunebook run' takes.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show a study: state, budget, best trial, findings."""
    from tunebook.cli.summary import summary_of

    found = study_named(place, study)
    if as_yaml:
        from tunebook.study.study_file import file_of, to_yaml

        emit(to_yaml(file_of(found.facts)).rstrip("\n"))
    elif trial is not None:
        _show_trial(found, trial, as_json=as_json)
    elif as_json:
        emit_json(summary_of(found))
    else:
        emit(*_lines(found, summary_of(found)))


def _lines(study: Study, told: dict[str, Any]) -> Iterator[str]:
    from tunebook.live.appearance import counts_text
    from tunebook.space.describe import describe_parameter
    from tunebook.study.notices import notices

    objective = told["objective"]
    why = f": {told['why'].rstrip('.')}" if told["why"] else ""
    yield f"{told['name']} is {told['state']}{why}"
    yield (
        f"{objective['direction']} {objective['metric']} ({objective['reduce']}), "
        f"search {told['search'].get('name')}, seed {told['seed']}"
    )
    yield f"trains {told['task']['reference'] or 'what is asked for and told'}"
    yield from notices(study.facts, study.spec.workers)
    if told["notes"]:
        yield told["notes"]
    yield ""
    yield f"trials: {counts_text(told['trials']) or 'none yet'}"
    budget = told["budget"]
    for name, limit in budget["limits"].items():
        if name in budget["left"]:
            yield _limit_line(name, budget["used"][name], limit)
    yield ""
    yield "space:"
    width = max(map(len, study.space.names))
    for name, parameter in study.space.parameters.items():
        yield f"  {name:<{width}}  {describe_parameter(parameter)}"
    yield from (f"  {rule}" for rule in study.space.constraints)
    if told["best"] is not None:
        yield ""
        yield from _best_lines(study, told["best"])
    yield from _finding_lines(told["findings"])
    if told["state"] == "paused":
        yield ""
        yield f"go on: tunebook resume {shlex.quote(told['name'])}"


def _limit_line(name: str, used: float, limit: float) -> str:
    from tunebook.analysis.forecast import duration

    if name == "hours":
        return f"time: {duration(used * 3600)} of {duration(limit * 3600)} used"
    label = "failures" if name == "max_failures" else name
    shown = f"{used:.2f}" if name == "cost" else f"{used:,.0f}"
    return f"{label}: {shown} of {limit:,g} used"


def _best_lines(study: Study, best: dict[str, Any]) -> Iterator[str]:
    from tunebook.live.appearance import short

    metric = study.spec.objective.metric
    yield f"best {metric}: {best['value']:.6g}, trial {best['number']}, step {best['step']}"
    yield "  " + ", ".join(f"{name}={short(value)}" for name, value in best["config"].items())
    if best["checkpoint"] is not None:
        yield f"  checkpoint {best['checkpoint']}"
    yield from curve_lines(study.trials[best["number"]], metric)
    yield from class_lines(study.trials[best["number"]])


def _finding_lines(findings: list[Any]) -> Iterator[str]:
    if findings:
        yield ""
        yield "findings:"
    for finding in findings:
        yield f"  {_MARKS[finding.level]} {finding.title}. {finding.evidence}"
        if finding.advice and finding.level != "pass":
            yield f"    {finding.advice}"


def curve_lines(trial: Trial, metric: str) -> list[str]:
    """Return a trial's curve of a metric as a small chart; none for less than two points."""
    from tunebook.cli.chart import chart

    curve = trial.curves.get(metric)
    if curve is None or len(curve) < 2:
        return []
    unit = "update" if metric.endswith(BATCH) else "step"
    return chart(curve.steps, curve.values, is_ascii=not is_unicode(), unit=unit)


def class_lines(trial: Trial) -> Iterator[str]:
    """Yield a line for each metric of single classes: its last values, the lowest first."""
    names = [name for name in trial.curves if is_of_class(name, trial.curves)]
    for whole in sorted({name.partition(CLASS)[0] for name in names}):
        own = [name for name in names if name.startswith(whole + CLASS)]
        last = sorted((trial.curves[n].values[-1], n.removeprefix(whole + CLASS)) for n in own)
        shown = ", ".join(f"{label} {value:.4g}" for value, label in last[:_MAX_SHOWN])
        more = f" and {len(last) - _MAX_SHOWN} more" if len(last) > _MAX_SHOWN else ""
        yield f"{whole} of single classes: {shown}{more}"


def _show_trial(study: Study, number: int, *, as_json: bool) -> None:
    from tunebook.study.results import trial_of, trial_row

    trial = trial_of(study.facts, number)
    if as_json:
        emit_json(trial_row(trial))
        return
    emit(study.explain(number), *(f"  {name} = {v}" for name, v in trial.config.items()))
    for metric in sorted(m for m in trial.curves if not is_of_class(m, trial.curves)):
        emit("", metric, *curve_lines(trial, metric))
    emit(*class_lines(trial))
    failure = trial.failure
    if failure is not None:
        emit(f"\n{failure.kind}: {failure.message}")
        for told in filter(None, (failure.traceback, failure.log_tail)):
            emit(told.rstrip())
    emit(f"\nlog: {study.log_of(number)}")
