"""Writes the report of a study into a file."""

from __future__ import annotations

import time
from importlib.metadata import version
from pathlib import Path

from tunebook.reports.page import report_page
from tunebook.reports.snapshot import snapshot
from tunebook.study.study import Study


def write_report(study: Study, path: Path) -> None:
    """Write a study's one-file report to ``path``."""
    facts, checkpoints = study.facts, study.checkpoints
    message = snapshot(
        facts,
        study.seq,
        time.time(),
        path_of=checkpoints.path_of,
        version=version("tunebook"),
    )
    path.write_text(report_page(message), encoding="utf-8")
