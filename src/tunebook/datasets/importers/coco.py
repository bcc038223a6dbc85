"""COCO: a JSON file of images, annotations and categories, beside a folder of images."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from tunebook.datasets.importers.boxes import usable_box
from tunebook.datasets.importers.images import read_facts
from tunebook.datasets.records import Box, Dataset, Fault, Item, Kind
from tunebook.datasets.splitting import split_name
from tunebook.errors import DatasetError


def read_coco(root: Path) -> Dataset:
    """Return images and boxes of every COCO file below ``root``; its name may tell the split."""
    files = [p for p in sorted(root.rglob("*.json")) if p.is_file()]
    tables = [(path, table) for path in files if (table := _table(path)) is not None]
    if not tables:
        raise DatasetError(
            "There is no COCO file",
            got=root.name,
            expected="a .json with images, annotations and categories",
        )
    names = sorted({str(c["name"]) for _, t in tables for c in t["categories"]})
    items, faults = list[Item](), list[Fault]()
    for path, table in tables:
        split = next(filter(None, map(split_name, path.stem.replace("_", "-").split("-"))), None)
        _read(path, table, split or split_name(path.parent.name) or "", root, names, items, faults)
    return Dataset(Kind.DETECTION, tuple(names), tuple(items), faults=tuple(faults))


def _table(path: Path) -> dict[str, Any] | None:
    try:
        with path.open(encoding="utf-8") as file:
            found = json.load(file, object_hook=_without_masks)
    except (ValueError, OSError) as error:
        raise DatasetError(f"{path.name} is no JSON", got=str(error)) from error
    is_coco = isinstance(found, dict) and {"images", "annotations", "categories"} <= set(found)
    return found if is_coco else None


def _without_masks(found: dict[str, Any]) -> dict[str, Any]:
    """Leave outlines out as they are read: in a large file they are most of it."""
    found.pop("segmentation", None)
    return found


def _read(
    path: Path,
    table: dict[str, Any],
    split: str,
    root: Path,
    names: list[str],
    items: list[Item],
    faults: list[Fault],
) -> None:
    places = {p.name: p for p in sorted(path.parent.rglob("*")) if p.is_file()}
    places |= {p.name: p for p in sorted(root.rglob("*")) if p.is_file() and p.name not in places}
    label_of = {c["id"]: names.index(str(c["name"])) for c in table["categories"]}
    boxes_of: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    known = {image["id"] for image in table["images"]}
    for number, annotation in enumerate(table["annotations"]):
        if annotation.get("image_id") not in known:
            faults.append(
                Fault(f"{path.name} annotation {number}", "is of an image that is not there")
            )
            continue
        boxes_of[annotation["image_id"]].append(annotation)
    seen: set[Any] = set()
    for image in table["images"]:
        source = f"{path.name} image {image['id']}"
        if image["id"] in seen:
            faults.append(Fault(source, "has the number of another image"))
            continue
        seen.add(image["id"])
        # Only the name counts: no path in a file may lead out of the folder.
        place = places.get(Path(str(image["file_name"])).name)
        facts = read_facts(place) if place is not None else f"misses its file {image['file_name']}"
        if isinstance(facts, str) or place is None:
            faults.append(Fault(source, str(facts)))
            continue
        found = list[Box]()
        for annotation in boxes_of[image["id"]]:
            told = f"{path.name} annotation {annotation.get('id')}"
            label, box = label_of.get(annotation.get("category_id")), annotation.get("bbox")
            if label is None or not isinstance(box, list) or len(box) != 4:
                why = "has no known class" if label is None else "has no box"
                faults.append(Fault(told, why))
                continue
            made, fault = usable_box(
                (box[0], box[1]), (box[2], box[3]), label, size=facts.size, source=told
            )
            found += [made] if made is not None else []
            faults += [fault] if fault is not None else []
        name = place.relative_to(root).as_posix()
        items.append(
            Item(name, source, split, None, tuple(found), name, facts.size, digest=facts.digest)
        )
