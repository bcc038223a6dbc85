"""The conformance suite of stores: subclass ``StoreSuite``, say how to make one, run pytest.

class TestMyStore(StoreSuite):
    def make_store(self, tmp_path):
        return MyStore(tmp_path)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from tunebook.errors import (
    StoreConflictError,
    StoreError,
    StudyBusyError,
    StudyExistsError,
    StudyNotFoundError,
)
from tunebook.records import Event, Series, StudyCreated, StudyId, StudyRenamed, TrialReported
from tunebook.storage.protocol import Store
from tunebook.testing.samples import (
    sample_report,
    sample_series,
    sample_spec,
    sample_start,
    sample_trial,
)


def curves_of(events: Iterable[tuple[int, Event]]) -> dict[int, dict[str, Series]]:
    """Fold the reports of a log into the curves of each trial."""
    curves: dict[int, dict[str, Series]] = {}
    for _, event in events:
        if isinstance(event, TrialReported):
            of_trial = curves.setdefault(event.trial, {})
            for metric, series in event.series.items():
                of_trial.setdefault(metric, Series()).extend(series)
    return curves


class StoreMaker(ABC):
    """How a suite comes by the store it tests."""

    @abstractmethod
    def make_store(self, tmp_path: Path) -> Store:
        """Return a store without studies."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterable[Store]:
        """Give a fresh store and close it afterwards."""
        store = self.make_store(tmp_path)
        yield store
        store.close()

    @pytest.fixture
    def study(self, store: Store) -> StudyId:
        """Give a study that was just created: its log has one event."""
        return store.create_study(sample_spec(), at=1.0)


class StudiesSuite(StoreMaker):
    """Creating, finding and forgetting studies."""

    def test_created_study_begins_its_log_with_study_created(self, store: Store) -> None:
        spec = sample_spec(notes="first")
        study = store.create_study(spec, at=7.0)
        assert list(store.events_after(study)) == [(1, StudyCreated(7.0, spec))]
        assert store.last_seq(study) == 1

    def test_study_is_found_by_its_name(self, store: Store, study: StudyId) -> None:
        assert store.find_study("digits") == study

    @pytest.mark.parametrize(
        "name", ["../../x", "n" * 300, "🐦 données", "a\\b", "'; --", "\udcff"]
    )
    def test_any_name_is_kept_as_it_is(self, store: Store, name: str) -> None:
        study = store.create_study(sample_spec(name), at=1.0)
        assert store.find_study(name) == study
        assert [entry.name for entry in store.list_studies()] == [name]

    def test_name_that_is_taken_is_refused(self, store: Store, study: StudyId) -> None:
        with pytest.raises(StudyExistsError, match="digits"):
            store.create_study(sample_spec(), at=2.0)
        assert store.last_seq(study) == 1
        assert len(store.list_studies()) == 1

    def test_unknown_name_is_answered_with_the_nearest(self, store: Store, study: StudyId) -> None:
        with pytest.raises(StudyNotFoundError, match="Did you mean 'digits'"):
            store.find_study("digit")

    def test_studies_are_listed_oldest_first(self, store: Store, study: StudyId) -> None:
        later = store.create_study(sample_spec("birds"), at=2.0)
        store.append(later, sample_start(0), after_seq=1)
        listed = [(entry.id, entry.created_at, entry.last_seq) for entry in store.list_studies()]
        assert listed == [(study, 1.0, 1), (later, 2.0, 3)]

    def test_deleted_study_is_gone_and_its_number_never_comes_back(
        self, store: Store, study: StudyId
    ) -> None:
        store.delete_study(study)
        with pytest.raises(StudyNotFoundError):
            store.append(study, sample_start(0), after_seq=1)
        assert store.create_study(sample_spec(), at=2.0) != study

    def test_every_call_on_an_unknown_study_says_so(self, store: Store) -> None:
        nowhere = StudyId(99)
        for call in (
            lambda: store.events_after(nowhere),
            lambda: store.last_seq(nowhere),
            lambda: store.append(nowhere, [], after_seq=0),
            lambda: store.add_request(nowhere, "stop study", {}, at=1.0),
            lambda: store.requests_after(nowhere),
            lambda: store.acquire_lease(nowhere, now=1.0),
            lambda: store.lease_of(nowhere),
            lambda: store.delete_study(nowhere),
        ):
            with pytest.raises(StudyNotFoundError):
                call()

    def test_studies_are_listed_in_the_order_of_their_creation(self, store: Store) -> None:
        for name in ("c", "a", "b"):
            store.create_study(sample_spec(name), at=1.0)
        store.rename_study(store.find_study("c"), "z", at=2.0)
        assert [entry.name for entry in store.list_studies()] == ["z", "a", "b"]

    def test_renamed_study_is_found_by_its_new_name_alone(self, store: Store) -> None:
        study = store.create_study(sample_spec("old"), at=1.0)
        store.create_study(sample_spec("other"), at=1.0)
        store.rename_study(study, "new", at=2.0)
        assert store.find_study("new") == study
        assert [entry.name for entry in store.list_studies()] == ["new", "other"]
        assert store.events_after(study, 1) == [(2, StudyRenamed(2.0, "new"))]
        assert store.append(study, sample_start(0), after_seq=2) == 4
        with pytest.raises(StudyNotFoundError):
            store.find_study("old")

    def test_name_that_is_taken_is_not_given_again(self, store: Store) -> None:
        study = store.create_study(sample_spec("old"), at=1.0)
        store.create_study(sample_spec("other"), at=1.0)
        with pytest.raises(StudyExistsError, match="other"):
            store.rename_study(study, "other", at=2.0)
        assert store.find_study("old") == study
        assert store.last_seq(study) == 1


class LogSuite(StoreMaker):
    """Appending and reading events."""

    def test_events_come_back_equal_and_in_order(self, store: Store, study: StudyId) -> None:
        events = [*sample_start(0), sample_report(0, 1, 3)]
        assert store.append(study, events, after_seq=1) == 4
        assert list(store.events_after(study, 1)) == list(enumerate(events, start=2))

    def test_appending_after_another_number_writes_nothing(
        self, store: Store, study: StudyId
    ) -> None:
        store.append(study, sample_start(0), after_seq=1)
        for stale in (1, 2, 4):
            with pytest.raises(StoreConflictError, match="after event"):
                store.append(study, [sample_report(0, 1, 2)], after_seq=stale)
        assert store.last_seq(study) == 3
        assert len(store.events_after(study)) == 3

    def test_writer_goes_on_after_a_conflict(self, store: Store, study: StudyId) -> None:
        with pytest.raises(StoreConflictError):
            store.append(study, sample_start(0), after_seq=5)
        assert store.append(study, sample_start(0), after_seq=1) == 3

    def test_appending_nothing_changes_nothing(self, store: Store, study: StudyId) -> None:
        assert store.append(study, [], after_seq=1) == 1

    def test_nothing_comes_after_the_last_event(self, store: Store, study: StudyId) -> None:
        assert list(store.events_after(study, 1)) == []

    def test_curves_outlive_the_end_of_their_trial(self, store: Store, study: StudyId) -> None:
        events = [event for number in range(3) for event in sample_trial(number, value=number)]
        seq = 1
        for event in events:
            seq = store.append(study, [event], after_seq=seq)
        assert curves_of(store.events_after(study)) == curves_of(enumerate(events))
        assert store.last_seq(study) == seq

    def test_reader_with_half_a_curve_gets_the_rest(self, store: Store, study: StudyId) -> None:
        events = sample_trial(0)
        seq = store.append(study, events[:3], after_seq=1)
        seen = list(store.events_after(study))
        store.append(study, events[3:], after_seq=seq)
        seen += store.events_after(study, seq)
        assert curves_of(seen) == curves_of(enumerate(events))

    def test_other_events_keep_their_numbers(self, store: Store, study: StudyId) -> None:
        events = sample_trial(0)
        store.append(study, events, after_seq=1)
        kept = [pair for pair in store.events_after(study, 1) if not _is_report(pair[1])]
        sent = [pair for pair in enumerate(events, start=2) if not _is_report(pair[1])]
        assert kept == sent

    def test_step_measured_again_counts_last(self, store: Store, study: StudyId) -> None:
        again = [sample_report(0, 1, 6, value=0.1), sample_report(0, 4, 5, value=0.9)]
        store.append(study, [*sample_start(0), *again, *sample_trial(0)[-1:]], after_seq=1)
        curve = curves_of(store.events_after(study))[0]["val_accuracy"]
        assert list(curve.values) == [0.1, 0.1, 0.1, 0.9, 0.9]

    def test_series_may_grow_after_they_were_appended(self, store: Store, study: StudyId) -> None:
        report = sample_report(0, 1, 3)
        store.append(study, [report], after_seq=1)
        report.series["val_accuracy"].extend(sample_series(4, 9))
        assert len(curves_of(store.events_after(study))[0]["val_accuracy"]) == 3

    def test_logs_of_two_studies_are_apart(self, store: Store, study: StudyId) -> None:
        other = store.create_study(sample_spec("birds"), at=1.0)
        store.append(study, sample_trial(0, value=0.1), after_seq=1)
        store.append(other, sample_trial(0, value=0.2), after_seq=1)
        for which, value in ((study, 0.1), (other, 0.2)):
            curve = curves_of(store.events_after(which))[0]["val_accuracy"]
            assert set(curve.values) == {value}


class StewardshipSuite(StoreMaker):
    """Requests of anybody, and the lease of the one driver."""

    def test_requests_come_back_in_order(self, store: Store, study: StudyId) -> None:
        first = store.add_request(study, "stop trial", {"trial": 3}, at=1.0)
        second = store.add_request(study, "edit notes", {"notes": "é"}, at=2.0)
        assert [r.id for r in store.requests_after(study)] == [first, second]
        (request,) = store.requests_after(study, first)
        assert (request.at, request.kind, dict(request.body)) == (2.0, "edit notes", {"notes": "é"})

    def test_request_moves_no_event_number(self, store: Store, study: StudyId) -> None:
        store.add_request(study, "stop study", {}, at=1.0)
        assert store.append(study, sample_start(0), after_seq=1) == 3

    def test_unknown_request_is_refused_with_the_nearest(
        self, store: Store, study: StudyId
    ) -> None:
        with pytest.raises(StoreError, match="stop trial"):
            store.add_request(study, "stop trail", {}, at=1.0)

    def test_lease_is_held_until_it_is_released(self, store: Store, study: StudyId) -> None:
        assert store.lease_of(study) is None
        lease = store.acquire_lease(study, now=10.0)
        assert store.lease_of(study) == lease
        store.release_lease(lease)
        assert store.lease_of(study) is None

    def test_lease_that_was_given_back_can_be_taken_again(
        self, store: Store, study: StudyId
    ) -> None:
        first = store.acquire_lease(study, now=10.0)
        with pytest.raises(StudyBusyError, match="this process already"):
            store.acquire_lease(study, now=11.0)
        store.release_lease(first)
        assert store.acquire_lease(study, now=12.0) == replace(first, renewed_at=12.0)

    def test_renewed_lease_says_when(self, store: Store, study: StudyId) -> None:
        lease = store.acquire_lease(study, now=10.0)
        assert store.renew_lease(lease, now=20.0) == replace(lease, renewed_at=20.0)
        assert store.lease_of(study) == replace(lease, renewed_at=20.0)

    def test_lease_of_another_holder_cannot_be_renewed(self, store: Store, study: StudyId) -> None:
        lease = store.acquire_lease(study, now=10.0)
        elsewhere = replace(lease, host="elsewhere", holder="elsewhere:1", pid=1)
        with pytest.raises(StudyBusyError, match=lease.holder):
            store.renew_lease(elsewhere, now=20.0)
        assert store.lease_of(study) == lease

    def test_releasing_what_is_lost_leaves_the_new_holder(
        self, store: Store, study: StudyId
    ) -> None:
        lease = store.acquire_lease(study, now=10.0)
        store.release_lease(replace(lease, host="elsewhere"))
        assert store.lease_of(study) == lease


class StoreSuite(StudiesSuite, LogSuite, StewardshipSuite):
    """All of the contract of ``tunebook.storage.protocol``."""


def _is_report(event: Event) -> bool:
    return isinstance(event, TrialReported)
