"""A study in a notebook: one display that is replaced as the study goes on."""

from __future__ import annotations

import html
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, final

from tunebook.engine import Facts
from tunebook.live.screen import Room, draw
from tunebook.live.view import Pictures

REFRESH_S = 1.0
"""The display is replaced so often; each time travels to the browser."""

ROOM = Room(100, 30)


@final
class NotebookWatcher:
    """Draws the study into ``display`` of IPython; ``wrap`` makes HTML out of a text for it."""

    def __init__(self, facts: Facts, display: Any, wrap: Callable[[str], Any]) -> None:
        self._display = display
        self._wrap = wrap
        self._pictures = Pictures(facts, REFRESH_S)

    def update(self, facts: Facts, now: float) -> None:
        """Replace what is shown, if that is a second old."""
        picture = self._pictures.take(facts, now)
        if picture is not None:
            lines = [line.plain for line in draw(picture, ROOM)]
            self._display.update(self._wrap(as_html(lines)))

    def close(self) -> None:
        """Take the drawing away; the summary follows."""
        self._display.update(self._wrap(""))


def as_html(lines: list[str]) -> str:
    """Return lines of text as HTML that keeps their columns."""
    text = html.escape("\n".join(lines))
    return f'<pre style="line-height: 1.2; font-family: monospace">{text}</pre>'


def notebook_display() -> tuple[Any, Callable[[str], Any]] | None:
    """Return a display of the notebook that this process serves, None if it serves none."""
    # Nothing of IPython is imported here: a notebook has loaded it.
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return None
    shown = import_module("IPython.display")
    return shown.display(shown.HTML(""), display_id=True), shown.HTML
