"""A disk that fills up while a study is driven: nothing is lost, and it goes on with space."""

from __future__ import annotations

import pytest

from tunebook.records import StudyState
from tunebook.storage import sqlite_file

N_PAGES = 20
RAISED = 3


def with_few_pages() -> None:
    """Let the database of this process be no larger than some pages."""
    configure = sqlite_file._configure  # noqa: SLF001 - a full disk cannot be had otherwise

    def configured(connection, record):
        configure(connection, record)
        connection.execute(f"PRAGMA max_page_count = {N_PAGES}")

    sqlite_file._configure = configured  # noqa: SLF001 - in the child alone


@pytest.mark.parametrize("ballast", [0, 300_000], ids=["by the log", "by checkpoints"])
@pytest.mark.parametrize("workers", [0, 2])
def test_full_disk_ends_the_study_with_its_error_and_loses_nothing(
    crash, undisturbed, disk, workers, ballast
):
    study = crash(workers=workers, ballast=ballast)
    is_disk = disk(study.home, "size=1m")
    assert study.live(None if is_disk else with_few_pages) == RAISED, study.said
    assert "StoreFullError: [E204]" in study.said
    if is_disk and not (workers and ballast):
        # With workers the log may be refused its next line before a checkpoint's refusal is heard.
        assert ("could not go on for want of space" in study.said) == bool(ballast)
    facts = study.facts
    assert 0 < len(facts.trials) < len(undisturbed)
    study.check_so_far(undisturbed)
    if is_disk:
        assert disk(study.home, "remount", "size=50m")
    assert study.live() == 0, study.said
    study.check_finished(undisturbed)
    assert study.facts.state is StudyState.DONE
