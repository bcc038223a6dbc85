"""Shows a study outside the dashboard: in a file, in a notebook."""

from __future__ import annotations

import html
import time
from collections.abc import Callable
from importlib.metadata import version

from tunebook.engine import Facts
from tunebook.records import CheckpointRef
from tunebook.reports.grid import grid_sections
from tunebook.reports.page import report_page
from tunebook.reports.sections import section_message
from tunebook.reports.snapshot import snapshot

NOTEBOOK_HEIGHT_PX = 720


def notebook_view(page: str) -> str:
    """Return a report in a frame of its own, which cannot reach the notebook around it."""
    return (
        f'<iframe title="tunebook" width="100%" height="{NOTEBOOK_HEIGHT_PX}" frameborder="0" '
        f'sandbox="allow-scripts" srcdoc="{html.escape(page)}"></iframe>'
    )


def study_page(
    facts: Facts,
    seq: int,
    *,
    path_of: Callable[[CheckpointRef], str],
    is_live: bool,
) -> str:
    """Return the report of a study after event ``seq``."""
    message = snapshot(
        facts,
        seq,
        time.time(),
        path_of=path_of,
        version=version("tunebook"),
        is_live=is_live,
        sections=[section_message(one) for one in grid_sections(facts)],
    )
    return report_page(message)
