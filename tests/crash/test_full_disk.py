"""A disk that fills up while a study is driven: nothing is lost, and it goes on with space."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tunebook.records import StudyState
from tunebook.storage import sqlite_file

N_PAGES = 20
RAISED = 3


def mounted(folder: Path, *options: str) -> bool:
    """Mount memory as a disk, where this process may do that."""
    command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(folder)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def with_few_pages() -> None:
    """Let the database of this process be no larger than some pages."""
    configure = sqlite_file._configure  # noqa: SLF001 - a full disk cannot be had otherwise

    def configured(connection, record):
        configure(connection, record)
        connection.execute(f"PRAGMA max_page_count = {N_PAGES}")

    sqlite_file._configure = configured  # noqa: SLF001 - in the child alone


@pytest.fixture
def small_disk() -> Iterator[Callable[[Path], bool]]:
    """Put a disk of one MiB on a folder; returns whether that was possible."""
    made = []

    def make(folder: Path) -> bool:
        if not mounted(folder, "size=1m"):
            return False
        made.append(folder)
        return True

    yield make
    for folder in made:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("ballast", [0, 300_000], ids=["by the log", "by checkpoints"])
@pytest.mark.parametrize("workers", [0, 2])
def test_full_disk_ends_the_study_with_its_error_and_loses_nothing(
    crash, undisturbed, small_disk, workers, ballast
):
    study = crash(workers=workers, ballast=ballast)
    is_disk = small_disk(study.home)
    assert study.live(None if is_disk else with_few_pages) == RAISED, study.said
    assert "StoreFullError: [E204]" in study.said
    if is_disk and not (workers and ballast):
        # With workers the log may be refused its next line before a checkpoint's refusal is heard.
        assert ("could not go on for want of space" in study.said) == bool(ballast)
    facts = study.facts
    assert 0 < len(facts.trials) < len(undisturbed)
    study.check_so_far(undisturbed)
    if is_disk:
        assert mounted(study.home, "remount", "size=50m")
    assert study.live() == 0, study.said
    study.check_finished(undisturbed)
    assert study.facts.state is StudyState.DONE
