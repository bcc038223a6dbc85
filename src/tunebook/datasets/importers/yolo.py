"""YOLO: a text file of boxes for each image, in shares of its size, and names of classes."""

from __future__ import annotations

import math
import posixpath
import re
from collections import Counter, defaultdict
from typing import Any

from tunebook.datasets.importers.items import add_box
from tunebook.datasets.opener import ImageFacts, Source, files_with, plain
from tunebook.datasets.records import Box, Dataset, Item, Kind
from tunebook.datasets.splitting import split_name, split_of_path
from tunebook.errors import DatasetError

_CLASSES = "classes.txt"
_IMAGES = ("images", "jpegimages")
_KEYS = {"train": "train", "val": "train-val", "valid": "train-val", "test": "test"}


def yolo_files(source: Source) -> list[str]:
    """Return the files that name the classes, be they damaged or not."""
    return files_with(source, source.named(".yaml", ".yml"), "names") or _lists_of_names(source)


def _lists_of_names(source: Source) -> list[str]:
    return [p for p in source.files if p.endswith(".names") or posixpath.basename(p) == _CLASSES]


def read_yolo(source: Source) -> Dataset:
    """Return images and boxes; names come from ``data.yaml`` or ``classes.txt``.

    The labels of an image are those of its name in the same folder, or where ``labels`` stands for
    ``images`` in its path, or of the only file of its name. Splits are as ``data.yaml`` or lists
    say, else as the folders are called.
    """
    described = _described(source)
    names = _class_names(source, described)
    images = source.images()
    texts = [place for place in source.named(".txt") if posixpath.basename(place) != _CLASSES]
    split_of = _splits(source, described, images, texts)
    labels = _labels_of(source, images, texts)
    has_keypoints = any("kpt_shape" in body for body in described.values())
    items = list[Item]()
    for place in images:
        told = labels.get(place)
        if split_of is not None and place not in split_of:
            continue
        facts = source.image(place)
        lines = (source.attempt(source.lines, told) if told else None) or ()
        if facts is None:
            continue
        boxes = list[Box]()
        for number, line in enumerate(lines, 1):
            words = line.split()
            if words:
                of = (source, f"{told} line {number}", facts)
                _add(boxes, words[:5] if has_keypoints else words, len(names), of=of)
        by_path = split_of_path(place) or split_of_path(told or "")
        split = by_path if split_of is None else split_of[place]
        items.append(
            Item(place, place, split, None, tuple(boxes), place, facts.size, digest=facts.digest)
        )
    return Dataset(Kind.DETECTION, tuple(names), tuple(items))


def _described(source: Source) -> dict[str, dict[str, Any]]:
    """Return the YAML files that name classes, by their places."""
    places = files_with(source, source.named(".yaml", ".yml"), "names")
    read = {place: source.attempt(source.yaml, place) for place in places}
    return {p: body for p, body in read.items() if isinstance(body, dict) and body.get("names")}


def _class_names(source: Source, described: dict[str, dict[str, Any]]) -> list[str]:
    """Return the classes by number; ``DatasetError`` if there are none, or files that disagree."""
    found = {place: _named(place, body["names"]) for place, body in described.items()}
    for place in _lists_of_names(source) if not found else ():
        lines = [plain(line).strip() for line in source.lines(place)]
        while lines and not lines[-1]:
            lines.pop()
        found[place] = lines
    if len({tuple(names) for names in found.values()}) > 1:
        raise DatasetError(
            "Two files name the classes differently",
            got=" and ".join(sorted(found)),
            do="Leave one of them out",
        )
    if not found or not all(found.values()):
        raise DatasetError(
            "YOLO boxes have no names of classes",
            got=source.name,
            expected="data.yaml with names, or classes.txt",
            do="; ".join(f"{fault.source} {fault.why}" for fault in source.faults[:3]) or None,
        )
    return next(iter(found.values()))


def _named(place: str, names: Any) -> list[str]:
    """Return the names of a list, or of a mapping from numbers."""
    if isinstance(names, list) and all(isinstance(name, str) for name in names):
        return [plain(name) or str(number) for number, name in enumerate(names)]
    numbered = {
        int(key): plain(name)
        for key, name in (names.items() if isinstance(names, dict) else ())
        if isinstance(name, str) and re.fullmatch(r"[0-9]{1,5}", key.strip())
    }
    if not numbered or len(numbered) < len(names):
        what = "has names that are not a list, and not a mapping from numbers to names"
        raise DatasetError(f"{place} {what}", got=str(names)[:80])
    return [numbered.get(number) or str(number) for number in range(max(numbered) + 1)]


def _labels_of(source: Source, images: list[str], texts: list[str]) -> dict[str, str]:
    """Return the file of labels of each image that has one."""
    known = {_stem(text): text for text in texts}
    found: dict[str, str] = {}
    for image in images:
        parts = _stem(image).split("/")
        places = [i for i, part in enumerate(parts[:-1]) if part.lower() in _IMAGES]
        mirrored = ["/".join([*parts[:i], "labels", *parts[i + 1 :]]) for i in places[::-1]]
        own = next((known[one] for one in [_stem(image), *mirrored] if one in known), None)
        found |= {} if own is None else {image: own}
    by_name: dict[str, list[str]] = defaultdict(list)
    for text in sorted(set(texts) - set(found.values())):
        by_name[posixpath.basename(_stem(text))].append(text)
    n_of = Counter(posixpath.basename(_stem(image)) for image in images)
    for image in images:
        name, split = posixpath.basename(_stem(image)), split_of_path(image)
        alike = by_name.get(name, []) if image not in found else []
        alike = [text for text in alike if not split or split_of_path(text) in ("", split)]
        if len(alike) == 1 and n_of[name] == 1:
            found[image] = alike[0]
        elif alike:
            source.fault(image, f"may have the labels of {' or '.join(alike[:3])}")
    for text in sorted(set(texts) - set(found.values())):
        if "labels" in text.lower().split("/")[:-1]:
            source.fault(text, "has no image of its name")
    return found


def _stem(place: str) -> str:
    return posixpath.splitext(place)[0]


def _splits(
    source: Source, described: dict[str, dict[str, Any]], images: list[str], texts: list[str]
) -> dict[str, str] | None:
    """Return the split of each image that a YAML file or a list names; None if none does."""
    members: dict[str, set[str]] = defaultdict(set)
    for place, body in described.items():
        for key, split in _KEYS.items():
            entries = body.get(key) or []
            for entry in [entries] if isinstance(entries, str) else entries:
                members[split] |= _entry(source, place, f"{body.get('path') or ''}", str(entry))
    stems = set(map(_stem, images))
    for place in texts if not members else ():
        named = split_name(posixpath.basename(_stem(place)))
        if named is not None and _stem(place) not in stems:
            members[named] |= _listed(source, place)
    filled = {split: places for split, places in members.items() if places}
    if len(filled) > 1 and len({frozenset(places) for places in filled.values()}) == 1:
        why = f"gives the same images to {' and '.join(filled)}: none of the splits is taken"
        source.fault(next(iter(described), source.name), why, is_left_out=False)
        return None
    found: dict[str, str] = {}
    for split in ("test", "train-val", "train"):
        for place in sorted(filled.get(split, ())):
            if found.setdefault(place, split) != split:
                why = f"is in {split} too: it stays in {found[place]}"
                source.fault(place, why, is_left_out=False)
    return found or None


def _entry(source: Source, place: str, path: str, entry: str) -> set[str]:
    """Return the images that an entry of ``data.yaml`` means: of a folder, or of a list."""
    near = posixpath.dirname(place)
    entry = entry.strip().replace("\\", "/")
    starts = (posixpath.join(near, path.replace("\\", "/")), near, "")
    places = [posixpath.join(start, entry) for start in starts]
    # Exports name folders as they lay on another machine: "../train/images", "/content/x/val".
    parts = [part for part in entry.split("/") if part not in ("", ".", "..")]
    places += [posixpath.join(near, *parts[i:]) for i in range(len(parts))]
    for whole in map(posixpath.normpath, places):
        if found := _inside(source, whole):
            return found
    source.fault(place, f"names {entry}, which is not there or has no images", is_left_out=False)
    return set()


def _inside(source: Source, place: str) -> set[str]:
    if place.lower().endswith(".txt"):
        return _listed(source, place) if place in source.files else set()
    return set(source.images("" if place == "." else place))


def _listed(source: Source, place: str) -> set[str]:
    near = posixpath.dirname(place)
    lines = [(n, line.strip()) for n, line in enumerate(source.lines(place), 1) if line.strip()]
    found = {source.find(line, source=f"{place} line {n}", near=near) for n, line in lines}
    return {image for image in found if image is not None} & set(source.images())


def _add(
    boxes: list[Box], words: list[str], n_classes: int, *, of: tuple[Source, str, ImageFacts]
) -> None:
    """Add the box of a line: class and box, or class and the corners of a polygon."""
    source, line, facts = of
    try:
        label, *numbers = map(float, words)
    except ValueError:
        label, numbers = math.nan, []
    is_polygon = len(numbers) >= 6 and len(numbers) % 2 == 0
    if (len(numbers) != 4 and not is_polygon) or not all(map(math.isfinite, numbers)):
        source.fault(line, "is not: class x y width height, nor class and corners x y x y x y ...")
        return
    if label not in range(n_classes):
        source.fault(line, f"names class {label:g}, of {n_classes}")
        return
    across, down = facts.size
    if is_polygon:
        left, right = min(numbers[::2]), max(numbers[::2])
        top, bottom = min(numbers[1::2]), max(numbers[1::2])
        numbers = [(left + right) / 2, (top + bottom) / 2, right - left, bottom - top]
    x, y, width, height = numbers
    corner = ((x - width / 2) * across, (y - height / 2) * down)
    add_box(boxes, (*corner, width * across, height * down), int(label), of=of)
