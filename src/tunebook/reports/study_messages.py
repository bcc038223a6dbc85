"""Messages about a study as a whole, made from its facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tunebook.analysis.forecast import forecast_of
from tunebook.engine import Facts
from tunebook.engine.retention import best_checkpoint
from tunebook.playbook.conditions import conditions_of_study
from tunebook.records import (
    CheckpointRef,
    Request,
    RequestObeyed,
    StudySpec,
    StudyState,
    TaskKind,
    Trial,
    TrialState,
)
from tunebook.records.measurement import is_of_class, thinned
from tunebook.reports.lights import Judgement, judged
from tunebook.reports.messages import (
    BestMessage,
    ForecastMessage,
    IncumbentMessage,
    LimitMessage,
    ParameterMessage,
    RequestMessage,
    Scalar,
    StudyMessage,
    StudyRow,
)
from tunebook.space import Bool, Choice, Constant, Float, Int, Parameter, Space
from tunebook.space.describe import describe_parameter
from tunebook.stopping.limits import limit_uses, seconds_left

NOT_ADAPTIVE = frozenset({"random", "halton", "grid"})
"""Searchers that do not look at values: their axis plots need no warning (I6)."""

N_SMALL_CURVE = 60

_UNITS = {
    "trials": "trials",
    "steps": "steps",
    "hours": "h",
    "cost": "",
    "patience": "trials",
    "max_failures": "trials",
}


def study_row(facts: Facts, now: float, *, is_live: bool) -> StudyRow:
    """Return a study's line in the list of studies."""
    best = facts.best
    curve = [point.value for point in incumbents(facts)]
    return StudyRow(
        name=facts.known_spec.name,
        state=state_shown(facts, is_live=is_live),
        why=facts.state_why,
        objective=facts.known_spec.objective,
        n_trials=len(facts.trials),
        best_value=None if best is None else best.value,
        best_trial=None if best is None else best.number,
        created_at=facts.created_at,
        updated_at=facts.last_at,
        budget=_limits(facts, now),
        incumbent=thinned(curve, N_SMALL_CURVE),
    )


def study_message(
    facts: Facts,
    seq: int,
    now: float,
    *,
    is_live: bool,
    path_of: Callable[[CheckpointRef], str],
    requests: Sequence[Request] = (),
    judgement: Judgement | None = None,
) -> StudyMessage:
    """Return everything about a study but its trials and curves.

    ``path_of`` says where a checkpoint lies; ``requests`` are those that wait to be obeyed,
    perhaps with some that were.
    ``judgement`` is given by who knows it already: it takes the whole study to make.
    """
    judgement = judgement or judged(facts, seq)
    spec, space = facts.known_spec, Space.from_dict(facts.space)
    progress = facts.progress(now)
    metrics = {metric for trial in facts.trials for metric in trial.curves}
    search = {name: _scalar(value) for name, value in spec.search.items()}
    return StudyMessage(
        seq=seq,
        name=spec.name,
        state=state_shown(facts, is_live=is_live),
        why=facts.state_why,
        limit=facts.limit,
        is_live=is_live,
        objective=facts.known_spec.objective,
        search=search,
        is_adaptive=search.get("name") not in NOT_ADAPTIVE,
        max_steps=spec.max_steps,
        space=[parameter_message(name, p) for name, p in space.parameters.items()],
        constraints=list(space.constraints),
        budget=_limits(facts, now),
        target=facts.budget.target,
        spent=judgement.spent,
        counts=Counter(str(trial.state) for trial in facts.trials),
        best=_best(facts, path_of),
        incumbent=incumbents(facts),
        forecast=_forecast(facts, now, is_live=is_live),
        findings=judgement.findings,
        findings_seq=judgement.seq,
        lights=judgement.lights,
        requests=_requests(requests, facts),
        metrics=sorted(metrics, key=lambda name: (is_of_class(name, metrics), name)),
        notes=facts.notes,
        environment={name: _scalar(value) for name, value in spec.environment.items()},
        fixed={name: _scalar(value) for name, value in fixed_values(spec).items()},
        conditions={name: _scalar(value) for name, value in conditions_to_rank(facts).items()},
        n_steps=sum(_steps_given(trial, spec.max_steps) for trial in facts.trials),
        created_at=facts.created_at,
        updated_at=facts.last_at,
        active_s=progress.active_s,
        cost=progress.cost,
    )


def fixed_values(spec: StudySpec) -> Mapping[str, Any]:
    """Return the values that all trials of a recipe have in common; {} for any other study."""
    options = spec.task.options if spec.task.kind is TaskKind.RECIPE else {}
    return {**options.get("defaults", {}), **options.get("fixed", {})}


def conditions_to_rank(facts: Facts) -> Mapping[str, Any]:
    """Return what must agree between studies that are ordered, without what a search may vary."""
    spec = facts.known_spec
    if spec.task.kind is not TaskKind.RECIPE:
        return {"data": spec.environment.get("data")}
    best = {} if facts.best is None else facts.best.config
    found = conditions_of_study(spec, {**fixed_values(spec), **best})
    return {k: v for k, v in found.items() if k not in {"batch_size", "optimizer", "resolution"}}


def _steps_given(trial: Trial, max_steps: int | None) -> int:
    """Return a trial's steps; one that diverged was given all of its own, and was cut short."""
    is_cut = trial.state is TrialState.INFEASIBLE and trial.parent is None
    return max(trial.steps_done, max_steps or 0) if is_cut else trial.steps_done


def state_shown(facts: Facts, *, is_live: bool) -> str:
    """Return the study's state: one that runs without a driver is paused, for it can go on."""
    if facts.state is StudyState.RUNNING and not is_live:
        return str(StudyState.PAUSED)
    return str(facts.state)


def incumbents(facts: Facts) -> list[IncumbentMessage]:
    """Return each new best value among the trials that ended, in the order of their ends."""
    objective = facts.known_spec.objective
    ended = sorted(
        (trial for trial in facts.trials if trial.ended_at is not None),
        key=lambda trial: (trial.ended_at or 0.0, trial.number),
    )
    found: list[IncumbentMessage] = []
    steps, cost, begin = 0, 0.0, facts.created_at
    best: float | None = None
    for n, trial in enumerate(ended, start=1):
        steps += trial.steps_done
        cost += trial.cost or 0.0
        if trial.value is not None and objective.is_better(trial.value, best):
            best = trial.value
            found.append(
                IncumbentMessage(
                    trial=trial.number,
                    value=best,
                    at=trial.ended_at or 0.0,
                    n_trials=n,
                    steps=steps,
                    seconds=(trial.ended_at or begin) - begin,
                    cost=cost if facts.budget.price_per_hour is not None else None,
                )
            )
    return found


def parameter_message(name: str, parameter: Parameter) -> ParameterMessage:
    """Return what a page needs to know to draw a parameter."""
    low = high = None
    scale, values = "choice", list[Scalar]()
    match parameter:
        case Float() | Int():
            low, high = float(parameter.low), float(parameter.high)
            scale = "1-x" if parameter.log == "1-x" else "log" if parameter.log else "linear"
        case Choice():
            values = list(parameter.values)
        case Bool():
            values = [False, True]
        case Constant():
            values = [parameter.value]
    when = getattr(parameter, "when", None)
    return ParameterMessage(
        name=name,
        scale=scale,
        low=low,
        high=high,
        values=values,
        is_ordered=isinstance(parameter, Choice) and parameter.ordered,
        role=getattr(parameter, "role", None),
        kind=getattr(parameter, "kind", None),
        condition=_condition(when) if when else None,
        text=describe_parameter(parameter),
    )


def _condition(when: Mapping[str, Any]) -> str:
    clauses = []
    for parent, wanted in when.items():
        values = wanted if isinstance(wanted, tuple) else (wanted,)
        clauses.append(f"{parent} is {' or '.join(map(str, values))}")
    return "when " + " and ".join(clauses)


def _scalar(value: object) -> Scalar:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {inner}" for name, inner in value.items())
    return str(value)


def _limits(facts: Facts, now: float) -> list[LimitMessage]:
    return [
        LimitMessage(use.name, use.used, use.limit, _UNITS[use.name])
        for use in limit_uses(facts.progress(now))
    ]


def _best(facts: Facts, path_of: Callable[[CheckpointRef], str]) -> BestMessage | None:
    trial = facts.best
    if trial is None or trial.value is None:
        return None
    ref = best_checkpoint(facts, trial)
    return BestMessage(
        trial=trial.number,
        value=trial.value,
        step=trial.best_step or trial.step,
        config=dict(trial.config),
        checkpoint=None if ref is None else path_of(ref),
    )


def _forecast(facts: Facts, now: float, *, is_live: bool) -> ForecastMessage | None:
    spec = facts.known_spec
    expected = forecast_of(spec, facts.budget, facts.dry_run, facts.n_slots)
    total_s = None if expected is None else expected.total_s
    left_s = None
    if is_live:
        progress = facts.progress(now)
        running = [facts.trials[n] for n, attempt in facts.attempts.items() if not attempt.is_held]
        shares = (min(1.0, trial.step / spec.max_steps) for trial in running if spec.max_steps)
        trained = progress.n_finished + sum(shares)
        left_s = seconds_left(progress, trials_trained=trained, total_s=total_s)
    if expected is None and left_s is None:
        return None
    cost, warning = (None, None) if expected is None else (expected.cost, expected.warning)
    return ForecastMessage(total_s, cost, left_s, warning)


def _requests(requests: Sequence[Request], facts: Facts) -> list[RequestMessage]:
    answers = {e.request: e.answer for e in facts.story if isinstance(e, RequestObeyed)}
    return [
        RequestMessage(
            id=request.id,
            kind=request.kind,
            body={name: _scalar(value) for name, value in request.body.items()},
            answer=answers.get(request.id, "done") if request.id <= facts.last_request else None,
        )
        for request in requests
    ]
