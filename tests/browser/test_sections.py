"""Pages of sections: listed by the dashboard, opened there, and opened from a disk."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tunebook.records.finding import Finding, Verdict
from tunebook.records.section import (
    Chart,
    ChartKind,
    ChartSeries,
    Section,
    SectionPicture,
    SectionTable,
    encode,
)
from tunebook.reports.sections import write_page

DOT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA"
    "WjR9awAAAABJRU5ErkJggg=="
)


def chart(kind: ChartKind, *series: ChartSeries, is_log: bool = False) -> Chart:
    return Chart(kind, f"As {kind}", f"What a {kind} shows.", series, "x", "y", is_x_log=is_log)


SECTION = Section(
    "Learning rate",
    paragraphs=("The largest stable rate is <img src=x onerror=alert(1)> 0.3.",),
    findings=(
        Finding(
            "edge",
            Verdict.PROBLEM,
            "The best rate lies at an edge",
            "0.3",
            "inside",
            ("range too small",),
            "widen it",
            "Sweep to 3",
            ("lr",),
        ),
    ),
    tables=(SectionTable("Rates", ("rate", "loss"), ((0.1, 0.5), (0.3, None))),),
    charts=(
        chart(ChartKind.LINE, ChartSeries("0.1", (1, 10, 100), (3.0, 2.0, 1.0)), is_log=True),
        chart(ChartKind.SCATTER, ChartSeries("", (1, 2), (3.0, 2.0))),
        chart(ChartKind.BAR, ChartSeries("n", ("cat", "dog"), (3.0, 2.0))),
        chart(ChartKind.WATERFALL, ChartSeries("error", ("bias", "shift"), (3.0, -2.0))),
        chart(ChartKind.HEAT_MAP, ChartSeries("224", (512, 1024), (0.1, 0.2))),
    ),
    pictures=(SectionPicture("a dot", DOT),),
)


def test_report_of_a_dataset_is_listed_and_opened(dashboard, page):
    folder = dashboard.home / "datasets" / "birds" / "1a2b"
    folder.mkdir(parents=True)
    (folder / "report.json").write_text(encode([SECTION]), encoding="utf-8")
    dashboard.start()
    page.goto(dashboard.address)
    page.get_by_role("link", name="birds 1a2b").click()
    assert page.url.endswith("#/report/datasets/birds/1a2b")
    expect(page.get_by_role("heading", name="Learning rate")).to_be_visible()
    expect(page.get_by_text("<img src=x onerror=alert(1)>")).to_be_visible()
    expect(page.get_by_text("Likely causes: range too small")).to_be_visible()
    for kind in ChartKind:
        expect(page.get_by_text(f"What a {kind} shows.")).to_be_visible()
    expect(page.get_by_alt_text("a dot")).to_be_visible()


@pytest.mark.parametrize("address", ["datasets/birds/1a2b", "datasets%2Fbirds%2F1a2b"])
def test_address_of_a_report_opens_it(dashboard, page, address):
    folder = dashboard.home / "datasets" / "birds" / "1a2b"
    folder.mkdir(parents=True)
    (folder / "report.json").write_text(encode([SECTION]), encoding="utf-8")
    dashboard.start()
    page.goto(dashboard.address)
    page.goto(f"{dashboard.origin}/#/report/{address}")
    expect(page.get_by_role("heading", name="Learning rate")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Learning rate")).to_be_visible()


def test_page_of_sections_opens_from_a_disk(page, tmp_path):
    path = tmp_path / "page.html"
    write_page(path, [SECTION], "Rates of birds")
    page.goto(path.as_uri())
    expect(page.get_by_role("heading", name="Rates of birds")).to_be_visible()
    expect(page.get_by_role("cell", name="0.5")).to_be_visible()
