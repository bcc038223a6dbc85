"""Does a training that cannot be looked into report its objective, and what would a study cost?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tunebook.analysis.forecast import duration, forecast
from tunebook.checks.check import Ability, Asked, Check, Conclusion, read
from tunebook.checks.experiments import Look, Train
from tunebook.checks.readings import NotFinite, Readings, Trained
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
    direction = tuple(_direction(described.objective))
    if isinstance(found, NotFinite):
        return Conclusion((*direction, _not_finite(described.objective.metric, found.at)))
    if not isinstance(found, Trained):
        return (training,)
    values = _values(described.objective.metric, found)
    return Conclusion((*direction, values, _cost(described, found)))


def _direction(objective: Objective) -> Iterator[Finding]:
    metric, usual = objective.metric, usual_direction(objective.metric)
    if usual is None:
        return
    wanted, value = f"{usual}: {metric}", f"{objective.direction}: {metric}"
    verdict, title, advice = Verdict.PASS, f"By its name one would {usual} {metric}", ""
    causes: tuple[str, ...] = ()
    if usual != objective.direction:
        verdict, causes = Verdict.PROBLEM, ("the direction of the objective is flipped",)
        title += ", and the study does the opposite"
        advice = f"Write {wanted}, unless it is meant"
    yield Finding("direction", verdict, title, value, wanted, causes, "", advice, source="S0.4")


def _not_finite(metric: str, at: int) -> Finding:
    title = f"{metric} is not a finite number at step {at} of the default configuration"
    causes = ("training diverges", "a division by zero or a logarithm of zero in the metric")
    advice = "Lower the default learning rate, or look at how the metric is computed"
    return _finding(Verdict.PROBLEM, title, "", "finite numbers", causes, advice)


def _values(metric: str, found: Trained) -> Finding:
    values = found.metrics.get(metric, ())
    reported, n = ", ".join(found.metrics) or "nothing", len(values)
    steps = f"{n} step{'s' * (n != 1)}"
    advice, causes = f"Report {metric} at the end of each step", tuple[str, ...]()
    if not values:
        verdict, title = Verdict.UNKNOWN, f"{metric} was not reported"
        if found.is_cut:
            title += " before the time for this check ended"
        else:
            verdict = Verdict.PROBLEM
            causes = (f"the objective names {metric}, which is not reported",)
        return _finding(verdict, title, f"reported: {reported}", metric, causes, advice)
    verdict, title, advice = Verdict.PASS, f"{metric} is reported at {steps}", ""
    if n < 3:
        verdict = Verdict.UNKNOWN
        title = f"{metric} is reported at {steps}: too few to see whether it changes"
    elif len(set(values)) == 1:
        verdict, title = Verdict.NOTICE, f"{metric} does not change over {n} steps"
        causes = ("the network does not learn", "the metric is not of what is trained")
        advice = "Look at whether the configuration reaches the optimizer"
    value = f"{metric} {', '.join(f'{v:.4g}' for v in values)}; reported: {reported}"
    return _finding(verdict, title, value, "finite values that change", causes, advice)


def _finding(
    verdict: Verdict, title: str, value: str, expected: str, causes: tuple[str, ...], advice: str
) -> Finding:
    return Finding(
        "first-trial", verdict, title, value, expected, causes, "", advice, source="S0.8"
    )


def _cost(described: Description, found: Trained) -> Finding:
    """Return what a step takes and what the budget comes to (S0.8)."""
    budget, max_steps = described.budget, described.max_steps
    start_s, *steps_s = found.seconds or (0.0,)
    step_s = steps_s[0] if steps_s else None
    foreseen = forecast(
        budget,
        DryRunMeasured(0.0, start_s, step_s, {}),
        max_steps=max_steps,
        n_slots=described.n_workers,
        starts_each_trial=described.starts_each_trial,
    )
    if foreseen is None or step_s is None:
        title, expected = "The time of a step is not known", "a step that ends in time"
        return Finding("cost", Verdict.UNKNOWN, title, expected=expected, source="S0.8")
    title = "How long a trial takes is not known: the file sets no max_steps"
    value, trial, total = f"a step {duration(step_s)}", duration(foreseen.trial_s), foreseen.total_s
    if max_steps:
        value += f"; a trial of {max_steps} steps {trial}"
        title = f"A trial takes about {trial}"
        if total is not None:
            title = f"The whole budget takes about {duration(total)}"
    deadline_s = budget.deadline_seconds
    return Finding(
        "cost",
        Verdict.PASS if max_steps and not foreseen.warning else Verdict.NOTICE,
        title,
        value,
        expected="" if deadline_s is None else f"at most {duration(deadline_s)}",
        advice=foreseen.warning or ("" if max_steps else "Set max_steps"),
        source="S0.8",
    )


CHECK = Check(
    name="first-trial",
    question="Does a short training report its objective, and what would the study cost?",
    rules=("S0.4", "S0.8"),
    ability=Ability.CAN_TRAIN,
    ask=ask,
    least=2,
    most=2,
    reads=(Description,),
)
