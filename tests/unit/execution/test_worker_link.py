"""The driver's side of a worker: the worker here is the other end of a socket, on a fake clock."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, final

import pytest

from tunebook.execution.failures import Death
from tunebook.execution.messages import answer_in, halt_in, launch_in, write_events
from tunebook.execution.trial_setup import TrialSetup
from tunebook.execution.wire import Wire, wire_pair
from tunebook.execution.worker_link import Phase, WorkerLink
from tunebook.records import (
    CheckpointRef,
    Event,
    Failure,
    FailureKind,
    Objective,
    TrialBegan,
    TrialEnded,
    TrialFailed,
    TrialLost,
    TrialNumber,
    TrialReached,
    TrialState,
)
from tunebook.testing.training import ManualClock, sample_launch
from tunebook.training import Leave, Proceed

TRIAL = TrialNumber(0)
BEGAN = TrialBegan(1.0, TRIAL, 0)
REACHED = TrialReached(1.0, TRIAL, 4, 7.0)
ENDED = TrialEnded(1.0, TRIAL, 10, 9.0)
LAUNCH = sample_launch()
REF = CheckpointRef(TRIAL, 4, "0" * 32)
KILLED = Death(-signal.SIGKILL)


@final
class Pair:
    """A link and the worker at its other end, which is played by the test."""

    def __init__(self, home: Path, limit_s: float | None) -> None:
        objective = Objective.of(maximize="val_accuracy")
        setup = TrialSetup("digits", objective, home, trial_timeout_s=limit_s)
        wire, end = wire_pair()
        self.clock = ManualClock()
        self.worker = Wire(end)
        self.link = WorkerLink(
            1, wire, setup, grace_s=30.0, clock=self.clock, now=lambda: self.clock.now
        )

    def says(self, *events: Event, **more: Any) -> list[Event]:
        """Let the worker say something; return what the link makes of it."""
        if REACHED in events:
            more = {"is_tracked": False} | more
        self.worker.send({"events": write_events(events)} | more)
        return self.link.read()

    def idles(self, *events: Event, is_tired: bool = False) -> list[Event]:
        """Let the worker say that it has nothing to do."""
        return self.says(*events, is_idle=True, is_tired=is_tired)

    def heard(self, read: Callable[[Any], Any]) -> Sequence[Any]:
        """Return the worker's orders of one kind."""
        return [read(order) for order in self.worker.read(0.0) if read(order) is not None]

    def overdue_after(self, seconds: float) -> bool:
        """Let time pass and say whether the worker is to be killed."""
        self.clock.advance(seconds)
        return self.link.is_overdue()

    def close(self) -> None:
        self.worker.close()
        self.link.wire.close()


@pytest.fixture
def limit_s() -> float | None:
    return None


@pytest.fixture
def pair(tmp_path: Path, limit_s: float | None) -> Iterator[Pair]:
    made = Pair(tmp_path, limit_s)
    yield made
    made.close()


@pytest.fixture
def training(pair: Pair) -> Pair:
    assert pair.link.begin(LAUNCH)
    assert pair.heard(launch_in) == [LAUNCH]
    return pair


def test_trial_goes_from_launch_over_its_slices_to_its_end(training: Pair) -> None:
    link = training.link
    assert training.says(BEGAN) == [BEGAN]
    assert training.says(REACHED) == [REACHED]
    assert link.phase is Phase.HELD
    link.proceed(8)
    assert training.heard(answer_in) == [Proceed(8)]
    assert training.idles(ENDED) == [ENDED]
    assert link.phase is Phase.IDLE
    assert not link.has(TRIAL)


def test_trial_that_is_released_is_let_go_when_the_worker_is_done_with_it(training: Pair) -> None:
    training.says(REACHED)
    training.link.release()
    assert training.heard(answer_in) == [Leave(is_kept=True)]
    assert training.link.has(TRIAL)
    assert training.idles() == []
    assert not training.link.has(TRIAL)


def test_answers_to_a_trial_that_is_not_held_are_not_sent(training: Pair) -> None:
    training.link.proceed(8)
    training.link.release()
    assert training.heard(answer_in) == []


def test_tired_worker_takes_no_trial_and_is_dismissed(training: Pair) -> None:
    assert training.idles(ENDED, is_tired=True) == [ENDED]
    assert training.link.is_dying
    with pytest.raises(EOFError):
        training.worker.read(0.0)
    assert training.overdue_after(31.0)


def test_worker_that_is_gone_takes_no_trial(pair: Pair) -> None:
    pair.worker.close()
    assert not pair.link.begin(LAUNCH)
    assert pair.link.is_dying
    assert pair.link.buried(KILLED) == []


# -- waiting ---------------------------------------------------------------------------------


@pytest.fixture
def waiting(training: Pair) -> Pair:
    training.says(REACHED)
    training.link.park()
    return training


def test_trial_that_waits_goes_on_where_it_stands(waiting: Pair) -> None:
    assert not waiting.link.has(TRIAL), "it may be launched"
    launch = sample_launch(until_step=8)
    assert waiting.link.can_resume(launch)
    assert waiting.link.resume(launch, "cpu") == TrialBegan(0.0, TRIAL, REACHED.step, "cpu")
    assert waiting.heard(answer_in) == [Proceed(8)]
    assert waiting.idles(ENDED) == [ENDED]


@pytest.mark.parametrize("changes", [{"until_step": 4}, {"checkpoints": (REF,)}])
def test_trial_that_waits_beyond_what_is_granted_cannot_go_on(
    changes: dict[str, Any], waiting: Pair
) -> None:
    assert not waiting.link.can_resume(sample_launch(**changes))


def test_trial_that_waits_unwinds_when_its_worker_is_dismissed(waiting: Pair) -> None:
    waiting.link.dismiss()
    assert waiting.heard(answer_in) == [Leave(is_kept=False)]
    with pytest.raises(EOFError):
        waiting.worker.read(0.0)
    assert waiting.link.buried(Death(0)) == []


def test_death_of_a_worker_whose_trial_was_released_is_not_told(waiting: Pair) -> None:
    assert waiting.link.buried(KILLED) == []


# -- halts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "grace_s"), [(TrialState.STOPPED, 30.0), (TrialState.CANCELLED, 2.0)]
)
def test_trial_that_does_not_end_when_asked_is_overdue_after_a_grace(
    outcome: TrialState, grace_s: float, training: Pair
) -> None:
    training.link.halt(outcome)
    assert training.heard(halt_in) == [outcome]
    assert training.link.due_at == grace_s
    assert not training.overdue_after(grace_s - 0.1)
    assert training.overdue_after(0.2)
    assert not training.overdue_after(0.2), "one kill is enough"


def test_trial_with_long_steps_gets_time_for_two_of_them(training: Pair) -> None:
    training.clock.advance(100.0)
    training.says(BEGAN)
    training.link.halt(TrialState.STOPPED)
    assert not training.overdue_after(199.0)
    assert training.overdue_after(2.0)


def test_silence_that_still_lasts_earns_no_time(training: Pair) -> None:
    training.clock.advance(100.0)
    training.link.halt(TrialState.STOPPED)
    assert training.overdue_after(31.0)


def test_trial_that_cannot_be_set_aside_may_go_on(training: Pair) -> None:
    training.link.halt(TrialState.PAUSED)
    assert training.heard(halt_in) == [TrialState.PAUSED]
    assert training.link.due_at is None


def test_trial_that_came_to_the_end_of_its_slice_meanwhile_is_not_killed(training: Pair) -> None:
    training.link.halt(TrialState.STOPPED)
    training.says(REACHED)
    assert not training.overdue_after(1000.0)
    training.link.release()
    assert training.heard(answer_in) == [Leave(is_kept=True)]


def test_trial_of_which_nothing_is_wanted_saves_nothing_when_it_is_released(
    training: Pair,
) -> None:
    training.says(REACHED)
    training.link.halt(TrialState.CANCELLED)
    assert training.heard(halt_in) == []
    training.link.release()
    assert training.heard(answer_in) == [Leave(is_kept=False)]


def test_trial_that_ended_in_the_last_moment_has_ended(training: Pair) -> None:
    training.link.halt(TrialState.CANCELLED)
    assert training.overdue_after(3.0)
    assert training.idles(ENDED) == [ENDED]
    assert training.link.is_dying, "the kill is on its way"
    assert training.link.buried(KILLED) == []


def test_trial_that_was_halted_and_killed_is_lost(training: Pair) -> None:
    training.link.halt(TrialState.STOPPED)
    training.overdue_after(31.0)
    (lost,) = training.link.buried(KILLED)
    assert isinstance(lost, TrialLost)
    assert "asked to end" in lost.failure.message


def test_trial_that_hangs_after_it_was_released_is_overdue_in_the_end(training: Pair) -> None:
    training.says(REACHED)
    training.link.release()
    assert not training.overdue_after(200.0), "it may be saving a large checkpoint"
    assert training.overdue_after(200.0)
    assert training.link.buried(KILLED) == []


# -- the time limit --------------------------------------------------------------------------


@pytest.mark.parametrize("limit_s", [10.0])
class TestTimeLimit:
    def test_trial_over_its_limit_is_asked_to_end_and_then_killed(self, training: Pair) -> None:
        assert training.link.due_at == 10.0
        assert not training.overdue_after(9.0)
        assert training.heard(halt_in) == []
        assert not training.overdue_after(2.0)
        assert training.heard(halt_in) == [TrialState.CANCELLED]
        assert not training.overdue_after(2.0), "it may tidy up"
        assert training.overdue_after(1.0)
        (failed,) = training.link.buried(KILLED)
        assert isinstance(failed, TrialFailed)
        assert failed.failure.kind is FailureKind.TIME_LIMIT
        assert failed.seconds == 14.0

    @pytest.mark.parametrize("outcome", [TrialState.STOPPED, TrialState.PAUSED])
    def test_trial_that_was_to_end_before_is_killed_no_later(
        self, outcome: TrialState, training: Pair
    ) -> None:
        training.overdue_after(9.0)
        training.link.halt(outcome)
        assert not training.overdue_after(1.0)
        assert training.overdue_after(3.0)

    def test_trial_whose_script_is_killed_for_its_time_is_not_tried_again(
        self, training: Pair
    ) -> None:
        training.overdue_after(11.0)
        killed = Failure(FailureKind.KILLED, "the script was killed by SIGKILL")
        (failed,) = training.says(TrialLost(1.0, TRIAL, killed))
        assert isinstance(failed, TrialFailed)
        assert failed.failure.kind is FailureKind.TIME_LIMIT
        assert failed.seconds == 11.0

    def test_trial_that_ends_when_asked_has_failed_all_the_same(self, training: Pair) -> None:
        training.overdue_after(11.0)
        (failed,) = training.idles(ENDED)
        assert isinstance(failed, TrialFailed)
        assert failed.failure.kind is FailureKind.TIME_LIMIT
        assert failed.seconds == ENDED.seconds

    def test_earlier_training_counts_and_waiting_does_not(self, training: Pair) -> None:
        training.says(REACHED)
        assert not training.overdue_after(1000.0)
        training.link.proceed(None)
        assert training.link.due_at == 1000.0 + 10.0 - REACHED.seconds

    def test_seconds_before_the_launch_count(self, pair: Pair) -> None:
        pair.link.begin(sample_launch(seconds=6.0))
        assert pair.link.due_at == 4.0

    def test_next_trial_of_the_worker_has_all_its_time(self, training: Pair) -> None:
        training.overdue_after(11.0)
        training.idles(ENDED)
        training.link.begin(LAUNCH)
        assert training.link.due_at == 21.0
        assert training.idles(ENDED) == [ENDED]


# -- deaths ----------------------------------------------------------------------------------


def test_last_words_come_before_the_death(training: Pair) -> None:
    training.worker.send({"events": write_events([BEGAN])})
    training.worker.send({"events": write_events([REACHED]), "is_tracked": True})
    training.worker.close()
    began, reached, lost = training.link.buried(KILLED)
    assert (began, reached) == (BEGAN, REACHED)
    assert isinstance(lost, TrialLost)


@pytest.mark.parametrize(
    ("death", "end", "kind"),
    [
        (KILLED, TrialLost, FailureKind.KILLED),
        (Death(3), TrialLost, FailureKind.KILLED),
        (Death(None), TrialLost, FailureKind.LOST),
        (Death(-signal.SIGKILL, was_out_of_memory=True), TrialLost, FailureKind.OUT_OF_MEMORY),
    ],
)
def test_death_in_the_middle_of_a_trial_is_told(
    death: Death, end: type[Event], kind: FailureKind, training: Pair
) -> None:
    (event,) = training.link.buried(death)
    assert type(event) is end
    assert isinstance(event, TrialLost | TrialFailed)
    assert event.failure.kind is kind


@pytest.mark.parametrize(("death", "is_spared"), [(KILLED, False), (Death(None), True)])
def test_death_of_the_server_is_not_counted_against_the_trial(
    death: Death, is_spared: bool, training: Pair
) -> None:
    (lost,) = training.link.buried(death)
    assert isinstance(lost, TrialLost)
    assert lost.is_driver_loss is is_spared


def test_memory_of_a_killed_worker_is_told(training: Pair) -> None:
    (lost,) = training.link.buried(Death(-signal.SIGKILL, 3 * 2**30))
    assert isinstance(lost, TrialLost)
    assert lost.failure.message.endswith("it held up to 3,072 MiB of memory")


def test_death_of_an_idle_worker_is_nobodys_business(pair: Pair) -> None:
    assert pair.link.buried(KILLED) == []


def test_worker_that_closes_its_wire_but_lives_on_is_overdue(training: Pair) -> None:
    training.worker.close()
    assert training.link.read() == []
    assert training.link.has_ended
    assert training.overdue_after(1.1)
