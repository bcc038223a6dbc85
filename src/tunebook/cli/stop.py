"""``tunebook stop``: end a study or one of its trials politely, from another process."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from tunebook.cli.options import AsJson, StudyName
from tunebook.cli.output import emit_json, say
from tunebook.cli.place import Place, study_named
from tunebook.records import RequestObeyed, StudyState

if TYPE_CHECKING:
    from tunebook.study import Study

_POLL_S = 0.1
PENDING = "pending"


def stop(
    place: Place,
    study: StudyName,
    trial: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="End only this trial.")
    ] = None,
    wait: Annotated[
        float, typer.Option(metavar="S", min=0, help="Wait so many seconds for the answer.")
    ] = 30.0,
    as_json: AsJson = False,
) -> None:
    """End a running study, or one trial of it, politely.

    It ends at its next step, and every result is kept.
    """
    from tunebook.study.results import trial_of

    found = study_named(place, study)
    what = found.name
    if trial is not None:
        what = f"trial {trial_of(found.facts, trial).number} of {found.name}"
    is_driven = found.state is StudyState.RUNNING
    if trial is None and not is_driven:
        answer = f"nothing to do: the study is {found.state} already"
    else:
        kind, what_of = ("stop study", {}) if trial is None else ("stop trial", {"trial": trial})
        request = found.request(kind, what_of)
        answer = _answer(found, request, wait if is_driven else 0.0)
    if as_json:
        emit_json({"study": found.name, "trial": trial, "answer": answer})
    elif answer == PENDING:
        where = "when the study goes on" if not is_driven else "at the next chance"
        say(f"{what}: the request waits, and is obeyed {where}")
    else:
        say(f"{what}: {'stopped' if answer == 'done' else answer}")


def _answer(study: Study, request: int, wait_s: float) -> str:
    """Return the driver's answer to a request, ``pending`` if there is none in time."""
    until = time.monotonic() + wait_s
    while study.facts.last_request < request:
        if time.monotonic() >= until:
            return PENDING
        time.sleep(_POLL_S)
    answers = (
        event.answer
        for event in reversed(study.facts.story)
        if isinstance(event, RequestObeyed) and event.request == request
    )
    return next(answers, "done")
