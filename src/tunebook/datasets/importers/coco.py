"""COCO: a JSON file of images, annotations and categories, beside a folder of images."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tunebook.datasets.importers.items import add_box, compare_size
from tunebook.datasets.opener import Source, files_with, plain
from tunebook.datasets.records import Box, Dataset, Item, Kind
from tunebook.datasets.splitting import split_name, split_of_path
from tunebook.errors import DatasetError

_PARTS = ("images", "annotations", "categories")


def coco_files(source: Source) -> list[str]:
    """Return the JSON files with the words of COCO's tables, be they damaged or not."""
    words = [f'"{part}"' for part in _PARTS]
    return files_with(source, source.named(".json"), *words, at_least=2)


def read_coco(source: Source) -> Dataset:
    """Return images and boxes of every COCO file; its name or its folder may tell the split."""
    tables = {}
    for place in coco_files(source):
        table = source.json(place)
        if isinstance(table, dict) and all(isinstance(table.get(p), list) for p in _PARTS):
            tables[place] = table
    if not tables:
        raise DatasetError(
            "There is no COCO file",
            got=source.name,
            expected="a .json with lists of images, annotations and categories",
        )
    classes = {place: _categories(source, place, table) for place, table in tables.items()}
    names = sorted({name for found in classes.values() for name in found.values()})
    items: dict[str, Item] = {}
    for place, table in tables.items():
        split = _split(place)
        label_of = {key: names.index(name) for key, name in classes[place].items()}
        boxes_of = _annotations(source, place, table)
        n_again = 0
        for image in _images(source, place, table):
            annotations = boxes_of.pop(plain(image["id"]), [])
            item = _item(source, place, image, annotations=annotations, label_of=label_of)
            if item is None:
                continue
            n_again += item.id in items
            items.setdefault(item.id, replace(item, split=split or split_of_path(item.id)))
        if n_again:
            source.fault(place, f"names {n_again} pictures again: their first annotations count")
        for annotation in (one for boxes in boxes_of.values() for one in boxes):
            source.fault(_line(place, annotation), "is of an image that is not there")
    return Dataset(Kind.DETECTION, tuple(names), tuple(items.values()))


def _split(place: str) -> str:
    return split_name(posixpath.basename(place)[:-5], is_file=True) or split_of_path(place)


def _images(source: Source, place: str, table: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the entries of images that can be used, each id once: as text, as some write it."""
    seen = set[str]()
    for number, image in enumerate(table["images"]):
        if not isinstance(image, dict) or not {"id", "file_name"} <= set(image):
            source.fault(f"{place} image {number}", "has no id or no file_name")
        elif plain(image["id"]) in seen:
            source.fault(f"{place} image {image['id']}", "has the number of another image")
        else:
            seen.add(plain(image["id"]))
            yield image


def _line(place: str, annotation: dict[str, Any]) -> str:
    return f"{place} annotation {annotation.get('id', 'without id')}"


def _categories(source: Source, place: str, table: dict[str, Any]) -> dict[str, str]:
    """Return the classes of a file by id."""
    found: dict[str, str] = {}
    for number, category in enumerate(table["categories"]):
        named = isinstance(category, dict) and isinstance(category.get("name"), str | int)
        if not named or "id" not in category or not plain(category["name"]).strip():
            source.fault(f"{place} category {number}", "has no id or no name")
            continue
        name, key = plain(category["name"]).strip(), plain(category["id"])
        if found.setdefault(key, name) != name:
            raise DatasetError(
                f"{place} gives the id {key} to two categories", got=f"{found[key]}, {name}"
            )
    return found


def _annotations(
    source: Source, place: str, table: dict[str, Any]
) -> dict[str, list[dict[str, Any]]]:
    """Return the annotations by the id of their image."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    seen = set[str]()
    for number, annotation in enumerate(table["annotations"]):
        if not isinstance(annotation, dict):
            source.fault(f"{place} annotation {number}", "is not an object")
            continue
        key = plain(annotation.get("id", f"number {number}"))
        if key in seen:
            why = "has the id of another annotation"
            source.fault(_line(place, annotation), why, is_left_out=False)
        seen.add(key)
        found[plain(annotation.get("image_id"))].append(annotation)
    return found


def _item(
    source: Source,
    place: str,
    image: dict[str, Any],
    *,
    annotations: list[dict[str, Any]],
    label_of: dict[str, int],
) -> Item | None:
    line, name = f"{place} image {plain(image['id'])}", str(image["file_name"])
    found = source.find(name, source=line, near=posixpath.dirname(place), split=_split(place))
    facts = source.image(found) if found is not None else None
    if found is None or facts is None:
        return None
    boxes = list[Box]()
    for annotation in annotations:
        told = _line(place, annotation)
        label, numbers = label_of.get(plain(annotation.get("category_id"))), annotation.get("bbox")
        if label is None or not isinstance(numbers, list):
            source.fault(told, "has no known class" if label is None else "has no box")
            continue
        is_crowd = annotation.get("iscrowd") in (1, True, "1")
        add_box(boxes, numbers, label, of=(source, told, facts), is_ignored=is_crowd)
    compare_size(source, line, [image.get("width"), image.get("height")], facts)
    return Item(found, line, "", None, tuple(boxes), found, facts.size, digest=facts.digest)
