"""A section of a report: paragraphs, findings, tables and simple charts, shown alike everywhere.

Whoever has something to show makes sections: a dataset's quality report, a stage of the guide.
``encode`` and ``decode`` turn a list of them into the text of a ``report.json`` and back;
``tunebook.reports.sections`` makes pages of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from tunebook.errors import InputError
from tunebook.records.finding import Finding, finding_of
from tunebook.records.text import to_json

Cell: TypeAlias = bool | float | str | None
"""What stands in a cell of a table, or at a place of an axis."""


class ChartKind(StrEnum):
    """How a chart is drawn."""

    LINE = "line"
    SCATTER = "scatter"
    BAR = "bar"
    """One bar for each ``x``, from 0 to ``y``; several series stand one below the other."""
    WATERFALL = "waterfall"
    """Bars that begin where the one before has ended: ``y`` are the differences (S2.10)."""
    HEAT_MAP = "heat map"
    """Each series is a row named after it; ``x`` names the columns."""


@dataclass(frozen=True, slots=True)
class ChartSeries:
    """One line, cloud, group of bars, or row of a heat map. ``x`` and ``y`` are equally long."""

    name: str
    x: Sequence[Cell]
    y: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Chart:
    """A simple chart; ``summary`` says what it shows. Lines and scatters have numbers as ``x``."""

    kind: ChartKind
    title: str
    summary: str
    series: Sequence[ChartSeries]
    x_label: str = ""
    y_label: str = ""
    is_x_log: bool = False
    is_y_log: bool = False


@dataclass(frozen=True, slots=True)
class SectionTable:
    """A table: every row has a cell for each column."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class SectionPicture:
    """A small picture: ``data`` is its ``data:image/...;base64,...`` address, nothing else."""

    caption: str
    data: str


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a report, in the order in which it is shown."""

    title: str
    paragraphs: Sequence[str] = ()
    findings: Sequence[Finding] = ()
    tables: Sequence[SectionTable] = ()
    charts: Sequence[Chart] = ()
    pictures: Sequence[SectionPicture] = ()


def encode(sections: Sequence[Section]) -> str:
    """Return sections as the text of a ``report.json``; what is not finite becomes null."""
    return to_json(sections)


def decode(text: str) -> list[Section]:
    """Return the sections of a ``report.json``, of later versions too; else ``InputError``."""
    try:
        return [_section(one) for one in json.loads(text)]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InputError(
            "This is not a report",
            got=f"{type(error).__name__}: {error}",
            expected="a list of sections, as tunebook writes it",
        ) from error


def _section(told: Mapping[str, Any]) -> Section:
    return Section(
        title=str(told["title"]),
        paragraphs=tuple(map(str, told.get("paragraphs", ()))),
        findings=tuple(map(finding_of, told.get("findings", ()))),
        tables=tuple(
            SectionTable(str(one["title"]), tuple(one["columns"]), tuple(map(tuple, one["rows"])))
            for one in told.get("tables", ())
        ),
        charts=tuple(map(_chart, told.get("charts", ()))),
        pictures=tuple(
            SectionPicture(str(one["caption"]), str(one["data"]))
            for one in told.get("pictures", ())
            if str(one["data"]).startswith("data:image/")
        ),
    )


def _chart(told: Mapping[str, Any]) -> Chart:
    series = tuple(
        ChartSeries(str(one["name"]), tuple(one["x"]), tuple(one["y"])) for one in told["series"]
    )
    return Chart(
        kind=ChartKind(told["kind"]),
        title=str(told["title"]),
        summary=str(told["summary"]),
        series=series,
        x_label=str(told.get("x_label", "")),
        y_label=str(told.get("y_label", "")),
        is_x_log=bool(told.get("is_x_log", False)),
        is_y_log=bool(told.get("is_y_log", False)),
    )
