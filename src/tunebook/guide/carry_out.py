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
from tunebook.playbook.stages import STAGES, closed_gate
from tunebook.records import Value
from tunebook.records.finding import Finding, Verdict
from tunebook.study.study_file import StudyFile
from tunebook.training.task import Task

CARRY_OUT: Mapping[int, Callable[[Session], None]] = {
    0: define.carry_out,
    1: start_simple.carry_out,
    2: debug.carry_out,
    3: speed.carry_out,
    4: steps_and_rate.carry_out,
    5: evaluate.carry_out,
    6: explore.carry_out,
    7: exploit.carry_out,
    8: confirm.carry_out,
}
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
        """Refuse a budget with which nothing could be measured."""
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
    log = GuideLog(home / "guides" / name)
    session = Session(
        name=name,
        task=task,
        log=log,
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
                log.write("waiver", gate=check, reason=reason)
        if options.again is not None:
            log.write("stage", stage=options.again, state="again")
        for stage in STAGES[: options.until + 1]:
            _require_open(session, stage.number)
            _carry_out(session, stage.number)
    finally:
        write_guide_report(session)
        log.close()
    return session


def _begin(session: Session) -> None:
    known = session.state.begun
    wanted = {
        "task": session.task.reference or session.task.name,
        "seed": session.seed,
        "config": dict(session.given),
    }
    if known is None:
        session.log.write("begun", **wanted, budget=session.budget, target=session.target)
        return
    differing = [key for key, value in wanted.items() if known[key] != value]
    if differing:
        told = ", ".join(f"{key} was {known[key]}, is {wanted[key]}" for key in differing)
        raise InputError(
            f"There is a guide {session.name!r} already, and it is another one",
            got=told,
            do="Give this one another name with --name",
        )
    if session.target is None:
        session.target = known["target"]
    if (session.budget, session.target) != (known["budget"], known["target"]):
        session.log.write("begun", **wanted, budget=session.budget, target=session.target)


def _require_open(session: Session, number: int) -> None:
    """Refuse a stage behind a closed gate; what to do is said by the findings."""
    for earlier in range(number):
        closed = closed_gate(earlier, session.passed(earlier), session.waivers)
        if closed:
            findings = session.state.findings.get(earlier, [])
            told = "; ".join(f.title for f in findings if f.verdict.value == "problem")
            raise GateError(
                f"The gate of stage {earlier} ({STAGES[earlier].name}) is closed by "
                f"{', '.join(closed)}",
                got=told,
                do="Mend it and run the guide again with --again "
                f"{earlier}, or pass with a reason: --skip {closed[0]}='why'",
            )


def _carry_out(session: Session, number: int) -> None:
    if session.state.stages.get(number) == "done":
        return
    stage = STAGES[number]
    share = session.shares[number]
    paid = f", up to {share:,} of {session.left:,} updates left" if share else ""
    session.tell(f"stage {number}, {stage.name}: {stage.does}{paid}")
    if number not in session.state.stages:
        session.log.write("stage", stage=number, state="began")
    if session.file is not None and stage.needs_task and number > 0:
        _pass_over(session, number)
    else:
        CARRY_OUT[number](session)
    session.log.write("stage", stage=number, state="done")


def _pass_over(session: Session, number: int) -> None:
    """Leave out a stage that looks inside: of a function nothing is known but its steps."""
    told = "A training function cannot be looked into: this stage is left out."
    session.find(number, Finding("inside", Verdict.NOTICE, told, source="5.1"))
    assert session.file is not None
    assert session.task.space is not None
    if number == 1:
        default = dict(session.task.space.default(session.file.max_steps))
        session.adopt(1, default, "the middle of every range")
    if number == 4:
        session.decide(4, "n_updates", session.file.max_steps, "max_steps of the study file")


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
