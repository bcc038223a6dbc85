"""Pascal VOC: an XML file for each image."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from tunebook.datasets.importers.boxes import usable_box
from tunebook.datasets.importers.images import image_files, read_facts
from tunebook.datasets.records import Box, Dataset, Fault, Item, Kind
from tunebook.datasets.splitting import split_name
from tunebook.errors import DatasetError


def read_voc(root: Path) -> Dataset:
    """Return images and boxes of the XML files below ``root``; ``ImageSets/Main`` tells splits."""
    files = [p for p in sorted(root.rglob("*.xml")) if p.is_file()]
    if not files:
        raise DatasetError("There is no Pascal VOC file", got=root.name, expected="*.xml")
    images = {path.stem: path for path in image_files(root)}
    splits = {
        name.strip().split()[0]: split
        for path in sorted(root.rglob("ImageSets/Main/*.txt"))
        if (split := split_name(path.stem)) is not None
        for name in path.read_text(encoding="utf-8").splitlines()
        if name.strip()
    }
    read: list[tuple[Path, list[tuple[str, list[float]]]]] = []
    faults = list[Fault]()
    for path in files:
        found = _objects(path)
        if isinstance(found, str):
            faults.append(Fault(path.relative_to(root).as_posix(), found))
        else:
            read.append((path, found))
    names = sorted({name for _, objects in read for name, _ in objects})
    items = list[Item]()
    for path, objects in read:
        item = _item(root, path, objects, names, images, splits, faults)
        items += [item] if item is not None else []
    return Dataset(Kind.DETECTION, tuple(names), tuple(items), faults=tuple(faults))


def _objects(path: Path) -> list[tuple[str, list[float]]] | str:
    """Return names with corners of the boxes of a file, or what is wrong with it."""
    try:
        tree = ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        return f"is no XML: {error}"
    found = []
    for number, thing in enumerate(tree.iter("object"), 1):
        name = thing.findtext("name")
        corners = [thing.findtext(f"bndbox/{side}") for side in ("xmin", "ymin", "xmax", "ymax")]
        if not name or not all(corners):
            return f"lacks the name or the box of object {number}"
        try:
            found.append((name.strip(), [float(str(c)) for c in corners]))
        except ValueError:
            return f"has a box of object {number} that is no box of numbers"
    return found


def _item(
    root: Path,
    path: Path,
    objects: list[tuple[str, list[float]]],
    names: list[str],
    images: dict[str, Path],
    splits: dict[str, str],
    faults: list[Fault],
) -> Item | None:
    source = path.relative_to(root).as_posix()
    image = images.get(path.stem)
    facts = "has no image of its name" if image is None else read_facts(image)
    if image is None or isinstance(facts, str):
        faults.append(Fault(source, str(facts)))
        return None
    boxes = list[Box]()
    for name, (left, top, right, bottom) in objects:
        box, fault = usable_box(
            (left, top),
            (right - left, bottom - top),
            names.index(name),
            size=facts.size,
            source=source,
        )
        boxes += [box] if box is not None else []
        faults += [fault] if fault is not None else []
    place = image.relative_to(root).as_posix()
    split = splits.get(path.stem, split_name(path.parent.name) or "")
    return Item(place, source, split, None, tuple(boxes), place, facts.size, digest=facts.digest)
