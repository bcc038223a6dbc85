"""Sections: written, read again, and found as pages of the home folder."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from tunebook.errors import InputError
from tunebook.records.finding import Finding, Verdict
from tunebook.records.section import (
    Chart,
    ChartKind,
    ChartSeries,
    Section,
    SectionPicture,
    SectionTable,
    decode,
    encode,
)
from tunebook.reports.pages import found_pages, read_page
from tunebook.reports.sections import write_page

SECTION = Section(
    "Quality",
    paragraphs=("All <b>good</b>.",),
    findings=(
        Finding("sizes", Verdict.NOTICE, "Small images", "3", "0", ("scans",), "look", "resize"),
    ),
    tables=(SectionTable("Classes", ("class", "n"), (("cat", 3), ("dog", None))),),
    charts=(
        Chart(
            ChartKind.LINE,
            "Sweep",
            "Best at 0.1.",
            (ChartSeries("loss", (0.1, 1.0), (0.5, math.inf)),),
            is_x_log=True,
        ),
    ),
    pictures=(SectionPicture("a cat", "data:image/png;base64,AAAA"),),
)


def test_sections_are_read_as_they_were_written():
    (found,) = decode(encode([SECTION]))
    assert found.findings == SECTION.findings
    assert found.tables == SECTION.tables
    assert found.pictures == SECTION.pictures
    assert found.charts[0].series[0].y == (0.5, None)


def test_picture_from_elsewhere_is_left_out():
    told = json.loads(encode([SECTION]))
    told[0]["pictures"][0]["data"] = "https://elsewhere/x.png"
    assert decode(json.dumps(told))[0].pictures == ()


@pytest.mark.parametrize("text", ["", "{", "3", '[{"title": "x", "charts": [{}]}]', "[null]"])
def test_anything_else_is_no_report(text):
    with pytest.raises(InputError, match="not a report"):
        decode(text)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for folder in ("guides/digits", "datasets/birds/1a2b"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "report.json").write_text(encode([SECTION]), encoding="utf-8")
    return tmp_path


def test_pages_of_guides_and_datasets_are_listed_with_their_worst_verdict(home):
    rows = {row.address: row for _, row in found_pages(home)}
    assert set(rows) == {"guides/digits", "datasets/birds/1a2b"}
    assert rows["datasets/birds/1a2b"].title == "birds 1a2b"
    assert rows["guides/digits"].level == "notice"


def test_page_that_cannot_be_read_is_listed_without_a_verdict(home):
    (home / "guides/digits/report.json").write_text("{", encoding="utf-8")
    rows = {row.address: row.level for _, row in found_pages(home)}
    assert rows["guides/digits"] is None
    with pytest.raises(InputError, match="not a report"):
        read_page(home, "guides/digits")


@pytest.mark.parametrize("address", ["guides/../..", "/etc", "guides/none", "", "studies/digits"])
def test_address_outside_of_the_list_is_refused(home, address):
    with pytest.raises(InputError, match="no such report"):
        read_page(home, address)


def test_page_carries_its_sections_and_nothing_that_ends_its_script(tmp_path):
    path = tmp_path / "page.html"
    write_page(path, [SECTION], "Quality of </script> birds")
    text = path.read_text(encoding="utf-8")
    assert "All \\u003cb>good\\u003c/b>." in text
    assert "<title>Quality of &lt;/script&gt; birds" in text
