"""Deleting and renaming a guide, with the studies that it ran."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from tunebook.errors import InputError, nearest
from tunebook.guide.log import GuideLog
from tunebook.study.opening import Opened
from tunebook.study.removal import delete_study, rename_study


def guide_names(home: Path) -> list[str]:
    """Return the names of the guides of a home folder."""
    return sorted(log.parent.name for log in (home / "guides").glob("*/log.jsonl"))


def is_of(guide: str, study: str) -> bool:
    """Whether a study, by its name, is one that the guide ran."""
    return study.startswith(f"{guide}/")


def delete_guide(name: str, home: Path, studies: Mapping[str, Opened]) -> None:
    """Delete a guide and those of the studies that it ran; refused while it is carried out."""
    with closing(_held(name, home)):
        for study, opened in studies.items():
            if is_of(name, study):
                delete_study(opened)
        shutil.rmtree(home / "guides" / name)


def rename_guide(name: str, new_name: str, home: Path, studies: Mapping[str, Opened]) -> None:
    """Rename a guide and those of the studies that it ran; refused while it is carried out."""
    if not new_name.strip(". ") or "/" in new_name:
        raise InputError("A guide cannot have this name", got=new_name, expected="a name without /")
    folder = home / "guides" / name
    target = folder.with_name(new_name)
    if target.exists():
        raise InputError("There is a guide of that name already", got=new_name)
    with closing(_held(name, home)):
        for study, opened in studies.items():
            if is_of(name, study):
                rename_study(opened, new_name + study.removeprefix(name))
        folder.rename(target)


def _held(name: str, home: Path) -> GuideLog:
    if name not in (known := guide_names(home)):
        raise InputError("There is no such guide", got=name, do=nearest(name, known))
    return GuideLog(home / "guides" / name)
