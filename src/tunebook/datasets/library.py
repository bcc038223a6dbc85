"""The datasets of a home folder: imported whole or not at all, under a version that never changes.

``<home>/datasets/<name>/<version>/`` holds ``items.jsonl``, the images in ``files/``, and
``report.json``. A version is the hash of its content: importing the same files again finds it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tunebook.datasets.archives import is_archive, unpack
from tunebook.datasets.importers.coco import coco_files, read_coco
from tunebook.datasets.importers.folders import read_folders
from tunebook.datasets.importers.lists import looks_like_lists, read_lists
from tunebook.datasets.importers.tables import SUFFIXES, read_table, read_texts
from tunebook.datasets.importers.voc import read_voc, voc_files
from tunebook.datasets.importers.yolo import read_yolo, yolo_files
from tunebook.datasets.opener import Source
from tunebook.datasets.quality_page import quality_sections
from tunebook.datasets.records import Dataset, from_lines, to_lines
from tunebook.datasets.splitting import checked_shares, with_all_splits
from tunebook.errors import DatasetError, nearest
from tunebook.files import WorkingFolder, write_file
from tunebook.records.section import encode

_TABLE = "table"
FORMATS: Mapping[str, tuple[Callable[[Source], object], Callable[..., Dataset]]] = {
    "voc": (voc_files, read_voc),
    "coco": (coco_files, read_coco),
    "lists": (looks_like_lists, read_lists),
    "yolo": (lambda source: source.images() and yolo_files(source), read_yolo),
    "folders": (Source.images, read_folders),
    "texts": (lambda source: any("/" in place for place in source.named(".txt")), read_texts),
    _TABLE: (lambda source: source.named(*SUFFIXES), read_table),
}
"""Whether files look like a format, in the order in which it is asked, and what reads them."""

_MAX_STRAYS = 200


@dataclass(frozen=True, slots=True)
class Stored:
    """A version of a dataset: where it is, and what it holds."""

    name: str
    version: str
    folder: Path
    dataset: Dataset

    def path_of(self, file: str) -> Path:
        """Return where an item's file is."""
        return self.folder / "files" / file


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to import; None is found out. ``target`` and ``text`` are columns of a table."""

    format: str | None = None
    shares: Mapping[str, float] | None = None
    seed: int = 0
    target: str | None = None
    text: str | None = None


def import_dataset(
    path: Path, name: str, home: Path, options: ImportOptions | None = None
) -> Stored:
    """Import a folder, a table or an archive as a new version, or find the one it is already.

    ``DatasetError`` if nothing can be read: then nothing was imported. What could not be read of
    the rest is in ``dataset.faults``.
    """
    chosen = options or ImportOptions()
    check_name(name)
    if chosen.shares is not None:
        checked_shares(chosen.shares)
    try:
        if not path.is_file() and not path.is_dir():
            why = "is not a file or folder" if path.exists() else "does not exist"
            raise DatasetError(f"{path} {why}")
        place = home / "datasets"
        place.mkdir(parents=True, exist_ok=True)
        with WorkingFolder(".importing-", place) as working:
            root = path
            if is_archive(path):
                root = working / "unpacked"
                unpack(path, root)
                root = _inner(root)
            source = Source(root)
            return _keep(_whole(source, chosen), name, source.root, place, working)
    except OSError as error:
        what = error.filename or path
        raise DatasetError(f"{what} cannot be read or written: {error.strerror}") from error


def _whole(source: Source, options: ImportOptions) -> Dataset:
    """Return what is read, with its faults and all splits; ``DatasetError`` if that is nothing."""
    dataset = _read(source, options)
    if not dataset.items:
        why = "; ".join(f"{fault.source} {fault.why}" for fault in source.faults[:5])
        raise DatasetError("Nothing could be imported", got=why or source.name)
    strays = [place for place in source.files if place not in source.opened]
    details = {**dataset.details, "n_strays": len(strays), "strays": strays[:_MAX_STRAYS]}
    faults = tuple(dict.fromkeys(source.faults))
    dataset = replace(dataset, faults=faults, details=details)
    return with_all_splits(dataset, options.shares, seed=options.seed)


def check_name(name: str) -> None:
    """Raise ``DatasetError`` for a name that a dataset cannot have."""
    is_usable = name.isprintable() and name.strip(". ") == name and 0 < len(name) <= 100
    if not is_usable or any(c in name for c in '/\\:*?"<>|'):
        raise DatasetError(
            "A dataset cannot have this name", got=name, expected="letters, digits, - and _"
        )


def _inner(folder: Path) -> Path:
    """Return the only folder in a folder, as archives often have one, else the folder itself."""
    inside = [p for p in folder.iterdir() if not p.name.startswith(("__", "."))]
    return _inner(inside[0]) if len(inside) == 1 and inside[0].is_dir() else folder


def _read(source: Source, options: ImportOptions) -> Dataset:
    kind = options.format or guessed_format(source)
    if kind not in FORMATS:
        raise DatasetError(
            "There is no such format",
            got=kind,
            expected=", ".join(FORMATS),
            do=nearest(kind, FORMATS),
        )
    _, read = FORMATS[kind]
    columns = {"target": options.target, "text": options.text} if kind == _TABLE else {}
    return read(source, **columns)


def guessed_format(source: Source) -> str:
    """Return the format that files look like; ``DatasetError`` if they look like none."""
    found = next((kind for kind, (fits, _) in FORMATS.items() if fits(source)), None)
    if found is None:
        why = "; ".join(f"{fault.source} {fault.why}" for fault in source.faults[:3])
        raise DatasetError(
            "Nothing here looks like a dataset",
            got=source.name,
            expected="images in folders or lists, COCO, Pascal VOC, YOLO, texts in folders, "
            f"an archive, or a table ({', '.join(SUFFIXES)})",
            do=why or None,
        )
    return found


def _keep(dataset: Dataset, name: str, root: Path, place: Path, working: Path) -> Stored:
    version = dataset.version()
    folder = place / name / version
    if (folder / "items.jsonl").exists():
        return Stored(name, version, folder, _with_news(folder, dataset))
    made = working / "version"
    made.mkdir()
    for item in dataset.items:
        if item.file is not None:
            target = made / "files" / item.file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / item.file, target)
    _write(dataset, made)
    folder.parent.mkdir(exist_ok=True)
    # One rename: a version is there whole, or not at all.
    made.replace(folder)
    return Stored(name, version, folder, dataset)


def _with_news(folder: Path, dataset: Dataset) -> Dataset:
    """Return the version with what this import finds: an earlier tunebook may have found less."""
    before = _load(folder)
    now = replace(before, faults=dataset.faults, details=dataset.details)
    if now != before:
        # The time says when the version was imported first.
        at = (folder / "items.jsonl").stat().st_mtime
        _write(now, folder)
        os.utime(folder / "items.jsonl", (at, at))
    return now


def _write(dataset: Dataset, folder: Path) -> None:
    """Write a version's items and its report, each whole or not at all."""
    write_file(folder / "items.jsonl", "\n".join(to_lines(dataset)) + "\n")
    write_file(folder / "report.json", encode(quality_sections(dataset, folder)))


def _load(folder: Path) -> Dataset:
    path = folder / "items.jsonl"
    try:
        return from_lines(path.read_text(encoding="utf-8").split("\n"))
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise DatasetError(
            f"The dataset's version {folder.name} is damaged, or a later tunebook wrote it",
            got=f"{path}: {error}",
            do="Import it again, or use that tunebook",
        ) from error


def versions_of(name: str, home: Path) -> list[Path]:
    """Return the folders of a dataset's versions, the latest last."""
    folder = home / "datasets" / name
    found = [p for p in folder.glob("*") if (p / "items.jsonl").exists()]
    return sorted(found, key=lambda p: (p / "items.jsonl").stat().st_mtime)


def names_of(home: Path) -> list[str]:
    """Return the names of all datasets of a home folder."""
    folder = home / "datasets"
    found = (p.name for p in sorted(folder.glob("*")) if not p.name.startswith("."))
    return [name for name in found if versions_of(name, home)]


def open_dataset(name: str, home: Path, version: str | None = None) -> Stored:
    """Return a dataset, its latest or ``name@version``; ``DatasetError`` offers the nearest."""
    plain, _, told = name.partition("@")
    wanted = version or told or None
    folders = versions_of(plain, home)
    if not folders:
        raise DatasetError(
            "There is no such dataset",
            got=plain,
            do=nearest(plain, names_of(home)) or "Import one by tunebook data import PATH",
        )
    matching = [p for p in folders if wanted is None or p.name.startswith(wanted)]
    if not matching:
        raise DatasetError(
            f"The dataset {plain!r} has no such version",
            got=wanted,
            expected=", ".join(p.name for p in folders),
        )
    folder = matching[-1]
    return Stored(plain, folder.name, folder, _load(folder))


def imported_at(stored: Stored) -> float:
    """Return when a version was imported, in seconds since the epoch."""
    return (stored.folder / "items.jsonl").stat().st_mtime


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
