"""Deleting and renaming a study, with everything that lies under its name in the home folder.

Folders go first: killed half-way, the same command can be given again and completes.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from tunebook.errors import StudyExistsError
from tunebook.records import StudySpec, TrialNumber
from tunebook.settings import Settings
from tunebook.storage.checkpoints import folder_name
from tunebook.study.description import checked_name
from tunebook.study.opening import Opened, leased
from tunebook.study.running import trial_setup
from tunebook.study.study import Study


def folders_of(spec: StudySpec, settings: Settings) -> list[Path]:
    """Return the folders of this machine that hold the study's logs, trials and checkpoints."""
    setup, first = trial_setup(spec, settings, {}), TrialNumber(0)
    found = (setup.log_of(first).parent, setup.directory_of(first).parent)
    return [*found, Path(setup.open_checkpoints().root)]


def delete_study(opened: Opened) -> None:
    """Delete a study, its logs and its checkpoints; ``StudyBusyError`` while it is driven."""
    with leased(opened.store, opened.study):
        for folder in folders_of(Study(opened).spec, opened.settings):
            shutil.rmtree(folder, ignore_errors=True)
        opened.store.delete_study(opened.study)


def rename_study(opened: Opened, name: str) -> None:
    """Give a study another name; ``StudyBusyError`` while it is driven.

    ``StudyExistsError`` if the name is taken. Other studies that were begun from this one keep
    the name that it had then.
    """
    checked_name(name)
    with leased(opened.store, opened.study):
        if name in {entry.name for entry in opened.store.list_studies()}:
            raise StudyExistsError(
                "There is a study of that name already", got=name, do="Choose another name"
            )
        for folder in folders_of(Study(opened).spec, opened.settings):
            if folder.exists():
                folder.rename(folder.with_name(folder_name(name)))
        opened.store.rename_study(opened.study, name, time.time())
