"""The quality report of a dataset: each check with its number and the items concerned (S0.3)."""

from __future__ import annotations

import base64
import io
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean, median

import numpy as np

from tunebook.datasets.records import Box, Dataset, Item, Kind
from tunebook.records.finding import Finding, Verdict
from tunebook.records.section import (
    Chart,
    ChartKind,
    ChartSeries,
    Section,
    SectionPicture,
    SectionTable,
)

SMALL, LARGE = 32.0**2, 96.0**2
"""COCO's bands of areas, in square pixels."""

OVERLAP, IMBALANCE, OUTLIER = 0.9, 10.0, 3.5
MAX_BOXES, MAX_DETECTIONS = 100, 100
"""What the detection recipe learns from an image, and what the metric counts at most (S0.3)."""

MIN_PER_CLASS = 5
N_PICTURES, PICTURE_SIZE = 12, 160
_MAX_ITEMS = 200


def judge_quality(dataset: Dataset, folder: Path | None = None) -> list[Finding]:
    """Return a finding for every check; nothing but passes for a clean set (S0.3).

    ``folder`` is that of the version: with it the brightness of images is looked at too.
    """
    found = [_faults(dataset), _across_splits(dataset), _duplicates(dataset)]
    if dataset.classes:
        found += [_classes(dataset), _one_split_only(dataset)]
    if dataset.kind is Kind.DETECTION:
        found += [_empty(dataset), _overlapping(dataset), *_capacity(dataset)]
    if dataset.kind is Kind.TABLE:
        found += [_missing_cells(dataset)]
    if folder is not None and dataset.kind in {Kind.DETECTION, Kind.IMAGE_CLASSES}:
        found += list(_brightness(dataset, folder))
    return found


def _finding(
    check: str,
    items: list[str],
    titles: tuple[str, str],
    *,
    advice: str,
    is_problem: bool = False,
    value: str | None = None,
) -> Finding:
    if not items:
        return Finding(check, Verdict.PASS, titles[0], value or "0", "0", source="S0.3")
    return Finding(
        check,
        Verdict.PROBLEM if is_problem else Verdict.NOTICE,
        titles[1],
        value=value or str(len(items)),
        expected="0",
        advice=advice,
        items=tuple(items[:_MAX_ITEMS]),
        source="S0.3",
    )


def _faults(dataset: Dataset) -> Finding:
    told = [f"{fault.source} {fault.why}" for fault in dataset.faults]
    n_left_out = sum(fault.is_left_out for fault in dataset.faults)
    return _finding(
        "import",
        told,
        ("Everything could be read.", f"{len(told)} things were wrong; {n_left_out} are left out."),
        advice="Look at each of them; mend the files and import again.",
        is_problem=n_left_out > 0,
    )


def _across_splits(dataset: Dataset) -> Finding:
    """Find items of equal content in different splits: leakage."""
    places: dict[str, list[Item]] = defaultdict(list)
    for item in dataset.items:
        if item.digest:
            places[item.digest].append(item)
    shared = [group for group in places.values() if len({i.split for i in group}) > 1]
    told = [" = ".join(f"{i.split}: {i.id}" for i in group) for group in shared]
    return _finding(
        "leakage",
        told,
        ("No item is in two splits.", "The same items are in several splits: leakage."),
        advice="Draw the splits anew: items of equal content then stay together.",
        is_problem=True,
    )


def _duplicates(dataset: Dataset) -> Finding:
    groups: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in dataset.items:
        if item.digest:
            groups[item.split, item.digest].append(item)
    told = [" = ".join(i.id for i in group) for group in groups.values() if len(group) > 1]
    return _finding(
        "duplicates",
        told,
        ("No item is there twice.", "Some items are there more than once."),
        advice="Keep one of each, unless they are meant to count more.",
        value=str(sum(len(g) - 1 for g in groups.values())),
    )


def _counts(dataset: Dataset, split: str | None = None) -> Counter[int]:
    counts: Counter[int] = Counter(dict.fromkeys(range(len(dataset.classes)), 0))
    for item in dataset.items:
        if split in (None, item.split):
            labels = [box.label for box in item.boxes]
            counts.update(labels if labels or item.label is None else [int(item.label)])
    return counts


def _classes(dataset: Dataset) -> Finding:
    counts = _counts(dataset)
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
    return _finding(
        "imbalance",
        empty,
        (f"Every class has items, {ratio:.1f} to 1 at most.", "Some classes have hardly any."),
        advice="Collect more of them, or leave them out.",
        is_problem=True,
    )


def _one_split_only(dataset: Dataset) -> Finding:
    by_split = {split: _counts(dataset, split) for split in dataset.splits}
    told = [
        f"{name}: only in {', '.join(there)}"
        for label, name in enumerate(dataset.classes)
        if len(by_split) > 1
        and len(there := [s for s, counts in by_split.items() if counts[label]]) == 1
    ]
    return _finding(
        "one-split-only",
        told,
        ("Every class is in every split.", "Some classes are in one split only."),
        advice="Draw the splits anew, stratified.",
        is_problem=True,
    )


def _empty(dataset: Dataset) -> Finding:
    told = [item.id for item in dataset.items if not item.boxes]
    return _finding(
        "unlabelled",
        told,
        ("Every image has a box.", "Some images have no box."),
        advice="Keep them if nothing is on them; label them otherwise.",
    )


def _overlapping(dataset: Dataset) -> Finding:
    told = [
        f"{item.id}: {dataset.classes[a.label]}"
        for item in dataset.items
        for i, a in enumerate(item.boxes)
        for b in item.boxes[i + 1 :]
        if a.label == b.label and overlap(a, b) >= OVERLAP
    ]
    return _finding(
        "double-boxes",
        told,
        ("No box is there twice.", "Boxes of one class overlap by 90 % and more."),
        advice="Remove the second one where it is a slip.",
    )


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
    crowded = [f"{i.id}: {len(i.boxes)} boxes" for i in train if len(i.boxes) > MAX_BOXES]
    yield _finding(
        "padding",
        crowded,
        (
            f"No training image has more than {MAX_BOXES} boxes.",
            f"Training images have more boxes than the recipe takes, {MAX_BOXES}.",
        ),
        advice="Cut such images into tiles, or raise the recipe's limit.",
    )
    others = [i for i in dataset.items if i.split != "train" and i.boxes]
    n_all = sum(len(i.boxes) for i in others)
    n_counted = sum(min(len(i.boxes), MAX_DETECTIONS) for i in others)
    bound = n_counted / n_all if n_all else 1.0
    told = [f"{i.id}: {len(i.boxes)} boxes" for i in others if len(i.boxes) > MAX_DETECTIONS]
    yield _finding(
        "detection-cap",
        told,
        (
            f"No image has more than {MAX_DETECTIONS} boxes.",
            f"The metric counts {MAX_DETECTIONS} boxes an image: recall is at most {bound:.2f}.",
        ),
        advice="Cut such images into tiles before you pay for training.",
        is_problem=bound < 0.95,
    )


def _missing_cells(dataset: Dataset) -> Finding:
    n_missing = [
        (name, sum(item.row[i] is None for item in dataset.items))
        for i, name in enumerate(dataset.columns)
    ]
    told = [f"{name}: {n}" for name, n in n_missing if n]
    return _finding(
        "missing-cells",
        told,
        ("No cell is empty.", "Some columns have empty cells."),
        advice="They get the column's median; drop a column that is mostly empty.",
    )


def _brightness(dataset: Dataset, folder: Path) -> Iterator[Finding]:
    """Yield outliers of brightness, and whether training and test images look alike (S2.10)."""
    means = {i.id: _mean_of(folder / "files" / i.file) for i in dataset.items if i.file}
    values = np.array(list(means.values()))
    middle = float(np.median(values))
    spread = 1.4826 * float(np.median(np.abs(values - middle))) or 1.0
    told = [
        f"{name}: {value:.0f} of 255"
        for name, value in means.items()
        if abs(value - middle) > max(OUTLIER * spread, 40.0)
    ]
    yield _finding(
        "brightness",
        told,
        ("No image is much darker or brighter.", "Some images are much darker or brighter."),
        advice="Look at them: they may be empty or broken.",
    )
    train = [means[i.id] for i in dataset.items if i.split == "train" and i.id in means]
    test = [means[i.id] for i in dataset.items if i.split.startswith("test") and i.id in means]
    if len(train) >= 20 and len(test) >= 20:
        error = float(np.hypot(np.std(train) / len(train) ** 0.5, np.std(test) / len(test) ** 0.5))
        z = abs(fmean(train) - fmean(test)) / max(error, 1e-9)
        shift = [f"train {fmean(train):.0f}, test {fmean(test):.0f}"] if z > 4 else []
        yield _finding(
            "shift",
            shift,
            ("Training and test images are equally bright.", "Test images look different."),
            advice="Expect a shift: keep a validation set from the test's source (S2.11).",
        )


def _mean_of(path: Path) -> float:
    from PIL import Image

    with Image.open(path) as image:
        image.draft("L", (64, 64))
        small = image.convert("L").resize((16, 16))
        return float(np.asarray(small, dtype=float).mean())


def quality_sections(dataset: Dataset, folder: Path) -> list[Section]:
    """Return the report as the dashboard shows it: findings, counts, charts, some pictures."""
    counts = _counts(dataset)
    tables = [
        SectionTable(
            "Splits",
            ("split", "items"),
            [(split, len(dataset.of_split(split))) for split in dataset.splits],
        )
    ]
    charts = []
    if dataset.classes:
        names = [dataset.classes[label] for label in sorted(counts)]
        numbers = [float(counts[label]) for label in sorted(counts)]
        what = "boxes" if dataset.kind is Kind.DETECTION else "items"
        summary = f"{len(names)} classes, {min(numbers):g} to {max(numbers):g} {what} each."
        series = [ChartSeries(what, names, numbers)]
        charts.append(Chart(ChartKind.BAR, "Classes", summary, series))
    told = f"{len(dataset.items):,} items of {dataset.kind}."
    overview = Section("Overview", [told], tables=tables, charts=charts)
    quality = Section("Quality", findings=judge_quality(dataset, folder))
    sections = [overview, quality]
    if dataset.kind is Kind.DETECTION:
        sections.append(_boxes_section(dataset))
    pictures = list(_pictures(dataset, folder))
    return [*sections, Section("Pictures", pictures=pictures)] if pictures else sections


def _boxes_section(dataset: Dataset) -> Section:
    boxes = [box for item in dataset.items for box in item.boxes]
    areas = [box.area for box in boxes]
    bands = Counter("small" if a < SMALL else "large" if a > LARGE else "medium" for a in areas)
    per_image = [len(item.boxes) for item in dataset.items]
    widths = [
        fmean(box.width / item.size[0] for box in item.boxes)
        for item in dataset.items
        if item.boxes and item.size
    ]
    rows = [
        ("boxes", len(boxes)),
        ("boxes an image, mean", round(fmean(per_image), 2)),
        ("boxes an image, most", max(per_image)),
        ("median width, as a share of the image", round(median(widths), 4) if widths else None),
        *((f"{band} boxes", bands[band]) for band in ("small", "medium", "large")),
    ]
    return Section("Boxes", tables=[SectionTable("", ("", "value"), rows)])


def _pictures(dataset: Dataset, folder: Path) -> Iterator[SectionPicture]:
    """Yield small pictures of items spread over the set, with their boxes drawn (S0.2)."""
    items = [item for item in dataset.items if item.file]
    if not items:
        return
    for place in np.linspace(0, len(items) - 1, min(N_PICTURES, len(items))).astype(int):
        item = items[place]
        label = "" if item.label is None else dataset.classes[int(item.label)]
        names = sorted({dataset.classes[box.label] for box in item.boxes})
        caption = f"{item.id} {label or ', '.join(names)}".strip()
        yield SectionPicture(caption, thumbnail(folder / "files" / str(item.file), item))


def thumbnail(path: Path, item: Item) -> str:
    """Return a small picture with the item's boxes as the address of its data."""
    from PIL import Image, ImageDraw, ImageOps

    with Image.open(path) as opened:
        image = ImageOps.exif_transpose(opened).convert("RGB")
    scale = PICTURE_SIZE / max(image.size)
    image = image.resize([max(1, round(scale * side)) for side in image.size])
    draw = ImageDraw.Draw(image)
    for box in item.boxes:
        corners = (box.x, box.y, box.x + box.width, box.y + box.height)
        draw.rectangle([scale * c for c in corners], outline=(230, 159, 0), width=2)
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode()}"
