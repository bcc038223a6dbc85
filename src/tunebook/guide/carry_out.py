"""The guide's loop: stage after stage, each behind the gates of those before it (5.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tunebook.errors import GateError, InputError
from tunebook.guide.functions import task_of
from tunebook.guide.log import GuideLog
from tunebook.guide.report import write_guide_report
from tunebook.guide.session import Ask, Session, agree
from tunebook.guide.stages import (
    confirm,
    debug,
    define,
    evaluate,
    exploit,
    explore,
    speed,
    start_simple,
    steps_and_rate,
)
from tunebook.playbook.stages import STAGES, Stage
from tunebook.records import Value
from tunebook.records.finding import Finding, Verdict
from tunebook.study.study_file import StudyFile
from tunebook.training.task import Task

CARRY_OUT = (
    define.carry_out,
    start_simple.carry_out,
    debug.carry_out,
    speed.carry_out,
    steps_and_rate.carry_out,
    evaluate.carry_out,
    explore.carry_out,
    exploit.carry_out,
    confirm.carry_out,
)
MIN_BUDGET = 2000
"""Updates below which no stage after the second could measure anything."""


@dataclass(frozen=True, slots=True)
class GuideOptions:
    """What is asked of a guide. ``budget`` are updates for everything, ``target`` a value.

    A guide of the same ``name`` goes on where it was. ``config`` are values to hold. ``skip`` are
    checks of gates to pass all the same, each with a reason; ``until`` is the last stage, ``again``
    one to repeat with those after it.
    """

    budget: int
    name: str | None = None
    seed: int = 0
    workers: int = 1
    target: float | None = None
    config: Mapping[str, Value] = field(default_factory=dict)
    skip: Mapping[str, str] = field(default_factory=dict)
    until: int = 8
    again: int | None = None

    def __post_init__(self) -> None:
        """Refuse a budget that measures nothing, and gates passed without a reason (S4.1)."""
        silent = [gate for gate, reason in self.skip.items() if not reason.strip()]
        if silent:
            raise InputError("A gate is passed with a reason", got=f"none for {', '.join(silent)}")
        if self.budget < MIN_BUDGET:
            raise InputError(
                "This budget is too small for a guide",
                got=f"{self.budget} updates",
                expected=f"{MIN_BUDGET} or more",
                do="Use tunebook check, or tune a few values yourself",
            )


def guide(
    task: Task | StudyFile,
    options: GuideOptions,
    *,
    home: Path,
    ask: Ask = agree,
    tell: Callable[[str], None] = lambda line: None,
) -> Session:
    """Carry the playbook out for a task, and return the session; its log is closed then.

    For a study file, of a function or a script, the stages that look inside are left out.
    ``GateError`` when a gate is closed, ``BudgetError`` when a stage cannot be paid for: what was
    measured is kept, and the report written.
    """
    file = task if isinstance(task, StudyFile) else None
    task = task_of(task) if isinstance(task, StudyFile) else task
    name = options.name or task.name
    session = Session(
        name=name,
        task=task,
        log=GuideLog(home / "guides" / name),
        home=home,
        budget=options.budget,
        seed=options.seed,
        workers=options.workers,
        target=options.target,
        given=options.config,
        ask_person=ask,
        tell=tell,
        file=file,
    )
    try:
        _begin(session)
        for check, reason in options.skip.items():
            if check not in session.state.waivers:
                session.log.write("waiver", gate=check, reason=reason)
        if options.again is not None:
            session.log.write("stage", stage=options.again, state="again")
        for stage in STAGES[: options.until + 1]:
            _require_open(session, stage)
            if session.state.stages.get(stage.number) != "done":
                _carry_out(session, stage)
    finally:
        write_guide_report(session)
        session.log.close()
    return session


def _begin(session: Session) -> None:
    known, task = session.state.begun, session.task.reference or session.task.name
    asked = {"task": task, "seed": session.seed, "config": dict(session.given)}
    if known is not None:
        differing = [key for key, value in asked.items() if known[key] != value]
        if differing:
            raise InputError(
                f"There is a guide {session.name!r} already, and it is another one",
                got=", ".join(f"{key} was {known[key]}, is {asked[key]}" for key in differing),
                do="Give this one another name with --name",
            )
        if session.target is None:
            session.target = known["target"]
    means = {"budget": session.budget, "target": session.target}
    if known is None or any(known[key] != value for key, value in means.items()):
        session.log.write("begun", **asked, **means)


def _require_open(session: Session, stage: Stage) -> None:
    """Refuse a stage behind a closed gate; what to do is said by the findings."""
    for earlier in STAGES[: stage.number]:
        number = earlier.number
        closed, problems = session.closing(number), session.problems(number)
        if closed:
            raise GateError(
                f"The gate of stage {number} ({earlier.name}) is closed by {', '.join(closed)}",
                got="; ".join(problem.title for problem in problems),
                do="Mend it and run the guide again with --again "
                f"{number}, or pass with a reason: --skip {closed[0]}='why'",
            )


def _carry_out(session: Session, stage: Stage) -> None:
    number = stage.number
    share = session.shares[number]
    paid = f", up to {share:,} of {session.left:,} updates left" if share else ""
    session.tell(f"stage {number}, {stage.name}: {stage.does}{paid}")
    if number not in session.state.stages:
        session.log.write("stage", stage=number, state="began")
    if session.file is not None and stage.needs_task:
        _pass_over(session, session.file, number)
    else:
        CARRY_OUT[number](session)
    session.log.write("stage", stage=number, state="done")


def _pass_over(session: Session, file: StudyFile, number: int) -> None:
    """Leave out a stage that looks inside: of a function nothing is known but its steps."""
    told = "A training function cannot be looked into: this stage is left out."
    session.find(number, Finding("inside", Verdict.NOTICE, told, source="5.1"))
    if number == 1:
        assert session.task.space is not None
        default = dict(session.task.space.default(file.max_steps))
        session.adopt(1, default, "the middle of every range")
    if number == 4:
        session.decide(4, "n_updates", file.max_steps, "max_steps of the study file")


def outcome(session: Session) -> dict[str, Any]:
    """Return what a guide came to, as JSON."""
    state = session.state
    return {
        "name": session.name,
        "configuration": session.config,
        "n_updates": session.n_updates,
        "spent": state.updates_spent,
        "budget": session.budget,
        "stages": {str(n): told for n, told in state.stages.items()},
        "launches": state.launches,
        "test": state.facts.get((8, "test"), {}).get("values"),
        "validation": state.facts.get((8, "candidate"), {}).get("values"),
        "waivers": state.waivers,
    }
