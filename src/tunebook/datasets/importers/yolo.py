"""YOLO: a text file of boxes for each image, in shares of its size, and names of classes."""

from __future__ import annotations

from pathlib import Path

from tunebook.datasets.importers.boxes import usable_box
from tunebook.datasets.importers.images import image_files, read_facts
from tunebook.datasets.records import Box, Dataset, Fault, Item, Kind
from tunebook.datasets.splitting import split_name
from tunebook.errors import DatasetError

_NAMES = ("classes.txt", "obj.names", "classes.names")


def read_yolo(root: Path) -> Dataset:
    """Return images and boxes below ``root``; names come from ``data.yaml`` or ``classes.txt``."""
    names = _class_names(root)
    if names is None:
        raise DatasetError(
            "YOLO boxes have no names of classes",
            got=root.name,
            expected="data.yaml with names, or classes.txt",
        )
    labels = {p.stem: p for p in sorted(root.rglob("*.txt")) if p.name not in _NAMES}
    items, faults = list[Item](), list[Fault]()
    for path in image_files(root):
        place = path.relative_to(root).as_posix()
        facts = read_facts(path)
        if isinstance(facts, str):
            faults.append(Fault(place, facts))
            continue
        told = labels.get(path.stem)
        boxes = () if told is None else _boxes(told, root, names, facts.size, faults)
        split = next(filter(None, map(split_name, path.relative_to(root).parts[:-1])), "")
        items.append(Item(place, place, split, None, boxes, place, facts.size, digest=facts.digest))
    return Dataset(Kind.DETECTION, tuple(names), tuple(items), faults=tuple(faults))


def _class_names(root: Path) -> list[str] | None:
    for path in sorted(root.rglob("*.yaml")):
        import yaml

        told = yaml.safe_load(path.read_text(encoding="utf-8"))
        names = told.get("names") if isinstance(told, dict) else None
        if isinstance(names, dict):
            return [str(names[key]) for key in sorted(names)]
        if isinstance(names, list):
            return [str(name) for name in names]
    for path in (p for name in _NAMES for p in sorted(root.rglob(name))):
        return [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]
    return None


def _boxes(
    path: Path, root: Path, names: list[str], size: tuple[int, int], faults: list[Fault]
) -> tuple[Box, ...]:
    found = list[Box]()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        source = f"{path.relative_to(root).as_posix()} line {number}"
        try:
            label, x, y, width, height = (float(part) for part in line.split()[:5])
        except ValueError:
            faults.append(Fault(source, "is not: class x y width height"))
            continue
        if not 0 <= label < len(names):
            faults.append(Fault(source, f"names class {label:g}, of {len(names)}"))
            continue
        extent = (width * size[0], height * size[1])
        corner = (x * size[0] - extent[0] / 2, y * size[1] - extent[1] / 2)
        box, fault = usable_box(corner, extent, int(label), size=size, source=source)
        found += [box] if box is not None else []
        faults += [fault] if fault is not None else []
    return tuple(found)
