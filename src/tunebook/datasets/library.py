"""The datasets of a home folder: imported whole or not at all, under a version that never changes.

``<home>/datasets/<name>/<version>/`` holds ``items.jsonl``, the images in ``files/``, and
``report.json``. A version is the hash of its content: importing the same files again finds it.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tunebook.datasets.archives import is_archive, unpack
from tunebook.datasets.importers.coco import read_coco
from tunebook.datasets.importers.folders import read_folders
from tunebook.datasets.importers.lists import looks_like_lists, read_lists
from tunebook.datasets.importers.tables import SUFFIXES, read_table, read_texts
from tunebook.datasets.importers.voc import read_voc
from tunebook.datasets.importers.yolo import read_yolo
from tunebook.datasets.quality import quality_sections
from tunebook.datasets.records import Dataset, from_lines, to_lines
from tunebook.datasets.splitting import DEFAULT_SHARES, with_splits
from tunebook.datasets.working_folder import WorkingFolder
from tunebook.errors import DatasetError, nearest
from tunebook.records.section import encode

FORMATS: Mapping[str, Callable[[Path], Dataset]] = {
    "folders": read_folders,
    "lists": read_lists,
    "coco": read_coco,
    "voc": read_voc,
    "yolo": read_yolo,
    "texts": read_texts,
}
TABLE = "table"


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
    """How a dataset is imported: by default the format is found out, and so are the splits.

    ``shares`` are of the splits to draw, ``target`` and ``text`` are columns of a table.
    """

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
    _check_name(name)
    if not path.exists():
        raise DatasetError("There is no such file or folder", got=str(path))
    place = home / "datasets"
    place.mkdir(parents=True, exist_ok=True)
    with WorkingFolder(".importing-", place) as working:
        root = path
        if is_archive(path):
            root = working / "unpacked"
            unpack(path, root)
            root = _inner(root)
        dataset = _read(root, chosen)
        if not dataset.items:
            why = "; ".join(f"{fault.source} {fault.why}" for fault in dataset.faults[:5])
            raise DatasetError("Nothing could be imported", got=why or path.name)
        if chosen.shares is not None or not all(item.split for item in dataset.items):
            dataset = with_splits(dataset, chosen.shares or DEFAULT_SHARES, seed=chosen.seed)
        return _keep(dataset, name, root if root.is_dir() else root.parent, place, working)


def _check_name(name: str) -> None:
    is_usable = name.isprintable() and name.strip(". ") == name and 0 < len(name) <= 100
    if not is_usable or any(c in name for c in '/\\:*?"<>|'):
        raise DatasetError(
            "A dataset cannot have this name", got=name, expected="letters, digits, - and _"
        )


def _inner(folder: Path) -> Path:
    """Return the only folder in a folder, as archives often have one, else the folder itself."""
    inside = [p for p in folder.iterdir() if not p.name.startswith(("__", "."))]
    return _inner(inside[0]) if len(inside) == 1 and inside[0].is_dir() else folder


def _read(root: Path, options: ImportOptions) -> Dataset:
    if options.format is not None and options.format not in {*FORMATS, TABLE}:
        known = [*FORMATS, TABLE]
        raise DatasetError(
            "There is no such format",
            got=options.format,
            expected=", ".join(known),
            do=nearest(options.format, known),
        )
    kind = options.format or guessed_format(root)
    if kind == TABLE:
        table = root if root.is_file() else next(p for s in SUFFIXES for p in root.glob(f"*{s}"))
        return read_table(table, target=options.target, text=options.text)
    return FORMATS[kind](root)


def guessed_format(root: Path) -> str:
    """Return the format that files look like; ``DatasetError`` if they look like none."""
    if root.is_file():
        if root.suffix.lower() in SUFFIXES:
            return TABLE
        raise DatasetError(
            "This file is no dataset",
            got=root.name,
            expected=f"a folder, an archive, or one of {', '.join(SUFFIXES)}",
        )
    names = [p.name.lower() for p in root.rglob("*") if p.is_file()]
    suffixes = {Path(name).suffix for name in names}
    if ".xml" in suffixes:
        return "voc"
    if ".json" in suffixes:
        return "coco"
    has_images = bool(suffixes & {".jpg", ".jpeg", ".png", ".bmp"})
    if has_images and looks_like_lists(root):
        return "lists"
    if has_images and (".yaml" in suffixes or "classes.txt" in names or "obj.names" in names):
        return "yolo"
    if has_images:
        return "folders"
    if ".txt" in suffixes:
        return "texts"
    if suffixes & set(SUFFIXES):
        return TABLE
    raise DatasetError(
        "Nothing in this folder looks like a dataset",
        got=root.name,
        expected="images in folders or lists, COCO, Pascal VOC, YOLO, texts in folders, or a table",
    )


def _keep(dataset: Dataset, name: str, root: Path, place: Path, working: Path) -> Stored:
    version = dataset.version()
    folder = place / name / version
    if (folder / "items.jsonl").exists():
        return Stored(name, version, folder, _load(folder))
    made = working / "version"
    made.mkdir()
    for item in dataset.items:
        if item.file is not None:
            target = made / "files" / item.file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / item.file, target)
    text = "\n".join(to_lines(dataset)) + "\n"
    (made / "items.jsonl").write_text(text, encoding="utf-8")
    stored = Stored(name, version, made, dataset)
    (made / "report.json").write_text(encode(quality_sections(dataset, made)), encoding="utf-8")
    folder.parent.mkdir(exist_ok=True)
    # One rename: a version is there whole, or not at all.
    made.replace(folder)
    return replace(stored, folder=folder)


def _load(folder: Path) -> Dataset:
    return from_lines((folder / "items.jsonl").read_text(encoding="utf-8").splitlines())


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
    """Return a dataset by name, its latest version unless one is named (``name@version`` too).

    ``DatasetError`` offers the nearest name.
    """
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
    try:
        return (stored.folder / "items.jsonl").stat().st_mtime
    except OSError:
        return time.time()
