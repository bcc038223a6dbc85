"""Shows a study outside the dashboard: in a file, in a notebook. Found by entry point.

Why by entry point: decision 10.
"""

from __future__ import annotations

import html
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from tunebook.files import write_file
from tunebook.records import StudyState
from tunebook.records.section import Section
from tunebook.reports.grid import grid_sections
from tunebook.reports.page import report_page
from tunebook.reports.sections import section_message
from tunebook.reports.snapshot import snapshot
from tunebook.study.study import Study

NOTEBOOK_HEIGHT_PX = 720


def write_report(study: Study, path: Path, *, sections: Sequence[Section] = ()) -> None:
    """Write a study's one-file report to ``path``, with ``sections`` of others on a page of it."""
    write_file(path, _page(study, sections))


def notebook_view(study: Study) -> str:
    """Return the report in a frame of its own, which cannot reach the notebook around it."""
    return (
        f'<iframe title="tunebook" width="100%" height="{NOTEBOOK_HEIGHT_PX}" frameborder="0" '
        f'sandbox="allow-scripts" srcdoc="{html.escape(_page(study))}"></iframe>'
    )


def _page(study: Study, sections: Sequence[Section] = ()) -> str:
    facts = study.facts
    message = snapshot(
        facts,
        study.seq,
        time.time(),
        path_of=study.checkpoints.path_of,
        version=version("tunebook"),
        is_live=study.state is StudyState.RUNNING,
        sections=[section_message(one) for one in [*grid_sections(facts), *sections]],
    )
    return report_page(message)
