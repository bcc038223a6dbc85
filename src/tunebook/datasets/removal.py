"""Deleting and renaming a dataset with all its versions."""

from __future__ import annotations

import shutil
from pathlib import Path

from tunebook.datasets.library import check_name, open_dataset
from tunebook.errors import DatasetError


def delete_dataset(name: str, home: Path) -> None:
    """Delete all versions of a dataset; ``DatasetError`` offers the nearest name."""
    shutil.rmtree(open_dataset(name, home).folder.parent)


def rename_dataset(name: str, new_name: str, home: Path) -> None:
    """Give a dataset another name; ``DatasetError`` if it is taken."""
    check_name(new_name)
    folder = open_dataset(name, home).folder.parent
    target = folder.with_name(new_name)
    if target.exists():
        raise DatasetError(
            "There is a dataset of that name already", got=new_name, do="Choose another name"
        )
    folder.rename(target)
