"""Pages made of sections that others supply: a dataset's quality report, a stage of the guide.

Sections come from ``tunebook.records.section``. ``encode(sections)`` written to
``<home>/datasets/<name>/<version>/report.json`` or ``<home>/guides/<name>/report.json`` becomes a
page of the dashboard, listed below the studies.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from tunebook.files import write_file
from tunebook.records.section import Section
from tunebook.reports.messages import PageMessage, SectionMessage
from tunebook.reports.page import sections_page
from tunebook.reports.verdicts import finding_message


def write_page(path: Path, sections: Sequence[Section], title: str) -> None:
    """Write one HTML file that holds only these sections, to be opened from a disk."""
    page = page_message(sections, title, written_at=time.time())
    write_file(path, sections_page(page))


def page_message(sections: Sequence[Section], title: str, *, written_at: float) -> PageMessage:
    """Return a page of sections; ``written_at`` in seconds since the epoch."""
    shown = [section_message(one) for one in sections]
    return PageMessage(title, shown, written_at, version("tunebook"))


def section_message(section: Section) -> SectionMessage:
    """Return a section as the page takes it."""
    return SectionMessage(
        title=section.title,
        paragraphs=section.paragraphs,
        findings=[finding_message(one) for one in section.findings],
        tables=section.tables,
        charts=section.charts,
        pictures=section.pictures,
    )
