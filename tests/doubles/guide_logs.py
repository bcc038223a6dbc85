"""What the log of a guide says, also while somebody writes it."""

from __future__ import annotations

from pathlib import Path

from tunebook.guide.log import GuideState, records_of


def read_state(folder: Path) -> GuideState:
    state = GuideState()
    for record, _ in records_of(folder / "log.jsonl"):
        state.apply(record)
    return state
