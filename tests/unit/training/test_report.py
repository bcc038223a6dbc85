"""What trial.report takes, refuses and sends."""

from __future__ import annotations

import math

import numpy as np
import pytest

from trial_doubles import MemoryCheckpoints, RecordingChannel, resumed_launch, sample_handle
from tunebook.errors import MetricMissingError, ReportError
from tunebook.records import Series, TrialState
from tunebook.testing.training import ManualClock, sample_launch
from tunebook.training import Diverged, Unwind


def test_each_call_is_the_next_step_outside_of_steps() -> None:
    channel = RecordingChannel()
    trial = sample_handle(channel)
    for value in (0.1, 0.2, 0.3):
        trial.report(val_accuracy=value)
    trial.close()
    assert list(channel.curves["val_accuracy"].steps) == [1, 2, 3]
    assert list(channel.curves["val_accuracy"].values) == [0.1, 0.2, 0.3]


def test_reports_inside_steps_belong_to_the_current_step() -> None:
    channel = RecordingChannel()
    trial = sample_handle(channel, launch=sample_launch(max_steps=2, until_step=2))
    for step in trial.steps():
        trial.report(train_loss=float(step))
        trial.report(val_accuracy=0.5)
    trial.close()
    assert list(channel.curves["train_loss"].steps) == [1, 2]
    assert list(channel.curves["val_accuracy"].steps) == [1, 2]


def test_points_between_two_steps_are_sent_as_they_are() -> None:
    channel = RecordingChannel()
    trial = sample_handle(channel, launch=sample_launch(max_steps=2, until_step=2))
    for step in trial.steps():
        points = Series.of([2 * step - 1, 2 * step], [0.5, 0.25], [step - 0.5, step])
        trial.report(**{"loss@batch": points}, val_accuracy=0.5)
    trial.close()
    assert list(channel.curves["loss@batch"].steps) == [1, 2, 3, 4]
    assert list(channel.curves["loss@batch"].values) == [0.5, 0.25, 0.5, 0.25]
    assert list(channel.curves["val_accuracy"].steps) == [1, 2]


@pytest.mark.parametrize(
    "scalar", [1, 0.5, np.float32(0.5), np.int64(3), np.array(0.25), np.array([2.0])]
)
def test_single_numbers_of_any_kind_are_taken(scalar: object) -> None:
    channel = RecordingChannel()
    trial = sample_handle(channel)
    trial.report(val_accuracy=scalar)
    trial.close()
    assert channel.curves["val_accuracy"].values[0] == float(np.asarray(scalar).reshape(())[()])


@pytest.mark.parametrize(
    "value", ["0.9", None, [0.9], True, np.array([1.0, 2.0]), np.bool_(True), {"a": 1}, 1j, 10**400]
)
def test_anything_else_is_refused_with_metric_value_and_type(value: object) -> None:
    trial = sample_handle(RecordingChannel())
    with pytest.raises(ReportError) as caught:
        trial.report(val_accuracy=value)
    assert "'val_accuracy'" in str(caught.value)
    assert type(value).__name__ in str(caught.value)


def test_refused_report_leaves_nothing_behind() -> None:
    channel = RecordingChannel()
    trial = sample_handle(channel)
    with pytest.raises(ReportError):
        trial.report(train_loss=0.1, val_accuracy="high")
    trial.report(train_loss=0.1, val_accuracy=0.9)
    trial.close()
    assert list(channel.curves["train_loss"].steps) == [1]


def test_metric_twice_at_one_step_is_refused() -> None:
    trial = sample_handle(RecordingChannel())
    trial.report(step=3, val_accuracy=0.5)
    with pytest.raises(ReportError, match="two metrics with one name"):
        trial.report(step=3, val_accuracy=0.6)


def test_step_that_goes_backwards_is_refused() -> None:
    trial = sample_handle(RecordingChannel())
    trial.report(step=3, val_accuracy=0.5)
    with pytest.raises(ReportError, match="go backwards, from 3 to 2"):
        trial.report(step=2, val_accuracy=0.6)


def test_step_0_is_the_untrained_state_and_ends_no_step() -> None:
    channel = RecordingChannel()
    trial = sample_handle(channel)
    trial.report(step=0, val_accuracy=0.9)
    trial.report(val_accuracy=0.5)
    trial.close()
    assert trial.step == 1
    assert list(channel.curves["val_accuracy"].steps) == [0, 1]


@pytest.mark.parametrize("step", [-1, 1.5, "1", True])
def test_step_that_is_not_a_whole_number_is_refused(step: object) -> None:
    trial = sample_handle(RecordingChannel())
    with pytest.raises(ReportError, match="step is a whole number"):
        trial.report(step=step, val_accuracy=0.5)  # type: ignore[arg-type]  # the wrong type is the point


def test_numpy_step_is_taken() -> None:
    trial = sample_handle(RecordingChannel())
    trial.report(step=np.int64(4), val_accuracy=0.5)  # type: ignore[arg-type]  # as users do
    assert trial.step == 4


def test_step_beyond_max_steps_is_refused() -> None:
    trial = sample_handle(RecordingChannel())
    with pytest.raises(ReportError, match="beyond the end"):
        trial.report(step=11, val_accuracy=0.5)


def test_other_step_inside_steps_is_refused() -> None:
    trial = sample_handle(RecordingChannel())
    next(trial.steps())
    with pytest.raises(ReportError, match="current step"):
        trial.report(step=2, val_accuracy=0.5)


def test_report_without_metric_is_refused() -> None:
    with pytest.raises(ReportError, match="no metric"):
        sample_handle(RecordingChannel()).report()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, np.float32("nan")])
def test_objective_that_is_not_finite_ends_the_function_at_once(value: float) -> None:
    channel = RecordingChannel()
    trial = sample_handle(channel)
    trial.report(val_accuracy=0.5)
    with pytest.raises(Diverged, match="val_accuracy"):
        trial.report(val_accuracy=value)
    assert len(channel.curves["val_accuracy"]) == 2


def test_divergence_passes_through_an_except_exception_of_the_user() -> None:
    trial = sample_handle(RecordingChannel())

    def cautious() -> None:
        try:
            trial.report(val_accuracy=math.nan)
        except Exception:  # noqa: BLE001 - what users write around a step
            pytest.fail("the user's code caught it")

    with pytest.raises(Diverged):
        cautious()


def test_swallowed_divergence_is_still_a_divergence_at_the_end() -> None:
    trial = sample_handle(RecordingChannel())
    with pytest.raises(Diverged):
        trial.report(val_accuracy=math.nan)
    with pytest.raises(Diverged):
        trial.report(val_accuracy=0.5)
    with pytest.raises(Diverged):
        trial.conclude(0.5)


def test_other_metrics_may_be_nan() -> None:
    channel = RecordingChannel()
    trial = sample_handle(channel)
    trial.report(grad_norm=math.nan, val_accuracy=0.5)
    trial.close()
    assert math.isnan(channel.curves["grad_norm"].values[0])


def test_quick_reports_travel_together() -> None:
    channel = RecordingChannel()
    trial = sample_handle(channel, launch=sample_launch(max_steps=None, until_step=None))
    for _ in range(1000):
        trial.report(val_accuracy=0.5)
    trial.close()
    assert channel.heard("reported") == [["val_accuracy"]]
    assert len(channel.curves["val_accuracy"]) == 1000


def test_report_that_comes_late_is_sent_at_once() -> None:
    channel, clock = RecordingChannel(), ManualClock()
    trial = sample_handle(channel, clock=clock)
    clock.advance(1.0)
    trial.report(val_accuracy=0.5)
    assert len(channel.curves["val_accuracy"]) == 1


def test_seconds_go_on_from_earlier_attempts_and_leave_waiting_out() -> None:
    clock = ManualClock(100.0)
    channel = RecordingChannel()
    trial = sample_handle(channel, launch=sample_launch(seconds=40.0), clock=clock)
    clock.advance(2.0)
    trial.report(val_accuracy=0.5)
    trial.close()
    assert list(channel.curves["val_accuracy"].seconds) == [42.0]


def test_returned_number_is_the_objective() -> None:
    channel = RecordingChannel()
    trial = sample_handle(channel)
    trial.conclude(0.75)
    trial.close()
    assert list(channel.curves["val_accuracy"].steps) == [1]
    assert list(channel.curves["val_accuracy"].values) == [0.75]


def test_returned_metrics_are_the_last_measurement() -> None:
    channel = RecordingChannel()
    trial = sample_handle(channel)
    trial.report(step=4, train_loss=1.0)
    trial.conclude({"val_accuracy": 0.75, "test_loss": 0.2})
    trial.close()
    assert list(channel.curves["val_accuracy"].steps) == [4]
    assert list(channel.curves["test_loss"].values) == [0.2]


def test_returned_number_does_not_replace_what_was_reported_at_that_step() -> None:
    channel = RecordingChannel()
    trial = sample_handle(channel)
    trial.report(val_accuracy=0.9)
    trial.report(val_accuracy=0.8)
    trial.conclude(0.9)
    trial.close()
    assert list(channel.curves["val_accuracy"].values) == [0.9, 0.8]


def test_returned_nan_is_a_divergence() -> None:
    trial = sample_handle(RecordingChannel())
    with pytest.raises(Diverged):
        trial.conclude(math.nan)


def test_objective_that_never_came_is_said_with_what_came_and_the_nearest_name() -> None:
    trial = sample_handle(RecordingChannel())
    trial.report(val_acuracy=0.9)
    with pytest.raises(MetricMissingError) as caught:
        trial.conclude(None)
    assert "val_acuracy" in str(caught.value)
    assert "Did you mean 'val_acuracy'?" in str(caught.value)


def test_returned_text_is_no_metric() -> None:
    trial = sample_handle(RecordingChannel())
    with pytest.raises(MetricMissingError, match="str"):
        trial.conclude("0.9")


def test_trial_resumed_at_its_end_needs_no_new_measurement() -> None:
    checkpoints, channel = MemoryCheckpoints(), RecordingChannel()
    ref = checkpoints.save(
        sample_launch().trial, 10, {"tunebook.randomness": {"python": _python_state()}}
    )
    trial = sample_handle(channel, launch=resumed_launch([ref]), checkpoints=checkpoints)
    trial.track()
    assert list(trial.steps()) == []
    trial.conclude(None)
    assert channel.heard("began") == [10]


def test_function_without_steps_ends_at_its_next_report_when_stopped() -> None:
    channel = RecordingChannel(halt_at={2: TrialState.STOPPED})
    trial = sample_handle(channel)
    trial.report(val_accuracy=0.5)
    with pytest.raises(Unwind):
        trial.report(val_accuracy=0.6)
    trial.conclude(None)
    trial.close()
    assert list(channel.curves["val_accuracy"].values) == [0.5, 0.6]


def test_function_without_steps_gives_its_worker_up_at_the_end_of_its_slice() -> None:
    channel = RecordingChannel()
    trial = sample_handle(channel, launch=sample_launch(until_step=2))
    trial.report(val_accuracy=0.5)
    with pytest.raises(Unwind):
        trial.report(val_accuracy=0.6)
    assert trial.has_left
    assert [step for step, _, _ in channel.heard("reached")] == [2]


def _python_state() -> object:
    import random

    return random.getstate()
