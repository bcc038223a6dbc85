"""The quality report of a dataset as a page: findings, splits, histograms, some pictures."""

from __future__ import annotations

import base64
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median

import numpy as np

from tunebook.datasets.opener import upright
from tunebook.datasets.quality import class_counts, judge_quality
from tunebook.datasets.records import Dataset, Item, Kind
from tunebook.records.section import (
    Cell,
    Chart,
    ChartKind,
    ChartSeries,
    Section,
    SectionPicture,
    SectionTable,
)

SMALL, LARGE = 32.0**2, 96.0**2
"""COCO's bands of areas, in square pixels."""

N_PICTURES, PICTURE_SIZE = 12, 160
_N_BARS = 12


def quality_sections(dataset: Dataset, folder: Path) -> list[Section]:
    """Return the report as the dashboard shows it: findings, counts, charts, some pictures."""
    told = [f"{len(dataset.items):,} items of {dataset.kind}.", *drawn_sentences(dataset)]
    table = SectionTable("Splits", SPLIT_COLUMNS, split_rows(dataset))
    charts = []
    if dataset.classes:
        counts = class_counts(dataset)
        names = [dataset.classes[label] for label in sorted(counts)]
        numbers = [float(counts[label]) for label in sorted(counts)]
        what = "boxes" if dataset.kind is Kind.DETECTION else "items"
        summary = (
            f"{len(names)} classes, {min(numbers):g} to {max(numbers):g} {what} each: "
            f"{imbalance(dataset)} to 1."
        )
        series = [ChartSeries(what, names, numbers)]
        charts.append(Chart(ChartKind.BAR, "Classes", summary, series))
    sizes = [item.size for item in dataset.items if item.size]
    sides = {
        "Longer side of the images, in pixels": [float(max(size)) for size in sizes],
        "Width of the images, as a multiple of the height": [w / h for w, h in sizes],
    }
    charts += [chart for title, values in sides.items() for chart in _histogram(title, values)]
    overview = Section("Overview", told, tables=[table], charts=charts)
    quality = Section("Quality", findings=judge_quality(dataset, folder))
    sections = [overview, quality]
    if dataset.kind is Kind.DETECTION:
        sections.append(_boxes_section(dataset))
    pictures = list(_pictures(dataset, folder))
    return [*sections, Section("Pictures", pictures=pictures)] if pictures else sections


SPLIT_COLUMNS = ("split", "items", "boxes", "ignored", "classes", "imbalance", "from")


def split_rows(dataset: Dataset) -> list[tuple[Cell, ...]]:
    """Return a line for every split: what it holds, and whether it was given or drawn."""
    drawn = dataset.details.get("drawn", {})
    rows = list[tuple[Cell, ...]]()
    for split in dataset.splits:
        items = dataset.of_split(split)
        n_boxes = sum(len(item.boxes) for item in items)
        n_objects = sum(len(item.objects) for item in items)
        n_classes = sum(n > 0 for n in class_counts(dataset, split).values())
        origin = "drawn" if split in drawn else "the dataset"
        ratio = imbalance(dataset, split)
        rows.append((split, len(items), n_objects, n_boxes - n_objects, n_classes, ratio, origin))
    return rows


def imbalance(dataset: Dataset, split: str | None = None) -> float | None:
    """Return how often the most frequent class is there for each of the rarest one."""
    counts = [n for n in class_counts(dataset, split).values() if n]
    return round(max(counts) / min(counts), 1) if counts else None


def drawn_sentences(dataset: Dataset) -> list[str]:
    """Return what was drawn at the import, nothing if all splits were given."""
    drawn = dataset.details.get("drawn")
    if not drawn:
        return []
    given = [split for split in dataset.splits if split not in drawn]
    numbers = ", ".join(f"{split} {n}" for split, n in drawn.items())
    kept = f"; {' and '.join(given)} as the dataset has it" if given else ""
    return [f"Drawn with seed {dataset.details.get('seed', 0)}: {numbers}{kept}."]


def _histogram(title: str, values: Sequence[float]) -> Iterator[Chart]:
    """Yield the chart of how often values lie in each of some equal ranges."""
    if not values:
        return
    distinct = sorted(set(values))
    if len(distinct) <= _N_BARS:
        edges, counts = distinct, [values.count(value) for value in distinct]
        names = [f"{value:.4g}" for value in distinct]
    else:
        found, bounds = np.histogram(values, bins=_N_BARS)
        edges, counts = bounds.tolist(), found.tolist()
        names = [f"{a:.4g} to {b:.4g}" for a, b in pairwise(edges)]
    summary = f"From {edges[0]:.4g} to {edges[-1]:.4g}, {median(values):.4g} in the middle."
    series = [ChartSeries("number", names, [float(n) for n in counts])]
    yield Chart(ChartKind.BAR, title, summary, series)


def _boxes_section(dataset: Dataset) -> Section:
    boxes = [box for item in dataset.items for box in item.objects]
    areas = [box.area for box in boxes]
    bands = Counter("small" if a < SMALL else "large" if a > LARGE else "medium" for a in areas)
    per_image = [len(item.objects) for item in dataset.items]
    widths = [
        fmean(box.width / item.size[0] for box in item.objects)
        for item in dataset.items
        if item.objects and item.size
    ]
    n_ignored = sum(len(item.boxes) for item in dataset.items) - len(boxes)
    rows = [
        ("boxes", len(boxes)),
        ("boxes to ignore: crowds and difficult objects", n_ignored),
        ("boxes an image, mean", round(fmean(per_image), 2)),
        ("boxes an image, most", max(per_image)),
        ("median width, as a share of the image", round(median(widths), 4) if widths else None),
        *((f"{band} boxes", bands[band]) for band in ("small", "medium", "large")),
    ]
    values = {
        "Boxes an image": [float(n) for n in per_image],
        "Size of the boxes: side of a square of equal area, in pixels": [a**0.5 for a in areas],
        "Width of the boxes, as a multiple of the height": [b.width / b.height for b in boxes],
    }
    charts = [chart for title, found in values.items() for chart in _histogram(title, found)]
    return Section("Boxes", tables=[SectionTable("", ("", "value"), rows)], charts=charts)


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
    from PIL import ImageDraw

    image = upright(path)
    scale = PICTURE_SIZE / max(image.size)
    image = image.resize([max(1, round(scale * side)) for side in image.size])
    draw = ImageDraw.Draw(image)
    for box in item.boxes:
        corners = (box.x, box.y, box.x + box.width, box.y + box.height)
        draw.rectangle([scale * c for c in corners], outline=(230, 159, 0), width=2)
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode()}"
