"""Folders to work in: gone at the end, and swept when their owner could not do that."""

from __future__ import annotations

import os
from pathlib import Path

from tunebook.files import WorkingFolder, sweep_folders


def abandoned(prefix: str, place: Path) -> Path:
    """Make a folder as a process leaves it that is killed: nothing removed, the lock let go."""
    pid = os.fork()
    if pid == 0:
        (WorkingFolder(prefix, place).path / "half").write_text("done")
        os._exit(0)
    os.waitpid(pid, 0)
    (found,) = place.iterdir()
    return found


def test_folder_is_gone_with_all_that_is_in_it(tmp_path: Path) -> None:
    with WorkingFolder(".importing-", tmp_path) as folder:
        assert folder.parent == tmp_path
        (folder / "images").mkdir()
    assert list(tmp_path.iterdir()) == []


def test_folder_of_a_dead_process_is_swept_when_the_next_one_is_made(tmp_path: Path) -> None:
    left = abandoned(".importing-", tmp_path)
    assert (left / "half").read_text() == "done"
    with WorkingFolder(".importing-", tmp_path) as folder:
        assert list(tmp_path.iterdir()) == [folder]


def test_folder_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    left = abandoned("other-", tmp_path)
    sweep_folders(".importing-", tmp_path)
    assert left.is_dir()


def test_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    with WorkingFolder(".importing-", tmp_path) as folder:
        sweep_folders(".importing-", tmp_path)
        assert folder.is_dir()


def test_folder_that_somebody_else_named_so_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "tunebook-results").mkdir()
    sweep_folders("tunebook-", tmp_path)
    assert (tmp_path / "tunebook-results").is_dir()
