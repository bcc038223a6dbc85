"""What a dataset is: items with labels or boxes, in named splits, of an immutable version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

SPLITS = ("train", "train-val", "test-val", "test")
"""The names of the splits, in the order in which they are shown."""


class Kind(StrEnum):
    """What the items are and what is to be predicted."""

    IMAGE_CLASSES = "image classification"
    DETECTION = "object detection"
    TEXT_CLASSES = "text classification"
    TABLE = "tabular"


@dataclass(frozen=True, slots=True)
class Box:
    """A box in pixels with its class; one to ignore (crowd, difficult) is not judged."""

    x: float
    y: float
    width: float
    height: float
    label: int
    is_ignored: bool = False

    @property
    def area(self) -> float:
        """Width times height."""
        return self.width * self.height


@dataclass(frozen=True, slots=True)
class Item:
    """One example. ``source`` says where it came from: a file, or a file with its line.

    ``file`` is the image within the version's folder; ``text`` and ``row`` are those of texts and
    tables. ``label`` is the number of a class, or a number to predict; None if unlabelled.
    """

    id: str
    source: str
    split: str
    label: float | None = None
    boxes: tuple[Box, ...] = ()
    file: str | None = None
    size: tuple[int, int] | None = None
    text: str | None = None
    row: tuple[float | str | None, ...] = ()
    digest: str = ""

    @property
    def objects(self) -> tuple[Box, ...]:
        """The boxes that are to be found: without those to ignore."""
        return tuple(box for box in self.boxes if not box.is_ignored)


@dataclass(frozen=True, slots=True)
class Fault:
    """What could not be imported whole, and why; ``check`` of the quality report tells it."""

    source: str
    why: str
    is_left_out: bool = True
    check: str = "import"


@dataclass(frozen=True, slots=True)
class Dataset:
    """All items of one version. ``columns`` name the fields of rows of a table."""

    kind: Kind
    classes: tuple[str, ...]
    items: tuple[Item, ...]
    columns: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    def of_split(self, split: str) -> list[Item]:
        """Return the items of a split, in their order."""
        return [item for item in self.items if item.split == split]

    def labelled(self, split: str) -> list[Item]:
        """Return the items of a split that have a label."""
        return [item for item in self.of_split(split) if item.label is not None]

    @property
    def splits(self) -> tuple[str, ...]:
        """The names of the splits that have items, the training set first."""
        there = {item.split for item in self.items}
        return tuple(sorted(there, key=lambda name: SPLITS.index(name) if name in SPLITS else -1))

    def version(self) -> str:
        """Return the content's hash: the same items under any name have the same one (S0.1)."""
        digest = hashlib.sha256(json.dumps([self.kind, self.classes, self.columns]).encode())
        for item in sorted(self.items, key=lambda item: item.id):
            told = _fields(item)
            del told["source"], told["file"]
            digest.update(json.dumps(told, sort_keys=True).encode())
        return digest.hexdigest()[:16]


def to_lines(dataset: Dataset) -> Iterable[str]:
    """Yield the dataset as lines of JSON: its head, then an item a line."""
    head = {
        "kind": dataset.kind,
        "classes": dataset.classes,
        "columns": dataset.columns,
        "faults": [asdict(fault) for fault in dataset.faults],
        "details": dict(dataset.details),
    }
    yield json.dumps(head, ensure_ascii=False)
    for item in dataset.items:
        told = {name: value for name, value in _fields(item).items() if value not in (None, (), "")}
        yield json.dumps(told, ensure_ascii=False)


def _fields(item: Item) -> dict[str, Any]:
    """Return an item's fields. Without boxes to ignore they are those of earlier versions."""
    fields = asdict(item)
    for box in fields["boxes"]:
        if not box["is_ignored"]:
            del box["is_ignored"]
    return fields


def from_lines(lines: Sequence[str]) -> Dataset:
    """Undo ``to_lines``."""
    head, *rest = (json.loads(line) for line in lines if line)
    return Dataset(
        Kind(head["kind"]),
        tuple(head["classes"]),
        tuple(_item(told) for told in rest),
        tuple(head["columns"]),
        tuple(Fault(**fault) for fault in head["faults"]),
        head["details"],
    )


def _item(told: dict[str, Any]) -> Item:
    boxes = tuple(Box(**box) for box in told.pop("boxes", ()))
    size = told.pop("size", None)
    row = tuple(told.pop("row", ()))
    return Item(**told, boxes=boxes, size=None if size is None else (size[0], size[1]), row=row)
