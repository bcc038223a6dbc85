"""Does a training that cannot be looked into report its objective, and what would a study cost?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from tunebook.analysis.forecast import duration, forecast
from tunebook.checks.check import Ability, Asked, Check, Conclusion, read
from tunebook.checks.experiments import Look, Train
from tunebook.checks.readings import NotFinite, OutOfMemory, Raised, Readings, Trained
from tunebook.execution.readings import usual_direction
from tunebook.records import Budget, Configuration, DryRunMeasured, Objective
from tunebook.records.finding import Finding, Verdict

DESCRIPTION, N_STEPS = "description", 5
"""A few steps: the first also builds and loads, and two others tell whether values change."""


@dataclass(frozen=True, slots=True)
class Description:
    """What a study file says of a training that can only be trained. Its steps are updates."""

    objective: Objective
    budget: Budget
    max_steps: int | None
    n_workers: int
    starts_each_trial: bool


def ask(config: Configuration, length: int, readings: Readings) -> Asked:
    """Train a few steps of the default configuration, and judge what came back."""
    look = Look(DESCRIPTION, config)
    described = read(readings, look, Description)
    if described is None:
        return (look,)
    training = Train(config, min(N_STEPS, described.max_steps or N_STEPS))
    found = readings.get(training)
    if found is None:
        return (training,)
    return Conclusion((*_direction(described.objective), *_judged(described, training, found)))


def _direction(objective: Objective) -> Iterator[Finding]:
    usual = usual_direction(objective.metric)
    if usual is not None:
        is_odd = usual != objective.direction
        yield Finding(
            "direction",
            Verdict.PROBLEM if is_odd else Verdict.PASS,
            f"By its name one would {usual} {objective.metric}"
            + (", and the study does the opposite" if is_odd else ""),
            value=f"{objective.direction}: {objective.metric}",
            expected=f"{usual}: {objective.metric}",
            causes=("the direction of the objective is flipped",) if is_odd else (),
            advice=f"Write {usual}: {objective.metric}, unless it is meant" if is_odd else "",
            source="S0.4",
        )


def _judged(described: Description, training: Train, found: object) -> Iterator[Finding]:
    metric = described.objective.metric
    if isinstance(found, Raised | OutOfMemory):
        yield _finding(
            Verdict.PROBLEM,
            f"{found.part} ended with an error",
            value=found.told,
            expected=f"{training.updates} steps that report {metric}",
            causes=("memory ran out",) if isinstance(found, OutOfMemory) else (),
            advice="Fix what the message says, and check again",
            items=found.where,
        )
        return
    if isinstance(found, NotFinite):
        yield _finding(
            Verdict.PROBLEM,
            f"{metric} is not a finite number at step {found.at} of the default configuration",
            expected="finite numbers",
            causes=("training diverges", "a division by zero or a logarithm of zero in the metric"),
            advice="Lower the default learning rate, or look at how the metric is computed",
        )
        return
    assert isinstance(found, Trained)
    yield from _values(described, training, found)
    yield _cost(described, found)


def _values(described: Description, training: Train, found: Trained) -> Iterator[Finding]:
    metric, values = described.objective.metric, found.metrics.get(described.objective.metric, ())
    others = ", ".join(name for name in found.metrics if name != metric)
    if not values:
        yield _finding(
            Verdict.UNKNOWN if found.is_cut else Verdict.PROBLEM,
            f"{metric} was not reported"
            + (" before the time for this check ended" if found.is_cut else ""),
            value=f"reported: {others or 'nothing'}",
            expected=metric,
            causes=()
            if found.is_cut
            else (f"the objective names {metric}, which is not reported",),
            advice=f"Report {metric} at the end of each step",
        )
        return
    is_still = len(values) > 2 and len(set(values)) == 1
    few = len(values) < 3
    title = f"{metric} is reported at {len(values)} step{'s' * (len(values) > 1)}"
    if is_still:
        title = f"{metric} does not change over {len(values)} steps"
    yield _finding(
        Verdict.NOTICE if is_still else Verdict.UNKNOWN if few else Verdict.PASS,
        title + (": too few to see whether it changes" if few else ""),
        value=f"{metric} {', '.join(f'{v:.4g}' for v in values)}",
        expected="finite values that change from step to step",
        causes=("the network does not learn", "the metric is not of what is trained")
        if is_still
        else (),
        advice="Look at whether the configuration reaches the optimizer" if is_still else "",
        items=(f"also reported: {others}",) if others else (),
    )


def _cost(described: Description, found: Trained) -> Finding:
    """Return what a step takes and what the budget comes to (S0.8)."""
    budget, start_s, steps_s = described.budget, *_times(found)
    foreseen = steps_s is not None and forecast(
        budget,
        DryRunMeasured(0.0, start_s, steps_s, {}),
        max_steps=described.max_steps,
        n_slots=described.n_workers,
        starts_each_trial=described.starts_each_trial,
    )
    if not foreseen or steps_s is None:
        title, expected = "The time of a step is not known", "a step that ends in time"
        return Finding("cost", Verdict.UNKNOWN, title, expected=expected, source="S0.8")
    total, steps = foreseen.total_s, described.max_steps
    title = "How long a trial takes is not known: the file sets no max_steps"
    if steps:
        what, seconds = ("A trial", foreseen.trial_s)
        if total is not None:
            what, seconds = "The whole budget", total
        title = f"{what} takes about {duration(seconds)}"
    of_trial = [f"a trial of {steps} steps {duration(foreseen.trial_s)}"] if steps else []
    deadline_s = budget.deadline_seconds
    return Finding(
        "cost",
        Verdict.PASS if steps and not foreseen.warning else Verdict.NOTICE,
        title,
        value="; ".join([f"a step {duration(steps_s)}", *of_trial]),
        expected="" if deadline_s is None else f"at most {duration(deadline_s)}",
        advice=foreseen.warning or ("" if steps else "Set max_steps"),
        source="S0.8",
    )


def _times(found: Trained) -> tuple[float, float | None]:
    """Return the seconds of the start and of a step: the first one also builds and loads."""
    start_s, *steps = found.seconds or (0.0,)
    later = steps[1:] or steps
    return start_s, math.fsum(later) / len(later) if later else None


def _finding(verdict: Verdict, title: str, **fields: str | tuple[str, ...]) -> Finding:
    return Finding("first-trial", verdict, title, source="S0.8", **fields)  # type: ignore[arg-type]  # fields of a finding


CHECK = Check(
    name="first-trial",
    question="Does a short training report its objective, and what would the study cost?",
    rules=("S0.4", "S0.8"),
    ability=Ability.CAN_TRAIN,
    ask=ask,
    least=2,
    most=2,
    reads=(Description,),
    copes=True,
)
