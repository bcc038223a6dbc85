"""Pages of guides and datasets in the home folder; an address is looked up, never made a path."""

from __future__ import annotations

from pathlib import Path

from tunebook.errors import InputError
from tunebook.records.finding import worst
from tunebook.records.section import decode
from tunebook.records.text import clean
from tunebook.reports.messages import Level, PageMessage, PageRow
from tunebook.reports.sections import page_message

_KINDS = {"guides": ("guide", "*/report.json"), "datasets": ("dataset", "*/*/report.json")}


def found_pages(home: Path) -> list[tuple[Path, PageRow]]:
    """Return the files with a line for each, the latest first."""
    found = [
        (path, _row(home, path, kind))
        for folder, (kind, pattern) in _KINDS.items()
        for path in (home / folder).glob(pattern)
        if path.is_file()
    ]
    return sorted(found, key=lambda pair: -pair[1].written_at)


def read_page(home: Path, address: str) -> PageMessage:
    """Return the page of an address; ``InputError`` if there is none or it cannot be read."""
    for path, row in found_pages(home):
        if row.address == address:
            sections = decode(path.read_text(encoding="utf-8"))
            return page_message(sections, row.title, written_at=row.written_at)
    raise InputError("There is no such report", got=address, do="Look at the list of reports")


def _row(home: Path, path: Path, kind: str) -> PageRow:
    parts = [clean(part) for part in path.parent.relative_to(home).parts]
    written_at = path.stat().st_mtime
    title = " ".join(parts[1:])
    try:
        findings = [f for one in decode(path.read_text(encoding="utf-8")) for f in one.findings]
    except (InputError, OSError, UnicodeDecodeError):
        return PageRow("/".join(parts), kind, title, None, written_at)
    level: Level | None = worst(findings).value if findings else None
    return PageRow("/".join(parts), kind, title, level, written_at)
