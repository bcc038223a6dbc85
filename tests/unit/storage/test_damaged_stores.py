"""A damaged store gives our own errors, and what can be read of it comes back as it was."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from invariants import check_invariants
from tunebook.engine import Facts, replay
from tunebook.errors import NotAStoreError, StudyBusyError, TunebookError
from tunebook.records import Budget, Event, TrialLaunched, TrialNumber, TrialState
from tunebook.storage import Store, open_store
from tunebook.storage.pages import rows_of, with_log
from tunebook.storage.recovery import RecoveredStudy, recover
from tunebook.testing.samples import sample_report, sample_spec, sample_start, sample_trial

N_TRIALS = 40
PAGE = 4096
NAMES = ("first", "second")

Truth = Mapping[tuple[str, int], object]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Give the file of a store with two studies of forty trials; one that was deleted too."""
    path = tmp_path_factory.mktemp("whole") / "tunebook.db"
    store = open_store(path)
    gone = store.create_study(sample_spec("gone"), at=1.0)
    store.append(gone, [e for n in range(9) for e in sample_trial(n, value=0.1)], 1)
    store.delete_study(gone)
    for shift, name in enumerate(NAMES):
        spec = sample_spec(name, notes="n" * 3000, budget=Budget(trials=N_TRIALS))
        study, seq = store.create_study(spec, at=1.0), 1
        for number in range(N_TRIALS):
            events = sample_trial(number, value=shift + number / 100)
            seq = store.append(study, events, seq)
    store.close()
    return path.read_bytes()


def truth_of(store: Store) -> Truth:
    """Return what is known of every finished trial with a value."""
    known = {}
    for entry in store.list_studies():
        facts = replay(event for _, event in store.events_after(entry.id))
        check_invariants(facts)
        for trial in facts.trials:
            if trial.state is TrialState.DONE and trial.value is not None:
                points = list(trial.curves["val_accuracy"].values)
                known[entry.name, trial.number] = (dict(trial.config), trial.value, points)
    return known


@pytest.fixture(scope="module")
def truth(whole: bytes, tmp_path_factory: pytest.TempPathFactory) -> Truth:
    """Give what is known of the trials of the whole store."""
    path = tmp_path_factory.mktemp("truth") / "tunebook.db"
    path.write_bytes(whole)
    with closing(open_store(path)) as store:
        return truth_of(store)


def recovered(content: bytes, folder: Path) -> tuple[list[RecoveredStudy], Truth]:
    (folder / "damaged.db").write_bytes(content)
    (folder / "new.db").unlink(missing_ok=True)
    with closing(open_store(folder / "new.db")) as store:
        return recover(folder / "damaged.db", store), truth_of(store)


def damage(content: bytes, chance: random.Random) -> bytes:
    """Return the content with something of it overwritten, zeroed or cut off."""
    damaged = bytearray(content)
    start, length = chance.randrange(len(content)), chance.choice([1, 16, 512, PAGE, 10 * PAGE])
    kind = chance.choice(["flip", "zero", "noise", "cut"])
    if kind == "flip":
        for _ in range(chance.choice([1, 5, 50])):
            damaged[chance.randrange(len(content))] = chance.randrange(256)
    elif kind == "zero":
        damaged[start : start + length] = bytes(len(damaged[start : start + length]))
    elif kind == "noise":
        part = damaged[start : start + length]
        damaged[start : start + length] = chance.randbytes(len(part))
    else:
        del damaged[start:]
    return bytes(damaged)


def is_whole(study: RecoveredStudy) -> bool:
    n_missing = study.n_lost + study.n_unmeasured + study.n_unusable
    return study.name is not None and n_missing == 0 and not study.is_cut


def test_whole_store_comes_back_whole(whole: bytes, truth: Truth, tmp_path: Path) -> None:
    studies, found = recovered(whole, tmp_path)
    assert [s.name for s in studies] == list(NAMES)
    assert all(is_whole(s) and s.n_trials == s.n_finished == N_TRIALS for s in studies)
    assert len(found) == 2 * N_TRIALS
    assert found == truth


def test_store_without_its_first_page_comes_back_whole(whole: bytes, tmp_path: Path) -> None:
    # The names of studies, and which were deleted, are on another page.
    studies, found = recovered(bytes(PAGE) + whole[PAGE:], tmp_path)
    assert {"first", "second"} <= {s.name for s in studies}
    assert len({key: value for key, value in found.items() if key[0] in NAMES}) == 2 * N_TRIALS


@pytest.mark.parametrize("page", range(2, 12))
def test_damaged_page_costs_no_more_than_the_rows_on_it(
    whole: bytes, truth: Truth, tmp_path: Path, page: int
) -> None:
    damaged = whole[: (page - 1) * PAGE] + bytes(PAGE) + whole[page * PAGE :]
    studies, found = recovered(damaged, tmp_path)
    assert {key: truth[key] for key in found if key in truth} == {
        key: found[key] for key in found if key in truth
    }
    n_missing = len(truth) - len(found)
    # A page holds about thirty events, or the measurements of thirty trials.
    assert n_missing < 35 or any(study.name is None for study in studies)


@pytest.mark.parametrize("seed", range(40))
def test_random_damage_gives_our_own_errors_and_true_values(
    whole: bytes, truth: Truth, tmp_path: Path, seed: int
) -> None:
    content = damage(whole, random.Random(seed))
    path = tmp_path / "tunebook.db"
    path.write_bytes(content)
    try:
        with closing(open_store(path)) as store:
            truth_of(store)
    except TunebookError:
        pass  # any other error fails the test
    try:
        _, found = recovered(content, tmp_path)
    except NotAStoreError:
        return
    changed = [key for key in found if key in truth and found[key] != truth[key]]
    # SQLite has no checksums: a number whose bytes were changed is a number still.
    assert len(changed) <= 5


def test_missing_beginning_of_a_trial_leaves_the_others_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "tunebook.db"
    store = open_store(path)
    study, seq = store.create_study(sample_spec(), at=1.0), 1
    for number in range(5):
        seq = store.append(study, sample_trial(number, value=number / 10), seq)
    store.append(study, sample_start(5), seq)
    store.close()
    with closing(sqlite3.connect(path)) as database:
        database.execute("DELETE FROM tunebook_events WHERE trial = 2 AND kind = 'trial created'")
        database.execute("DELETE FROM tunebook_events WHERE trial = 3 AND kind = 'trial ended'")
        database.commit()
    (study_back,), found = recovered(path.read_bytes(), tmp_path)
    assert (study_back.n_trials, study_back.n_lost, study_back.is_cut) == (6, 1, False)
    assert sorted(number for _, number in found) == [0, 1, 4]
    assert found["digits", 4] == ({"lr": 0.1}, 0.4, [0.4] * 10)
    with closing(open_store(tmp_path / "new.db")) as store:
        facts = replay(e for _, e in store.events_after(store.find_study("digits")))
    assert facts.trials[2].state is TrialState.CANCELLED
    assert "could not be read" in facts.trials[2].why
    assert facts.trials[3].state is TrialState.RUNNING


def test_log_beside_the_file_is_read_and_torn_ends_of_it_are_not(tmp_path: Path) -> None:
    path = tmp_path / "tunebook.db"
    store = open_store(path)
    study = store.create_study(sample_spec(), at=1.0)
    store.append(study, [e for n in range(30) for e in sample_trial(n)], 1)
    content, log = path.read_bytes(), path.with_name("tunebook.db-wal").read_bytes()
    store.close()
    events = [
        r for r in rows_of(with_log(content, log)) if r.rowid is None and r.values[0] == study
    ]
    assert len([r for r in events if len(r.values) == 6]) == 1 + 30 * 3
    torn = with_log(content, log[: len(log) - 100])
    rows = [r for r in rows_of(torn) if r.rowid is None and len(r.values) == 6]
    assert len(rows) in {0, 1}  # the last transaction counts whole or not at all


def test_study_that_is_driven_is_not_recovered(tmp_path: Path) -> None:
    path = tmp_path / "tunebook.db"
    with closing(open_store(path)) as store:
        study = store.create_study(sample_spec(), at=1.0)
        lease = store.acquire_lease(study, now=2.0)
    with closing(open_store(tmp_path / "new.db")) as new:
        with pytest.raises(StudyBusyError, match=lease.holder):
            recover(path, new)
        assert not new.list_studies()


def test_study_without_its_description_is_told_and_left_out(tmp_path: Path) -> None:
    path = tmp_path / "tunebook.db"
    with closing(open_store(path)) as store:
        study = store.create_study(sample_spec(), at=1.0)
        store.append(study, sample_trial(0), 1)
    with closing(sqlite3.connect(path)) as database:
        database.execute("DELETE FROM tunebook_events WHERE seq = 1")
        database.commit()
    studies, found = recovered(path.read_bytes(), tmp_path)
    assert [s.name for s in studies] == [None]
    assert not found


def test_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotAStoreError, match="Nothing of a store"):
        recovered(b"SQLite format 3\x00" + b"\xff" * 20_000, tmp_path)


def recovered_log(events: list[Event], folder: Path) -> tuple[RecoveredStudy, Facts]:
    """Return what comes back of a store whose log has only these events, numbered in order."""
    path = folder / "tunebook.db"
    path.unlink(missing_ok=True)
    with closing(open_store(path)) as store:
        study = store.create_study(sample_spec(), at=1.0)
        store.append(study, events, 1)
    (study_back,), _ = recovered(path.read_bytes(), folder)
    with closing(open_store(folder / "new.db")) as store:
        log = store.events_after(store.find_study(study_back.name or ""))
    return study_back, replay(event for _, event in log)


def test_end_of_a_trial_whose_launch_is_lost_counts(tmp_path: Path) -> None:
    begun, *_, ended = sample_trial(0)
    queued = replace(begun, is_launched=False, until_step=None)
    study, facts = recovered_log([queued, sample_report(0, 1, 10, value=0.75), ended], tmp_path)
    assert is_whole(study)
    assert facts.trials[0].state is TrialState.DONE
    assert facts.trials[0].value == 0.75


def test_trial_that_is_launched_twice_was_lost_in_between(tmp_path: Path) -> None:
    again = TrialLaunched(5.0, TrialNumber(0), 10)
    study, facts = recovered_log([*sample_start(0), again, *sample_trial(0)[2:]], tmp_path)
    assert is_whole(study)
    assert facts.trials[0].state is TrialState.DONE
    assert facts.trials[0].n_losses == 0


def test_events_that_contradict_the_rest_are_counted_and_left_out(tmp_path: Path) -> None:
    twice = sample_trial(0)[-1:]
    stray = sample_report(7, 1, 5)
    events = [*sample_trial(0), *twice, stray, *sample_trial(1), *twice]
    study, facts = recovered_log(events, tmp_path)
    assert study.n_unusable == 3
    assert not is_whole(study)
    assert [trial.state for trial in facts.trials] == [TrialState.DONE] * 2
    assert facts.steps_done == 20


def test_renamed_study_keeps_its_last_name_though_the_list_of_studies_is_lost(
    tmp_path: Path,
) -> None:
    path = tmp_path / "tunebook.db"
    with closing(open_store(path)) as store:
        study = store.create_study(sample_spec("old"), at=1.0)
        store.rename_study(study, "new", at=2.0)
        store.append(study, sample_trial(0), 2)
    with closing(sqlite3.connect(path)) as database:
        database.execute("DELETE FROM tunebook_studies")
        database.commit()
    (study_back,), _ = recovered(path.read_bytes(), tmp_path)
    assert (study_back.name, study_back.n_trials, study_back.is_cut) == ("new", 1, False)


def test_log_without_its_last_events_is_told_to_be_cut(tmp_path: Path) -> None:
    path = tmp_path / "tunebook.db"
    with closing(open_store(path)) as store:
        study = store.create_study(sample_spec(), at=1.0)
        store.append(study, sample_trial(0), 1)
    with closing(sqlite3.connect(path)) as database:
        database.execute("DELETE FROM tunebook_events WHERE kind = 'trial ended'")
        database.commit()
    (study_back,), _ = recovered(path.read_bytes(), tmp_path)
    assert study_back.is_cut
    assert study_back.n_finished == 0


def test_trials_whose_values_are_lost_are_told(tmp_path: Path) -> None:
    path = tmp_path / "tunebook.db"
    with closing(open_store(path)) as store:
        study = store.create_study(sample_spec(), at=1.0)
        store.append(study, [*sample_trial(0), *sample_trial(1)], 1)
    with closing(sqlite3.connect(path)) as database:
        database.execute("DELETE FROM tunebook_measurements WHERE trial = 1")
        database.commit()
    (study_back,), _ = recovered(path.read_bytes(), tmp_path)
    assert study_back.n_unmeasured == 1
    assert not is_whole(study_back)


def test_listed_study_without_any_event_is_told(tmp_path: Path) -> None:
    path = tmp_path / "tunebook.db"
    with closing(open_store(path)) as store:
        store.create_study(sample_spec("gone"), at=1.0)
        store.create_study(sample_spec("there"), at=1.0)
    with closing(sqlite3.connect(path)) as database:
        database.execute("DELETE FROM tunebook_events WHERE study = 1")
        database.commit()
    studies, _ = recovered(path.read_bytes(), tmp_path)
    assert [study.name for study in studies] == [None, "there"]
