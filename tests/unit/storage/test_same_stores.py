"""Whatever is done to them, the memory store and the SQL store answer alike."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tunebook.errors import StoreError
from tunebook.records import (
    Event,
    Failure,
    FailureKind,
    TrialEnded,
    TrialLost,
    TrialNumber,
    TrialReached,
    TrialReleased,
    TrialReported,
)
from tunebook.storage import Store, open_store
from tunebook.testing.samples import sample_report, sample_spec, sample_start
from tunebook.testing.store_suite import curves_of

trial_numbers = st.integers(0, 2).map(TrialNumber)
lives = st.one_of(
    trial_numbers.map(lambda n: sample_start(n)[0]),
    st.builds(
        lambda n, a, k, v: sample_report(n, a, a + k, value=v),
        trial_numbers,
        st.integers(1, 9),
        st.integers(0, 3),
        st.floats(0, 1),
    ),
    st.builds(TrialReached, st.floats(0, 9), trial_numbers, st.integers(0, 9), st.floats(0, 9)),
    st.builds(TrialReleased, st.floats(0, 9), trial_numbers),
    st.builds(TrialEnded, st.floats(0, 9), trial_numbers, st.integers(0, 9), st.floats(0, 9)),
    st.builds(TrialLost, st.floats(0, 9), trial_numbers, st.just(Failure(FailureKind.LOST, "x"))),
)
names = st.sampled_from(["a", "b", "🐦"])


class SameStores(RuleBasedStateMachine):
    """Does everything to both stores; what one answers or refuses, the other does."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "tunebook.db"
        self.memory: Store = open_store("memory")
        self.sql: Store = open_store(self.path)

    def both(self, method: str, *args: Any, **kwargs: Any) -> Any:
        answers = [self.answer(store, method, args, kwargs) for store in (self.memory, self.sql)]
        assert answers[0] == answers[1]
        return answers[0]

    @staticmethod
    def answer(store: Store, method: str, args: Any, kwargs: Any) -> Any:
        try:
            return getattr(store, method)(*args, **kwargs)
        except StoreError as error:
            return type(error), str(error)

    @rule(name=names)
    def create(self, name: str) -> None:
        self.both("create_study", sample_spec(name), at=1.0)

    @rule(study=st.integers(1, 4), events=st.lists(lives, max_size=4), late=st.integers(0, 9))
    def append(self, study: Any, events: list[Event], late: int) -> None:
        last = self.answer(self.memory, "last_seq", (study,), {})
        known = last - (late == 0) if isinstance(last, int) else 0
        self.both("append", study, events, after_seq=known)

    @rule(study=st.integers(1, 4))
    def delete(self, study: Any) -> None:
        self.both("delete_study", study)

    @rule(study=st.integers(1, 4), kind=st.sampled_from(["stop study", "edit notes", "dance"]))
    def ask(self, study: Any, kind: str) -> None:
        self.both("add_request", study, kind, {"notes": "n"}, at=1.0)

    @rule(study=st.integers(1, 4), after=st.integers(0, 5))
    def read_requests(self, study: Any, after: int) -> None:
        self.both("requests_after", study, after)

    @rule(study=st.integers(1, 4), now=st.floats(0, 99))
    def lease(self, study: Any, now: float) -> None:
        lease = self.both("acquire_lease", study, now)
        if not isinstance(lease, tuple):
            self.both("renew_lease", lease, now + 1)
            self.both("renew_lease", replace(lease, pid=lease.pid + 1), now + 2)
            self.both("lease_of", study)

    @rule(name=names)
    def find(self, name: str) -> None:
        self.both("find_study", name)

    @rule()
    def reopen(self) -> None:
        self.sql.close()
        self.sql = open_store(self.path)

    @invariant()
    def logs_say_the_same(self) -> None:
        entries = self.both("list_studies") if hasattr(self, "sql") else []
        for entry in entries:
            logs = [list(store.events_after(entry.id)) for store in (self.memory, self.sql)]
            assert curves_of(logs[0]) == curves_of(logs[1])
            facts = [[p for p in log if not isinstance(p[1], TrialReported)] for log in logs]
            assert facts[0] == facts[1]
            self.both("last_seq", entry.id)

    def teardown(self) -> None:
        if hasattr(self, "sql"):
            self.sql.close()
            self.folder.cleanup()


SameStores.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestSameStores = SameStores.TestCase
