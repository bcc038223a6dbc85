"""Stage 5: the incumbent with several seeds, and what its error consists of (S2.10, S4.28)."""

from __future__ import annotations

from dataclasses import asdict, astuple
from functools import partial
from typing import Any

from tunebook.checks.decomposition import (
    Decomposition,
    Headline,
    SplitError,
    decompose,
    headline,
    judge_decomposition,
)
from tunebook.checks.looks.errors import (
    UPDATES_OF_ADAPTATION,
    adapt,
    as_error,
    measure_errors,
    unit_of,
)
from tunebook.errors import TaskError
from tunebook.guide.functions import study_of
from tunebook.guide.session import Measured, Session
from tunebook.playbook.adoption import N_SEEDS
from tunebook.recipes.loop import Training
from tunebook.records import Configuration
from tunebook.records.finding import Finding, Verdict, finding_of
from tunebook.space import Constant, Space
from tunebook.training.task import Split

N_TARGET, ADAPTATION_SHARE = 200, 0.2
"""Labelled target examples (S2.15), and the share of what is left that may be spent on them."""


def carry_out(session: Session) -> None:
    """Train the incumbent with five seeds, and decompose the error of the first."""
    n = session.n_updates
    session.require(5, "baseline", N_SEEDS * n)
    run = partial(retrained, session, session.config, with_rates=True)
    told = session.measure(5, "baseline", run)
    found = decomposition_of(session, told)
    if found is None:
        title = "The error of a training function is not decomposed."
        advice = "Describe the training as a task for that."
        notice = Finding("decomposition", Verdict.NOTICE, title, advice=advice, source="S2.10")
        session.find(5, notice)
        reason = "only the error of a task is decomposed"
        session.decide(5, "headline", Headline.NOTHING.value, reason)
        return
    session.find(5, judge_decomposition(found))
    head, text = headline(found)
    session.decide(5, "headline", head.value, text)
    if head is Headline.SHIFT:
        _offer_adaptation(session)


def _offer_adaptation(session: Session) -> None:
    """Measure what labelled examples of the test side would do, where there is budget (S2.15)."""
    n_target = min(N_TARGET, len(session.task.examples(Split.TEST_VAL)) // 2)
    n_updates = round(UPDATES_OF_ADAPTATION * session.n_updates)
    is_known = (5, "adaptation") in session.state.facts
    if not n_target or (not is_known and n_updates > ADAPTATION_SHARE * session.left):
        return

    def measured() -> Measured:
        limits = {"n_target": n_target, "n_updates": session.n_updates, "seed": session.seed}
        return asdict(adapt(session.task, session.config, **limits)), n_updates

    session.find(5, finding_of(session.measure(5, "adaptation", measured)))


def retrained(
    session: Session, config: dict[str, Any], *, n_seeds: int = N_SEEDS, with_rates: bool = False
) -> Measured:
    """Train with seeds after the guide's own; return their values (S4.28), keep the networks."""
    if session.file is not None:
        return _retrained_function(session, config, n_seeds)
    values, trained = list[float](), list[Training]()
    rates: dict[str, Any] | None = None
    for number in range(1, n_seeds + 1):
        training = Training(
            session.task, config, n_updates=session.n_updates, seed=session.seed + number
        )
        for _ in range(session.n_updates):
            training.update()
        values.append(training.evaluate(Split.TRAIN_VAL)[session.task.objective.metric])
        trained.append(training)
        if with_rates and number == 1:
            rates = {name: list(astuple(e)) for name, e in measure_errors(training).items()}
    session.trained[session.n_updates, Configuration(config)] = trained
    return {"values": values, "rates": rates}, n_seeds * session.n_updates


def _retrained_function(session: Session, config: dict[str, Any], n_seeds: int) -> Measured:
    """Train one configuration of a function with several seeds: studies of a single trial each."""
    assert session.file is not None
    known = [value for (stage, _), value in session.state.facts.items() if stage >= 5]
    values, spent = list[float](), 0
    for number in range(1, n_seeds + 1):
        study = study_of(
            session.file,
            f"{session.name}/seeds-{len(known)}-{number}",
            Space({name: Constant(value) for name, value in config.items()}),
            "random",
            home=session.home,
            workers=session.workers,
            trials=1,
            seed=session.seed + number,
        )
        spent += sum(trial.step for trial in study.trials)
        best = study.trials[0].value
        if best is None:
            raise TaskError(
                "The training has no value with another seed",
                got=study.trials[0].error,
                do="See why: tunebook show " + study.name,
            )
        values.append(best)
    return {"values": values, "rates": None}, spent


def decomposition_of(session: Session, told: dict[str, Any]) -> Decomposition | None:
    """Return the terms of the error of a recorded baseline, None where it has no errors."""
    rates = told["rates"]
    if rates is None:
        return None
    task, target = session.task, session.target
    # Version 0.1.0 wrote the names of splits with another dash.
    errors = {name.replace("_", "-"): SplitError(*error) for name, error in rates.items()}
    known = None if target is None else SplitError(as_error(task, target))
    return decompose(errors, known, unit=unit_of(task))


def errors_of(session: Session, values: list[float]) -> list[float]:
    """Return values of the metric so that lower is better."""
    return [session.task.objective.sign * value for value in values]
