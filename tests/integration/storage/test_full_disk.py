"""A disk that fills up: nothing is lost, and work goes on when there is space again."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tunebook.errors import StoreFullError
from tunebook.records import TrialNumber
from tunebook.storage.checkpoints import CheckpointStore
from tunebook.storage.sql import SqlStore
from tunebook.storage.sqlite_file import open_sqlite
from tunebook.testing.samples import sample_spec, sample_trial


def mounted(folder: Path) -> bool:
    """Mount two MiB of memory as a disk, where this process may do that."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[tuple[Path, bool]]:
    """Give a folder, and whether it is a disk of two MiB."""
    folder = tmp_path / "disk"
    is_disk = mounted(folder)
    yield folder, is_disk
    if is_disk:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_log_on_a_full_disk_is_kept_and_goes_on_with_space(
    small_disk: tuple[Path, bool],
) -> None:
    folder, is_disk = small_disk
    database = open_sqlite(folder / "tunebook.db", busy_timeout_s=1.0)
    store = SqlStore(database)
    study = store.create_study(sample_spec(), at=1.0)

    def set_pages(limit: int) -> None:
        with database.writing() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {limit}")

    make_space: Callable[[], None] = partial(set_pages, 10_000)
    if is_disk:
        (folder / "ballast").write_bytes(bytes(1 << 20))
        make_space = (folder / "ballast").unlink
    else:
        set_pages(60)

    seq, number = 1, 0

    def fill() -> None:
        nonlocal seq, number
        for number in range(20_000):
            seq = store.append(study, sample_trial(number), after_seq=seq)

    with pytest.raises(StoreFullError):
        fill()
    kept = list(store.events_after(study))
    assert store.last_seq(study) == seq == 1 + 5 * number
    make_space()
    seq = store.append(study, sample_trial(number), after_seq=seq)
    assert list(store.events_after(study))[: len(kept)] == kept
    store.close()
    again = SqlStore(open_sqlite(folder / "tunebook.db", busy_timeout_s=1.0))
    assert again.last_seq(study) == seq
    assert list(again.events_after(study))[: len(kept)] == kept
    again.close()


@contextmanager
def no_file_above(n_bytes: int) -> Iterator[None]:
    """Let this process write no larger file, as a disk quota would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_checkpoint_on_a_full_disk_leaves_the_earlier_ones_and_no_rest(
    small_disk: tuple[Path, bool],
) -> None:
    folder, is_disk = small_disk
    store = CheckpointStore(folder)
    trial = TrialNumber(0)
    first = store.save(trial, 1, {"net": {"weight": np.zeros(1000)}})
    limit = nullcontext() if is_disk else no_file_above(2 << 20)
    with limit, pytest.raises(StoreFullError, match="No space is left"):
        store.save(trial, 2, {"net": {"weight": np.ones(1_000_000)}})
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files == [Path(store.path_of(first))]
    assert not store.load(first)["net"]["weight"].any()


def test_checkpoint_over_a_quota_is_refused_as_on_a_full_disk(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    with no_file_above(1 << 16), pytest.raises(StoreFullError, match="Make space"):
        store.save(TrialNumber(0), 1, {"net": {"weight": np.ones(100_000)}})
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
