"""Lists of images: ``train.txt``, ``test.txt`` and so on, a line ``path class`` for each image.

Of two published divisions of the same images, each is a version of its own (S3.1): runs on
different ones are not comparable (I1).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tunebook.datasets.importers.images import labelled_image
from tunebook.datasets.records import Dataset, Fault, Item, Kind
from tunebook.datasets.splitting import split_name
from tunebook.errors import DatasetError

CLASSES = "classes.txt"
"""The names of the classes by number, a line each; without it a class is called as in the lists."""


def list_files(root: Path) -> dict[str, Path]:
    """Return the lists in a folder by their split: text files that are called like one."""
    found = {split_name(path.stem): path for path in sorted(root.glob("*.txt"))}
    return {split: path for split, path in found.items() if split is not None}


def looks_like_lists(root: Path) -> bool:
    """Whether every list begins with an image that is there, and its class."""
    lists = list_files(root)
    return bool(lists) and all(_begins_well(root, path) for path in lists.values())


def _begins_well(root: Path, path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as file:
        place, _, word = file.readline().strip().rpartition(" ")
    return bool(place and word) and (root / place.strip()).is_file()


@dataclass
class _Read:
    """What the lists told so far."""

    root: Path
    lines: list[tuple[str, str, str]] = field(default_factory=list)
    """Split, path and class."""
    faults: list[Fault] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)


def read_lists(root: Path) -> Dataset:
    """Return the images that lists name; each faulty line is a fault by list and number."""
    lists = list_files(root)
    if not lists:
        raise DatasetError(
            "There are no lists of images",
            got=root.name,
            expected="train.txt, test.txt, ...: a line 'path class' for each image",
        )
    told = _Read(root)
    for split, path in lists.items():
        text = path.read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                _take(told, split, line, f"{path.name}:{number}")
    names = _names(root, told)
    label_of = {name: label for label, name in enumerate(names)}
    items = list[Item]()
    for split, place, word in told.lines:
        label = label_of[word] if word in label_of else int(word)
        item, fault = labelled_image(root, place, split=split, label=label)
        items += [] if item is None else [item]
        told.faults += [] if fault is None else [fault]
    return Dataset(Kind.IMAGE_CLASSES, tuple(names), tuple(items), faults=tuple(told.faults))


def _take(told: _Read, split: str, line: str, source: str) -> None:
    """Take a line in, or say what is wrong with it."""
    place, _, word = line.strip().rpartition(" ")
    place = place.strip()
    path = told.root / place
    why = None
    if not place:
        why = "has no path and class"
    elif not path.resolve().is_relative_to(told.root.resolve()):
        why = f"names {place}, which lies outside of the folder"
    elif not path.is_file():
        why = f"names {place}, which is not there"
    elif place in told.seen:
        why = f"names {place} again, after {told.seen[place]}"
    if why is not None:
        told.faults.append(Fault(source, why))
        return
    told.seen[place] = source
    told.lines.append((split, place, word))


def _names(root: Path, told: _Read) -> list[str]:
    """Return the classes by number: those of a file, else the words of the lists in order."""
    words = {word for _, _, word in told.lines}
    are_numbers = all(word.isdigit() for word in words)
    if (root / CLASSES).is_file():
        lines = (root / CLASSES).read_text(encoding="utf-8", errors="replace").splitlines()
        # CUB numbers its classes in their file: "1 001.Black_footed_Albatross".
        names = [line.split(maxsplit=1)[-1].strip() for line in lines if line.strip()]
        wrong = words - set(names) - {str(i) for i in range(len(names))}
        if wrong:
            raise DatasetError(
                f"The lists have classes that {CLASSES} has not",
                got=", ".join(sorted(wrong)[:5]),
                expected=f"names, or numbers from 0 to {len(names) - 1}",
            )
        return names
    return sorted(words, key=int) if are_numbers else sorted(words)
