"""Merged measurements say the same as those that were appended."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import hypothesis.strategies as st
import sqlalchemy as sa
from hypothesis import given

from results import sample_failure
from tunebook.records import (
    CheckpointRef,
    Event,
    Failure,
    FailureKind,
    Series,
    TrialCheckpointed,
    TrialEnded,
    TrialLaunched,
    TrialLost,
    TrialNumber,
    TrialReached,
    TrialReported,
    TrialState,
    TrialStopped,
)
from tunebook.storage.compaction import merge, reports_of, rows_of
from tunebook.storage.sql import SqlStore
from tunebook.storage.sqlite_file import open_sqlite
from tunebook.testing.samples import sample_report, sample_spec, sample_start, sample_trial
from tunebook.testing.store_suite import curves_of

ZERO = TrialNumber(0)

floats = st.floats(allow_nan=False)
stretches = st.builds(
    lambda first, values: Series.of(
        range(first, first + len(values)), values, [float(v) for v in range(len(values))]
    ),
    st.integers(1, 30),
    st.lists(floats, max_size=8),
)
report_lists = st.lists(
    st.dictionaries(st.sampled_from(["acc", "loss", "lr\x00"]), stretches, min_size=1), max_size=8
)


@given(report_lists)
def test_merging_keeps_the_curves(batches: Sequence[dict[str, Series]]) -> None:
    reports = [TrialReported(float(i), ZERO, series) for i, series in enumerate(batches)]
    rows = [row for seq, report in enumerate(reports, 5) for row in rows_of(seq, report)]
    merged = list(reports_of(merge(rows)))
    assert curves_of(merged) == curves_of(enumerate(reports))
    assert len(merged) == min(1, len(reports))
    if merged:
        assert merged[0][0] == 4 + len(reports)
        assert merged[0][1].at == reports[-1].at


def compacted(events: Sequence[Event], tmp_path: Path, *, one_by_one: bool) -> list[Event]:
    """Append events to a SQLite store and return what it gives back."""
    store = SqlStore(open_sqlite(tmp_path / f"{one_by_one}.db", busy_timeout_s=1.0))
    study = store.create_study(sample_spec(), at=0.0)
    batches = [[event] for event in events] if one_by_one else [events]
    seq = 1
    for batch in batches:
        seq = store.append(study, batch, after_seq=seq)
    found = [event for _, event in store.events_after(study, 1)]
    store.close()
    return found


def test_finished_slice_comes_as_one_report(tmp_path: Path) -> None:
    for one_by_one in (True, False):
        found = compacted(sample_trial(0), tmp_path, one_by_one=one_by_one)
        expected = [*sample_start(0), sample_report(0, 1, 10), sample_trial(0)[-1]]
        assert found == expected


def test_every_end_of_a_slice_and_every_checkpoint_merges_what_came_before(tmp_path: Path) -> None:
    failure = Failure(FailureKind.LOST, "gone")
    ends: list[Event] = [
        TrialReached(9.0, ZERO, 4, 4.0),
        TrialEnded(9.0, ZERO, 4, 4.0),
        TrialStopped(9.0, ZERO, TrialState.STOPPED, "enough"),
        sample_failure(0),
        TrialLost(9.0, ZERO, failure),
        TrialCheckpointed(9.0, ZERO, CheckpointRef(ZERO, 4, "0" * 32)),
    ]
    for number, end in enumerate(ends):
        folder = tmp_path / str(number)
        events = [*sample_start(0), sample_report(0, 1, 2), sample_report(0, 3, 4), end]
        for one_by_one in (True, False):
            found = compacted(events, folder, one_by_one=one_by_one)
            assert found == [*sample_start(0), sample_report(0, 1, 4), end]


def test_measurements_are_not_merged_across_a_checkpoint(tmp_path: Path) -> None:
    # Which checkpoint is the best one, and so is kept, depends on what was measured before it.
    saved = TrialCheckpointed(5.0, ZERO, CheckpointRef(ZERO, 2, "0" * 32))
    end = TrialEnded(9.0, ZERO, 4, 4.0)
    events = [*sample_start(0), sample_report(0, 1, 2), saved, sample_report(0, 3, 4), end]
    for one_by_one in (True, False):
        assert compacted(events, tmp_path, one_by_one=one_by_one) == events


def test_slices_are_not_merged_with_each_other(tmp_path: Path) -> None:
    # The steps trained again after a loss count against the budget, in the attempt that did them.
    lost = TrialLost(5.0, ZERO, Failure(FailureKind.LOST, "gone"))
    first: list[Event] = [*sample_start(0), sample_report(0, 1, 2), sample_report(0, 3, 4), lost]
    second: list[Event] = [TrialLaunched(6.0, ZERO, 10), sample_report(0, 1, 2)]
    last: list[Event] = [sample_report(0, 3, 6), TrialEnded(9.0, ZERO, 6, 6.0)]
    for one_by_one in (True, False):
        found = compacted([*first, *second, *last], tmp_path, one_by_one=one_by_one)
        reports = [event for event in found if isinstance(event, TrialReported)]
        assert reports == [sample_report(0, 1, 4), sample_report(0, 1, 6)]
        assert found.index(reports[0]) < found.index(lost) < found.index(reports[1])


def test_running_trials_are_left_alone(tmp_path: Path) -> None:
    events = [*sample_trial(0), *sample_start(1), sample_report(1, 1, 2), sample_report(1, 3, 4)]
    found = compacted(events, tmp_path, one_by_one=True)
    assert found[-2:] == events[-2:]


def test_report_without_metrics_keeps_its_number(tmp_path: Path) -> None:
    empty = TrialReported(1.0, ZERO, {})
    events = [*sample_start(0), empty, *sample_trial(0)[-1:]]
    assert compacted(events, tmp_path, one_by_one=False) == events


def test_slice_begun_under_another_writer_is_merged_too(tmp_path: Path) -> None:
    path = tmp_path / "tunebook.db"
    first = SqlStore(open_sqlite(path, busy_timeout_s=1.0))
    study = first.create_study(sample_spec(), at=0.0)
    events = sample_trial(0)
    seq = first.append(study, events[:2], after_seq=1)
    second = SqlStore(open_sqlite(path, busy_timeout_s=1.0))
    seq = second.append(study, events[2:4], after_seq=seq)
    first.append(study, events[4:], after_seq=seq)
    assert sample_report(0, 1, 10) in [event for _, event in second.events_after(study)]
    first.close()
    second.close()
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        n_open = connection.exec_driver_sql("SELECT count(*) FROM tunebook_reports").scalar()
        n_ended = connection.exec_driver_sql("SELECT count(*) FROM tunebook_measurements").scalar()
    engine.dispose()
    assert (n_open, n_ended) == (0, 1)
