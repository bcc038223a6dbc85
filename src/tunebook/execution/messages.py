"""The words between the driver and its workers, as JSON objects."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tunebook.engine.commands import Launch
from tunebook.execution.wire import Message
from tunebook.records import (
    CheckpointRef,
    Configuration,
    Event,
    Series,
    TrialReported,
    TrialState,
)
from tunebook.storage.encoding import decode, encode, fields_of, objective_of
from tunebook.training import Answer, Assignment, Leave, Proceed


def launch_order(launch: Launch) -> Message:
    """Write an order to train."""
    checkpoints = [fields_of(ref) for ref in launch.checkpoints]
    body = {**fields_of(launch), "config": dict(launch.config), "checkpoints": checkpoints}
    return {"launch": body}


def launch_in(order: Message) -> Launch | None:
    """Read an order to train, None if it is another order."""
    body: dict[str, Any] | None = order.get("launch")
    if body is None:
        return None
    refs = tuple(CheckpointRef(**ref) for ref in body["checkpoints"])
    return Launch(**(body | {"config": Configuration(body["config"]), "checkpoints": refs}))


def assignment_order(assignment: Assignment, checkpoints: str | None) -> Message:
    """Write an order to train to a script; ``checkpoints`` is their address, None keeps none."""
    body = fields_of(assignment) | {
        "objective": fields_of(assignment.objective),
        "directory": str(assignment.directory),
    }
    del body["launch"]
    return {**launch_order(assignment.launch), "assignment": body, "checkpoints": checkpoints}


def assignment_in(order: Message) -> tuple[Assignment, str | None] | None:
    """Read an order to a script and the address of checkpoints, None if it is another order."""
    launch = launch_in(order)
    if launch is None:
        return None
    body = dict(order["assignment"])
    body |= {"objective": objective_of(body["objective"]), "directory": Path(body["directory"])}
    return Assignment(launch=launch, **body), order["checkpoints"]


def answer_order(answer: Answer) -> Message:
    """Write the answer to the end of a slice."""
    if isinstance(answer, Proceed):
        return {"proceed": answer.until_step}
    return {"leave": answer.is_kept}


def answer_in(order: Message) -> Answer | None:
    """Read the answer to the end of a slice, None if it is another order."""
    if "proceed" in order:
        return Proceed(order["proceed"])
    return Leave(order["leave"]) if "leave" in order else None


def halt_order(outcome: TrialState) -> Message:
    """Write an order to end at the next step."""
    return {"halt": str(outcome)}


def halt_in(order: Message) -> TrialState | None:
    """Read an order to end at the next step, None if it is another order."""
    return TrialState(order["halt"]) if "halt" in order else None


def write_events(events: Sequence[Event]) -> list[Any]:
    """Write events as JSON values."""
    return [_write(event) for event in events]


def read_events(written: Sequence[Any]) -> list[Event]:
    """Return the events that ``write_events`` wrote."""
    return [_read(*values) for values in written]


def _write(event: Event) -> list[Any]:
    kind, trial, body = encode(event)
    if not isinstance(event, TrialReported):
        return [kind, event.at, trial, body, None]
    columns = {
        metric: [series.steps.tolist(), series.values.tolist(), series.seconds.tolist()]
        for metric, series in event.series.items()
    }
    return [kind, event.at, trial, body, columns]


def _read(kind: str, at: float, trial: int, body: str, columns: dict[str, Any] | None) -> Event:
    event = decode(kind, at, trial, body)
    if columns is None or not isinstance(event, TrialReported):
        return event
    series = {
        metric: Series(array("q", steps), array("d", values), array("d", seconds))
        for metric, (steps, values, seconds) in columns.items()
    }
    return replace(event, series=series)
