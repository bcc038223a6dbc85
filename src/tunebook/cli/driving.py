"""Carrying a study on from the command line, and the exit code that says how it went."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from tunebook.cli.output import emit_json, say
from tunebook.records import StudyState, TrialEnded, TrialState

if TYPE_CHECKING:
    from tunebook.engine import Facts
    from tunebook.study import Study

DONE, FAILED, INTERRUPTED = 0, 1, 130


def carry_on(
    study: Study,
    *,
    workers: int,
    per_device: int,
    quiet: bool = False,
    as_json: bool = False,
    **options: Any,
) -> int:
    """Run the study until it is over or put down, and return the exit code.

    ``options`` are further ones of ``Study.run``.
    """
    before = study.facts.last_at
    was_over = study.facts.state.is_over
    progress = False if quiet else None
    study.run(workers=workers, per_device=per_device, progress=progress, **options)
    facts = study.facts
    if was_over and facts.last_at == before and not quiet:
        say(f"{study.name} is {facts.state} already: {facts.state_why}.")
        say(
            f"Raise a limit to go on, such as: tunebook resume {shlex.quote(study.name)} --trials N"
        )
    if facts.state is StudyState.FAILED:
        _tell_last_failure(study)
    elif not quiet:
        _tell_notices(facts, since=before)
    if as_json:
        from tunebook.cli.summary import summary_of

        emit_json(summary_of(study))
    return exit_code(facts.state, facts.state_why)


def _tell_notices(facts: Facts, *, since: float) -> None:
    notes = [
        (event.trial, event.notice)
        for event in facts.story
        if isinstance(event, TrialEnded) and event.notice and event.at > since
    ]
    if notes:
        trial, notice = notes[-1]
        more = f" (as {len(notes) - 1} more did)" if len(notes) > 1 else ""
        say(f"notice: in trial {trial}{more}, {notice}: its values count, see its log")


def exit_code(state: StudyState, why: str) -> int:
    """Return 0, 1 for a study that failed, 130 for one that was interrupted."""
    if state is StudyState.FAILED:
        return FAILED
    is_interrupted = state is StudyState.PAUSED and why.startswith("interrupted")
    return INTERRUPTED if is_interrupted else DONE


def _tell_last_failure(study: Study) -> None:
    failed = [trial for trial in study.trials if trial.state is TrialState.FAILED]
    if not failed or failed[-1].failure is None:
        return
    failure = failed[-1].failure
    told = failure.traceback or failure.log_tail
    if told:
        say(f"What trial {failed[-1].number} said:\n{told.rstrip()}")
