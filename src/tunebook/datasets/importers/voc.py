"""Pascal VOC: an XML file for each image."""

from __future__ import annotations

import posixpath
import re
from xml.etree import ElementTree

from tunebook.datasets.importers.items import add_box, as_number, compare_size
from tunebook.datasets.opener import ImageFacts, Source, files_with, plain
from tunebook.datasets.records import Box, Dataset, Item, Kind
from tunebook.datasets.splitting import split_name, split_of_path
from tunebook.errors import DatasetError

_SIDES = ("xmin", "ymin", "xmax", "ymax")


def voc_files(source: Source) -> list[str]:
    """Return the XML files with an annotation, be they damaged or not."""
    return files_with(source, source.named(".xml"), "<annotation")


def read_voc(source: Source) -> Dataset:
    """Return images and boxes of XML files, split by ``ImageSets/Main``; a file's image is the
    nearest of its name, else its own ``filename``.
    """
    files = voc_files(source)
    if not files:
        raise DatasetError(
            "There is no Pascal VOC file", got=source.name, expected="an .xml with <annotation>"
        )
    trees = {place: source.attempt(source.xml, place) for place in files}
    annotations = {place: tree for place, tree in trees.items() if tree is not None}
    objects = {place: tree.findall("object") for place, tree in annotations.items()}
    named = {_name(thing) for things in objects.values() for thing in things}
    names = sorted(named - {""})
    split_of = _splits(source)
    by_stem: dict[str, list[str]] = {}
    for image in source.images():
        by_stem.setdefault(_stem(image), []).append(image)
    items: dict[str, Item] = {}
    for place, tree in annotations.items():
        found = _image(source, place, tree, by_stem.get(_stem(place), []))
        facts = source.image(found) if found is not None else None
        if found is None or facts is None:
            continue
        if found in items:
            source.fault(place, f"is of {found}, as {items[found].source} is")
            continue
        boxes = _boxes(source, place, objects[place], names=names, facts=facts)
        declared = [tree.findtext(f"size/{side}") for side in ("width", "height")]
        compare_size(source, place, declared, facts)
        split = split_of.get(_stem_below(place)) or split_of_path(place) or split_of_path(found)
        items[found] = Item(
            *(found, place, split, None, boxes, found, facts.size), digest=facts.digest
        )
    return Dataset(Kind.DETECTION, tuple(names), tuple(items.values()))


def _name(thing: ElementTree.Element) -> str:
    return plain(thing.findtext("name", "")).strip()


def _stem(place: str) -> str:
    return posixpath.splitext(posixpath.basename(place))[0]


def _stem_below(place: str) -> tuple[str, str]:
    """Return the folder that has ``Annotations`` or ``ImageSets``, and the file's name."""
    return re.split(r"(?:^|/)(?:Annotations|ImageSets)/", f"/{place}")[0].lstrip("/"), _stem(place)


def _splits(source: Source) -> dict[tuple[str, str], str]:
    """Return the splits that the lists of ``ImageSets/Main`` give to names of images."""
    lists = [p for p in source.named(".txt") if "ImageSets/Main/" in p and split_name(_stem(p))]
    found: dict[tuple[str, str], str] = {}
    both: dict[tuple[str, str], str] = {}
    for place in lists:
        split = split_name(_stem(place)) or ""
        for number, line in enumerate(source.attempt(source.lines, place) or (), 1):
            words = line.split()
            if not words:
                continue
            key = (_stem_below(place)[0], words[0])
            # "trainval" is both: the lists of its parts say more.
            if _stem(place) == "trainval":
                both[key] = split
            elif found.setdefault(key, split) != split:
                source.fault(f"{place} line {number}", f"names {key[1]}, which is in {found[key]}")
    return both | found


def _image(source: Source, place: str, tree: ElementTree.Element, alike: list[str]) -> str | None:
    """Return the image of an XML file: of its name, else the one that it names."""
    told = plain(tree.findtext("filename", "")).strip().replace("\\", "/")
    own = {posixpath.basename(image) for image in alike}
    wanted = told if posixpath.basename(told) in own or not own else own.pop()
    if own and wanted != told:
        source.fault(place, f"may be of {wanted} or of {own.pop()}")
        return None
    if not wanted:
        source.fault(place, "has no image of its name, and names none")
        return None
    if alike and _stem(told) not in ("", _stem(place)):
        why = f"names {told}, but the image of its own name was read"
        source.fault(place, why, is_left_out=False)
    near = posixpath.dirname(place)
    found = posixpath.basename(wanted) if alike else wanted
    return source.find(found, source=place, near=near, split=split_of_path(place))


def _boxes(
    source: Source,
    place: str,
    things: list[ElementTree.Element],
    *,
    names: list[str],
    facts: ImageFacts,
) -> tuple[Box, ...]:
    """Return the boxes of objects; one without a name or a box is left out, the others stay."""
    boxes = list[Box]()
    for number, thing in enumerate(things, 1):
        line = f"{place} object {number}"
        corners = [thing.findtext(f"bndbox/{side}", "").strip() for side in _SIDES]
        if not _name(thing) or not all(corners):
            source.fault(line, "has no box" if _name(thing) else "has no name")
            continue
        left, top, right, bottom = map(as_number, corners)
        is_ignored = thing.findtext("difficult", "0").strip() == "1"
        numbers = (left, top, right - left, bottom - top)
        label = names.index(_name(thing))
        add_box(boxes, numbers, label, of=(source, line, facts), is_ignored=is_ignored)
    return tuple(boxes)
