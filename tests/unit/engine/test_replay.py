"""A log that a store has merged tells the same state as the events that were appended."""

from __future__ import annotations

from pathlib import Path

from tunebook.engine import replay
from tunebook.records import Event
from tunebook.storage.sql import SqlStore
from tunebook.storage.sqlite_file import open_sqlite
from tunebook.testing.samples import sample_spec


def through_a_store(log: list[Event], folder: Path) -> list[Event]:
    store = SqlStore(open_sqlite(folder / "tunebook.db", busy_timeout_s=1.0))
    number = store.create_study(sample_spec(), at=0.0)
    for seq, event in enumerate(log[1:], 1):
        store.append(number, [event], after_seq=seq)
    found = [event for _, event in store.events_after(number)]
    store.close()
    return [log[0], *found[1:]]


def test_checkpoints_that_are_kept_are_kept_by_a_replay_s4_37(study, tmp_path):
    for step, value in enumerate([0.5, 0.9, 0.4, 0.3, 0.2], 1):
        study.report(0, value, first=step)
        study.save(0, step)
    assert [ref.step for ref in study.trial(0).checkpoints] == [2, 4, 5]
    study.end(0)
    again = replay(through_a_store(study.log, tmp_path))
    assert again.trials == study.machine.facts.trials


def test_order_in_which_trials_measured_does_not_matter_to_a_replay(make_study, tmp_path):
    study = make_study(n_slots=2, trials=6, patience=3)
    study.decide()
    study.report(1, 0.6)
    study.report(0, 0.6)
    study.end(0, value=0.4)
    study.decide()
    study.report(2, 0.3)
    study.report(1, 0.6, first=2)
    study.end(1, value=0.1)
    facts, again = study.machine.facts, replay(through_a_store(study.log, tmp_path))
    assert again.best == facts.best
    assert again.n_since_improvement == facts.n_since_improvement
