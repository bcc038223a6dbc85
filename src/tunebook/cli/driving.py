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
    workers: int | None = None,
    per_device: int | None = None,
    quiet: bool = False,
    as_json: bool = False,
    **options: Any,
) -> int:
    """Run the study and return the exit code; ``workers`` None is as its description says."""
    options["workers"] = study.spec.workers if workers is None else workers
    options["per_device"] = study.spec.per_device if per_device is None else per_device
    before = study.facts.last_at
    was_over = study.facts.state.is_over
    study.run(progress=False if quiet else None, **options)
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
    ends = [e for e in facts.story if isinstance(e, TrialEnded) and e.notice and e.at > since]
    if ends:
        last, n_more = ends[-1], len(ends) - 1
        more = f" (as {n_more} more did)" if n_more else ""
        say(f"notice: in trial {last.trial}{more}, {last.notice}: its values count, see its log")


def exit_code(state: StudyState, why: str) -> int:
    """Return 0, 1 for a study that failed, 130 for one that was interrupted."""
    if state is StudyState.FAILED:
        return FAILED
    is_interrupted = state is StudyState.PAUSED and why.startswith("interrupted")
    return INTERRUPTED if is_interrupted else DONE


def _tell_last_failure(study: Study) -> None:
    trial = next((t for t in reversed(study.trials) if t.state is TrialState.FAILED), None)
    failure = None if trial is None else trial.failure
    told = "" if failure is None else failure.traceback or failure.log_tail
    if trial is not None and told:
        say(f"What trial {trial.number} said:\n{told.rstrip()}")
