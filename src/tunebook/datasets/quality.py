"""The quality checks of a dataset: each with its number and the items concerned (S0.3)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import numpy as np

from tunebook.datasets.near_duplicates import Looks, look_alikes, looks_of
from tunebook.datasets.records import Box, Dataset, Item, Kind
from tunebook.datasets.splitting import TRAIN, VALIDATION
from tunebook.records.finding import Finding, Verdict

OVERLAP, IMBALANCE, OUTLIER = 0.9, 10.0, 3.5
MAX_BOXES, MAX_DETECTIONS = 100, 100
"""What the detection recipe learns from an image, and what the metric counts at most (S0.3)."""

MIN_PER_CLASS = 5
_MAX_ITEMS = 200


@dataclass(frozen=True, slots=True)
class _Check:
    """What a check says where it finds nothing, and where it finds something; what to do then."""

    clean: str
    found: str
    advice: str
    is_problem: bool = False


_CHECKS: Mapping[str, _Check] = {
    "import": _Check(
        "Everything could be read.",
        "Faults in the files: {n}; left out: {n_left_out}.",
        "Look at each of them, correct the files and import again.",
    ),
    "splits": _Check(
        "There are items to train with and items to validate with.",
        "A split has no item.",
        "Import again with more items, or with files that have both parts.",
        is_problem=True,
    ),
    "leakage": _Check(
        "No item is in two splits.",
        "The same items are in several splits: leakage.",
        "Remove them from train: what is measured on them is memory.",
        is_problem=True,
    ),
    "duplicates": _Check(
        "No item is there twice.",
        "Some items are there more than once.",
        "Keep one of each, unless they are meant to count more.",
    ),
    "label-errors": _Check(
        "Equal items have equal labels.",
        "Equal items have different labels: label errors.",
        "Correct the labels, or remove the copies whose labels are wrong.",
    ),
    "strays": _Check(
        "Every file is part of the dataset.",
        "Some files of the folder are not part of the dataset.",
        "See whether images lack an annotation, or lie in the wrong folder.",
    ),
    "imbalance": _Check(
        "Every class has items, {ratio:.1f} to 1 at most.",
        "Some classes have hardly any.",
        "Collect more of them, or leave them out.",
        is_problem=True,
    ),
    "one-split-only": _Check(
        "Every class is in every split.",
        "Some classes are not in every split.",
        "Collect more of them, or draw the splits anew, stratified.",
    ),
    "declared-size": _Check(
        "Pictures are as large as declared.",
        "Pictures are not as large as their annotations declare.",
        "The boxes were drawn on pictures of another size: annotate or export them again.",
        is_problem=True,
    ),
    "unlabelled": _Check(
        "Every image has a box.",
        "Some images have no box.",
        "Keep them if nothing is on them; label them otherwise.",
    ),
    "double-boxes": _Check(
        "No box is there twice.",
        "Boxes of one class overlap by 90 % and more.",
        "Remove the second one where it is a slip.",
    ),
    "padding": _Check(
        f"No training image has more than {MAX_BOXES} boxes.",
        f"Training images have more boxes than the recipe takes, {MAX_BOXES}.",
        "Cut such images into tiles, or raise the recipe's limit.",
    ),
    "detection-cap": _Check(
        f"No image has more than {MAX_DETECTIONS} boxes.",
        f"The metric counts {MAX_DETECTIONS} boxes an image: recall is at most {{bound:.2f}}.",
        "Cut such images into tiles before you pay for training.",
    ),
    "missing-cells": _Check(
        "No cell is empty.",
        "Some columns have empty cells.",
        "They get the column's median; drop a column that is mostly empty.",
    ),
    "near-duplicates": _Check(
        "No images of two splits look alike.",
        "Images of two splits look almost alike.",
        "Look at the pairs. Remove copies from train: what is measured on them is memory.",
    ),
    "brightness": _Check(
        "No image is much darker or brighter.",
        "Some images are much darker or brighter.",
        "Look at them: they may be empty or broken.",
    ),
    "shift": _Check(
        "Training and test images are equally bright.",
        "Test images look different.",
        "Expect a shift: keep a validation set from the test's source (S2.11).",
    ),
}


def judge_quality(dataset: Dataset, folder: Path | None = None) -> list[Finding]:
    """Return each check's finding (S0.3); with the version's ``folder`` images' brightness too."""
    missing = [f"{name}: no item" for name in (TRAIN, VALIDATION) if name not in dataset.splits]
    strays = [str(place) for place in dataset.details.get("strays", ())]
    told, n = _told(dataset, "import"), sum(fault.is_left_out for fault in dataset.faults)
    shared = [group for group in _by_content(dataset) if len({i.split for i in group}) > 1]
    leaks = [" = ".join(f"{i.split}: {i.id}" for i in group) for group in shared]
    found = [_finding("import", told, is_problem=n > 0, n=len(told), n_left_out=n)]
    found += [_finding("splits", missing), _finding("leakage", leaks), _duplicates(dataset)]
    found += [_label_conflicts(dataset)]
    found += [_finding("strays", strays, value=str(dataset.details.get("n_strays", 0)))]
    if dataset.classes:
        found += [_classes(dataset), _one_split_only(dataset)]
    if dataset.kind is Kind.DETECTION:
        found += [_finding("declared-size", _told(dataset, "declared-size")), _ignored(dataset)]
        empty = [item.id for item in dataset.items if not item.boxes]
        found += [_finding("unlabelled", empty), _finding("double-boxes", _overlapping(dataset))]
        found += _capacity(dataset)
    if dataset.kind is Kind.TABLE:
        found += [_finding("missing-cells", _missing_cells(dataset))]
    if folder is not None and dataset.kind in {Kind.DETECTION, Kind.IMAGE_CLASSES}:
        looks = looks_of(dataset, folder)
        found += [_near_duplicates(dataset, looks), *_brightness(dataset, looks)]
    return found


def _finding(
    check: str,
    items: list[str],
    *,
    value: str | None = None,
    is_problem: bool | None = None,
    **facts: float,
) -> Finding:
    """Return what a check says of the items that it found; ``facts`` go into its sentences."""
    said = _CHECKS[check]
    if not items:
        title = said.clean.format(**facts)
        return Finding(check, Verdict.PASS, title, value or "0", "0", source="S0.3")
    is_bad = said.is_problem if is_problem is None else is_problem
    return Finding(
        check,
        Verdict.PROBLEM if is_bad else Verdict.NOTICE,
        said.found.format(**facts),
        value=value or str(len(items)),
        expected="0",
        advice=said.advice,
        items=tuple(items[:_MAX_ITEMS]),
        source="S0.3",
    )


def _told(dataset: Dataset, check: str) -> list[str]:
    return [f"{one.source} {one.why}" for one in dataset.faults if one.check == check]


def _ignored(dataset: Dataset) -> Finding:
    n = sum(len(item.boxes) - len(item.objects) for item in dataset.items)
    title = f"Ignored boxes (crowds and difficult objects): {n}; they are not learned, not missed."
    return Finding("ignored", Verdict.PASS, title, value=str(n), source="S0.23")


def _by_content(dataset: Dataset) -> list[list[Item]]:
    """Return the items that others have the content of, in groups."""
    places: dict[str, list[Item]] = defaultdict(list)
    for item in dataset.items:
        if item.digest:
            places[item.digest].append(item)
    return [group for group in places.values() if len(group) > 1]


def _label_conflicts(dataset: Dataset) -> Finding:
    """Find items of equal content with different labels; in tables, only a notice."""
    told = []
    for group in _by_content(dataset):
        labels = {_label(dataset, item): item.id for item in group}
        if len(labels) > 1:
            told.append(" but ".join(f"{name}: {label}" for label, name in labels.items()))
    is_table = dataset.kind is Kind.TABLE
    is_number = is_table and not dataset.classes
    return _finding("label-errors", [] if is_number else told, is_problem=not is_table)


def _label(dataset: Dataset, item: Item) -> str:
    if item.label is not None and dataset.classes:
        return dataset.classes[int(item.label)]
    corners = sorted((box.label, round(box.x), round(box.y), round(box.area)) for box in item.boxes)
    names = [f"{dataset.classes[label]} at {x}, {y} ({area} px)" for label, x, y, area in corners]
    return "; ".join(names[:5]) or "nothing"


def _near_duplicates(dataset: Dataset, looks: Looks) -> Finding:
    if looks.hashes is None:
        title = "Near duplicates were not looked for: pip install 'tunebook[vision]'."
        return Finding("near-duplicates", Verdict.NOTICE, title, source="S0.3")
    pairs = look_alikes(dataset, looks)
    told = [f"{a.split}: {a.id} ~ {b.split}: {b.id}" for a, b in pairs]
    return _finding("near-duplicates", told)


def _duplicates(dataset: Dataset) -> Finding:
    groups = [
        part
        for group in _by_content(dataset)
        for split in dict.fromkeys(item.split for item in group)
        if len(part := [item for item in group if item.split == split]) > 1
    ]
    told = [" = ".join(i.id for i in group) for group in groups]
    return _finding("duplicates", told, value=str(sum(len(g) - 1 for g in groups)))


def class_counts(dataset: Dataset, split: str | None = None) -> Counter[int]:
    """Return how often each class is in a split, or in all: boxes, or items without any."""
    counts: Counter[int] = Counter(dict.fromkeys(range(len(dataset.classes)), 0))
    for item in dataset.items:
        if split in (None, item.split):
            labels = [box.label for box in item.objects]
            counts.update(labels if labels or item.label is None else [int(item.label)])
    return counts


def _classes(dataset: Dataset) -> Finding:
    counts = class_counts(dataset)
    empty = [dataset.classes[label] for label, n in counts.items() if n < MIN_PER_CLASS]
    ratio = max(counts.values()) / max(1, min(counts.values()))
    if not empty and ratio > IMBALANCE:
        most = max(counts.values())
        rare = [dataset.classes[i] for i, n in counts.items() if n * IMBALANCE < most]
        return Finding(
            "imbalance",
            Verdict.NOTICE,
            "Classes are imbalanced.",
            value=f"{ratio:.1f} to 1",
            expected=f"at most {IMBALANCE:g} to 1",
            advice="Look at each class's own error; collect more of the rare ones.",
            items=tuple(rare),
            source="S0.3",
        )
    return _finding("imbalance", empty, ratio=ratio)


def _one_split_only(dataset: Dataset) -> Finding:
    """Find classes that a split lacks: a problem if only one split has them, or has no others."""
    by_split = {split: class_counts(dataset, split) for split in dataset.splits}
    told, is_problem = list[str](), False
    for label, name in enumerate(dataset.classes):
        there = [split for split, counts in by_split.items() if counts[label]]
        missing = [split for split in by_split if split not in there]
        if there and missing:
            is_only = len(there) == 1
            is_problem |= is_only
            where = f"only in {there[0]}" if is_only else f"not in {', '.join(missing)}"
            told.append(f"{name}: {where}")
    n_classes = [sum(n > 0 for n in counts.values()) for counts in by_split.values()]
    return _finding("one-split-only", told, is_problem=is_problem or 1 in n_classes)


def _overlapping(dataset: Dataset) -> list[str]:
    return [
        f"{item.id}: {dataset.classes[a.label]}"
        for item in dataset.items
        for i, a in enumerate(item.objects)
        for b in item.objects[i + 1 :]
        if a.label == b.label and overlap(a, b) >= OVERLAP
    ]


def overlap(a: Box, b: Box) -> float:
    """Return the intersection over the union of two boxes."""
    width = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    height = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / (a.area + b.area - both)


def _capacity(dataset: Dataset) -> Iterator[Finding]:
    """Yield what the recipe's limits do to crowded images: padding, and the bound of recall."""
    train = [item for item in dataset.items if item.split == "train"]
    crowded = [f"{i.id}: {len(i.objects)} boxes" for i in train if len(i.objects) > MAX_BOXES]
    yield _finding("padding", crowded)
    others = [i for i in dataset.items if i.split != "train" and i.objects]
    n_all = sum(len(i.objects) for i in others)
    n_counted = sum(min(len(i.objects), MAX_DETECTIONS) for i in others)
    bound = n_counted / n_all if n_all else 1.0
    told = [f"{i.id}: {len(i.objects)} boxes" for i in others if len(i.objects) > MAX_DETECTIONS]
    yield _finding("detection-cap", told, is_problem=bound < 0.95, bound=bound)


def _missing_cells(dataset: Dataset) -> list[str]:
    n_missing = [
        (name, sum(item.row[i] is None for item in dataset.items))
        for i, name in enumerate(dataset.columns)
    ]
    return [f"{name}: {n}" for name, n in n_missing if n]


def _brightness(dataset: Dataset, looks: Looks) -> Iterator[Finding]:
    """Yield outliers of brightness, and whether training and test images look alike (S2.10)."""
    means = looks.means
    values = np.array(list(means.values()))
    middle = float(np.median(values))
    spread = 1.4826 * float(np.median(np.abs(values - middle))) or 1.0
    told = [
        f"{name}: {value:.0f} of 255"
        for name, value in means.items()
        if abs(value - middle) > max(OUTLIER * spread, 40.0)
    ]
    yield _finding("brightness", told)
    train = [means[i.id] for i in dataset.items if i.split == "train" and i.id in means]
    test = [means[i.id] for i in dataset.items if i.split.startswith("test") and i.id in means]
    if len(train) >= 20 and len(test) >= 20:
        error = float(np.hypot(np.std(train) / len(train) ** 0.5, np.std(test) / len(test) ** 0.5))
        z = abs(fmean(train) - fmean(test)) / max(error, 1e-9)
        shift = [f"train {fmean(train):.0f}, test {fmean(test):.0f}"] if z > 4 else []
        yield _finding("shift", shift)
