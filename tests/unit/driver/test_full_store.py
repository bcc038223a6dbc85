"""A store that takes no more: what was written is kept, and the study goes on with space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tunebook.engine import Launch, replay
from tunebook.errors import StoreFullError
from tunebook.records import (
    Budget,
    Event,
    Failure,
    FailureKind,
    StudyId,
    StudyState,
    TrialLost,
    TrialReached,
    TrialState,
)
from tunebook.search import Asha
from tunebook.storage.memory import MemoryStore

OPTIONS: dict[str, Any] = {"searcher": Asha(first_rung=2), "budget": Budget(trials=5)}


class FullStore:
    """A memory store whose appends from the ``full_at``-th on fail, ``n_full`` of them."""

    def __init__(self, full_at: int, n_full: int) -> None:
        self.inner = MemoryStore()
        self.n_appends = 0
        self.full = range(full_at, full_at + n_full)

    def append(self, study: StudyId, events: Sequence[Event], after_seq: int) -> int:
        """Append, or fail before anything is written."""
        self.n_appends += 1
        if self.n_appends - 1 in self.full:
            raise StoreFullError("No space is left")
        return self.inner.append(study, events, after_seq)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@pytest.fixture
def undisturbed(make_rig):
    rig = make_rig(store=FullStore(0, 0), **OPTIONS)
    rig.drive()
    return rig


@pytest.mark.parametrize("n_full", [1, 1000], ids=["for a moment", "for good"])
def test_store_that_is_full_at_any_append_loses_nothing(make_rig, undisturbed, n_full):
    assert undisturbed.all(TrialReached)
    for full_at in range(undisturbed.store.n_appends):
        store = FullStore(full_at, n_full)
        rig = make_rig(store=store, **OPTIONS)
        with pytest.raises(StoreFullError):
            rig.drive()
        assert rig.store.lease_of(rig.study) is None
        before = replay(rig.events)
        assert bool(before.attempts) <= (n_full > 1), "what ran is lost, if that can be written"
        store.full = range(0)
        facts = rig.drive()
        assert rig.table == undisturbed.table, f"full at append {full_at}"
        assert facts.state is StudyState.DONE


def test_study_says_that_the_store_was_full(make_rig):
    rig = make_rig(store=FullStore(6, 1), **OPTIONS)
    with pytest.raises(StoreFullError):
        rig.drive()
    assert rig.facts.state is StudyState.PAUSED
    assert "No space is left" in rig.facts.state_why


def test_trial_that_a_full_disk_has_ended_puts_the_study_down_and_is_not_blamed(
    make_rig, undisturbed
):
    rig = make_rig(**OPTIONS)
    inner = rig.make_executor()

    class Full:
        """Loses the third trial for want of space as soon as it is launched."""

        n_slots = 1
        can_pause = True
        is_saving = False
        lost = ()

        def carry_out(self, command):
            if isinstance(command, Launch) and command.trial == 2:
                failure = Failure(FailureKind.NO_SPACE, "No space is left for the checkpoint")
                lost = TrialLost(rig.clock(), command.trial, failure, is_driver_loss=True)
                self.lost = (lost,)
            else:
                inner.carry_out(command)

        def events(self, deliver, timeout_s):
            if self.lost:
                deliver(self.lost)
            else:
                inner.events(deliver, timeout_s)

        def close(self):
            inner.close()

    with pytest.raises(StoreFullError, match="Trial 2 could not go on"):
        rig.drive(executor=Full())
    assert rig.facts.state is StudyState.PAUSED
    assert rig.facts.trials[2].state is TrialState.LOST
    assert rig.facts.trials[2].n_losses == 0
    rig.drive()
    assert rig.table == undisturbed.table
