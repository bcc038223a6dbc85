"""A folder for each class, or for each split with one for each class in it."""

from __future__ import annotations

from pathlib import Path

from tunebook.datasets.importers.images import image_files, labelled_image
from tunebook.datasets.records import Dataset, Fault, Item, Kind
from tunebook.datasets.splitting import split_name
from tunebook.errors import DatasetError


def read_folders(root: Path) -> Dataset:
    """Return the images of ``root/class/`` or ``root/split/class/``."""
    folders = sorted(p for p in root.iterdir() if p.is_dir())
    by_split = {p: split_name(p.name) for p in folders}
    if folders and all(by_split.values()):
        parts = [(split or "", part) for part, split in by_split.items()]
    else:
        parts = [("", root)]
    names = sorted({p.name for _, part in parts for p in part.iterdir() if p.is_dir()})
    if len(names) < 2:
        raise DatasetError(
            "These are no folders of classes",
            got=f"{root.name} with {', '.join(names) or 'no folder'}",
            expected="a folder for each class, at least two, with images in it",
            do="Give the format with --format if it is another one",
        )
    items, faults = list[Item](), list[Fault]()
    for split, part in parts:
        for label, name in enumerate(names):
            files = image_files(part / name) if (part / name).is_dir() else []
            if not files:
                faults.append(Fault(str((part / name).relative_to(root)), "has no image"))
            for path in files:
                place = path.relative_to(root).as_posix()
                item, fault = labelled_image(root, place, split=split, label=label)
                items += [] if item is None else [item]
                faults += [] if fault is None else [fault]
    return Dataset(Kind.IMAGE_CLASSES, tuple(names), tuple(items), faults=tuple(faults))
