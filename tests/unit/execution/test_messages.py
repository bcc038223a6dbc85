"""Orders and events survive the way between driver and worker."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from tunebook.execution.messages import (
    answer_in,
    answer_order,
    halt_in,
    halt_order,
    launch_in,
    launch_order,
    read_events,
    write_events,
)
from tunebook.records import (
    CheckpointRef,
    CheckpointRejected,
    Configuration,
    Event,
    Failure,
    FailureKind,
    Series,
    TrialBegan,
    TrialCheckpointed,
    TrialEnded,
    TrialFailed,
    TrialNumber,
    TrialReached,
    TrialReported,
    TrialState,
)
from tunebook.testing.training import sample_launch
from tunebook.training import Answer, Leave, Proceed

REF = CheckpointRef(TrialNumber(3), 4, "a" * 32, 17)
CONFIG = Configuration({"lr": 1e-5, "opt": "sgd", "nesterov": True, "depth": 3, "extra": None})
ORDERS = [
    launch_order(sample_launch()),
    answer_order(Leave(is_kept=True)),
    halt_order(TrialState.STOPPED),
]


def sent(value: Any) -> Any:
    return json.loads(json.dumps(value))


@pytest.mark.parametrize(
    "launch",
    [
        sample_launch(config=CONFIG),
        sample_launch(until_step=None, max_steps=None),
        sample_launch(checkpoints=(REF, REF), seconds=2.5, is_clone=True, max_new_steps=3),
    ],
)
def test_launch_survives_the_way(launch: Any) -> None:
    assert launch_in(sent(launch_order(launch))) == launch


@pytest.mark.parametrize("answer", [Proceed(5), Proceed(None), Leave(True), Leave(False)])
def test_answer_survives_the_way(answer: Answer) -> None:
    assert answer_in(sent(answer_order(answer))) == answer


@pytest.mark.parametrize("outcome", [TrialState.PAUSED, TrialState.STOPPED, TrialState.CANCELLED])
def test_halt_survives_the_way(outcome: TrialState) -> None:
    assert halt_in(sent(halt_order(outcome))) is outcome


@pytest.mark.parametrize("read", [launch_in, answer_in, halt_in])
def test_each_order_is_read_by_one_reader_only(read: Any) -> None:
    assert sum(read(sent(order)) is not None for order in ORDERS) == 1


@pytest.mark.parametrize(
    "event",
    [
        TrialBegan(1.5, TrialNumber(3), 4, "cuda:1"),
        TrialReported(
            1.5,
            TrialNumber(3),
            {"loss": Series.of([1, 2], [0.1, 1e300], [0.5, 1.0]), "π": Series.of([2], [1], [1])},
        ),
        TrialReached(1.5, TrialNumber(3), 4, 2.25),
        TrialCheckpointed(1.5, TrialNumber(3), REF),
        CheckpointRejected(1.5, TrialNumber(3), REF, "torn"),
        TrialEnded(1.5, TrialNumber(-1), 4, 2.25),
        TrialFailed(1.5, TrialNumber(3), Failure(FailureKind.USER_ERROR, "x", "\ud800", None), 1.0),
    ],
    ids=lambda event: type(event).__name__,
)
def test_event_survives_the_way(event: Event) -> None:
    assert read_events(sent(write_events([event]))) == [event]


def test_values_that_are_not_finite_survive_the_way() -> None:
    series = Series.of([1, 2], [math.nan, -math.inf], [0.5, 1.0])
    event = TrialReported(1.5, TrialNumber(3), {"loss": series})
    (read,) = read_events(sent(write_events([event])))
    assert isinstance(read, TrialReported)
    assert math.isnan(read.series["loss"].values[0])
    assert read.series["loss"].values[1] == -math.inf
