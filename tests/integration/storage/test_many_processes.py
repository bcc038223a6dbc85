"""Several processes on one store: readers, makers, one that is killed in the middle of writing."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tunebook.errors import StudyBusyError
from tunebook.records import Event, TrialReported
from tunebook.storage import open_store
from tunebook.storage.lease import lease_for_this_process
from tunebook.testing.samples import sample_spec, sample_start, sample_trial
from tunebook.testing.store_suite import curves_of

WRITER = """
import sys, time
from tunebook.storage import open_store
from tunebook.testing.samples import sample_trial
store = open_store(sys.argv[1])
study = store.find_study("digits")
store.acquire_lease(study, now=time.time())
seq, number = store.last_seq(study), 0
while True:
    for event in sample_trial(number, value=number):
        seq = store.append(study, [event], after_seq=seq)
        print(seq, flush=True)
    number += 1
"""
MAKER = """
import sys
from tunebook.errors import StudyExistsError
from tunebook.storage import open_store
from tunebook.testing.samples import sample_spec
input()
store = open_store(sys.argv[1])
try:
    store.create_study(sample_spec("shared"), at=1.0)
    print("made", flush=True)
except StudyExistsError:
    print("there", flush=True)
store.add_request(store.find_study("shared"), "stop study", {}, at=1.0)
store.close()
"""

OPENER = """
import sys, time
from tunebook.storage import open_store
input()
for number in range(60):
    while time.time() < float(sys.argv[2]) + 0.02 * number:
        pass
    open_store(f"{sys.argv[1]}/{number}.db").close()
print("opened all", flush=True)
"""


def started(code: str, *args: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *args]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_killed_writer_loses_nothing_that_it_was_told_is_written(tmp_path: Path) -> None:
    path = tmp_path / "tunebook.db"
    reader = open_store(path)
    study = reader.create_study(sample_spec(), at=1.0)
    for _ in range(3):
        told = reader.last_seq(study)
        writer = started(WRITER, str(path))
        assert writer.stdout is not None
        for _ in range(53):
            told = int(writer.stdout.readline())
        writer.kill()
        rest = writer.communicate()[0].splitlines()
        # The last line may have been cut off by the kill, though its event is written.
        told = max([told, *(int(line) for line in rest[:-1])])
        assert reader.last_seq(study) >= told
        lease = reader.acquire_lease(study, now=2.0)
        assert lease.pid == lease_for_this_process(study, now=2.0).pid
        reader.release_lease(lease)
        reader.delete_study(study)
        study = reader.create_study(sample_spec(), at=1.0)
    reader.close()


def test_reader_of_a_growing_log_misses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "tunebook.db"
    reader = open_store(path)
    study = reader.create_study(sample_spec(), at=1.0)
    writer = started(WRITER, str(path))
    assert writer.stdout is not None
    writer.stdout.readline()
    seen: list[tuple[int, Event]] = []
    cursor = 1
    while cursor < 800:
        fresh = reader.events_after(study, cursor)
        seen += fresh
        cursor = fresh[-1][0] if fresh else cursor
    writer.kill()
    writer.communicate()
    seen += reader.events_after(study, cursor)
    whole = reader.events_after(study, 1)
    assert curves_of(seen) == curves_of(whole)
    others = [pair for pair in seen if not isinstance(pair[1], TrialReported)]
    assert others == [pair for pair in whole if not isinstance(pair[1], TrialReported)]
    reader.close()


def test_processes_that_make_the_store_at_once_agree(tmp_path: Path) -> None:
    path = tmp_path / "home" / "tunebook.db"
    makers = [started(MAKER, str(path)) for _ in range(6)]
    for maker in makers:
        assert maker.stdin is not None
        maker.stdin.write("\n")
        maker.stdin.flush()
    answers = sorted(maker.communicate()[0].strip() for maker in makers)
    assert answers == ["made"] + ["there"] * 5
    store = open_store(path)
    assert len(store.requests_after(store.find_study("shared"))) == 6
    store.close()


def test_importing_the_package_leaves_heavy_libraries_out() -> None:
    code = (
        "import sys, tunebook.storage, tunebook.storage.checkpoints;"
        "print([m for m in ('sqlalchemy', 'torch', 'numpy', 'fsspec', 'psutil', 'pandas')"
        " if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_saving_a_checkpoint_loads_neither_sqlalchemy_nor_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from tunebook.storage.checkpoints import CheckpointStore;"
        "store = CheckpointStore(sys.argv[1]);"
        "print(store.load(store.save(0, 1, {'model': {'depth': [1, (2, 3)]}})));"
        "print([m for m in ('sqlalchemy', 'torch') if m in sys.modules])"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert found.stdout.splitlines() == ["{'model': {'depth': [1, (2, 3)]}}", "[]"]


def test_study_of_a_live_process_is_busy_until_it_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "tunebook.db"
    store = open_store(path)
    study = store.create_study(sample_spec(), at=1.0)
    writer = started(WRITER, str(path))
    assert writer.stdout is not None
    writer.stdout.readline()
    with pytest.raises(StudyBusyError, match=f":{writer.pid}"):
        store.acquire_lease(study, now=1.0)
    writer.kill()
    writer.communicate()
    store.acquire_lease(study, now=1.0)
    seq = store.last_seq(study)
    n_trials = len({getattr(event, "trial", 0) for _, event in store.events_after(study)})
    store.append(study, [*sample_start(n_trials), *sample_trial(n_trials)[2:]], after_seq=seq)
    store.close()


def test_processes_that_make_the_same_store_at_once_all_open_it(tmp_path: Path) -> None:
    begin = str(time.time() + 2.0)
    openers = [started(OPENER, str(tmp_path), begin) for _ in range(4)]
    for opener in openers:
        assert opener.stdin is not None
        opener.stdin.write("\n")
        opener.stdin.flush()
    assert [opener.communicate(timeout=60)[0] for opener in openers] == ["opened all\n"] * 4
