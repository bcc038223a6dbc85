"""Cuts a script's output into lines, keeps the last, tells bars that will be overwritten. Pure."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

_ENDS = re.compile(r"\r\n|\n|\r")
_MAX_WAITING = 1 << 16
_N_LAST = 20


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its end. ``is_settled``: nothing will be written over it."""

    text: str
    is_settled: bool = True


@final
class ScriptOutput:
    """The text of one script. ``last`` are the last lines that stayed."""

    def __init__(self) -> None:
        self._last: deque[str] = deque(maxlen=_N_LAST)
        self._waiting = ""

    @property
    def last(self) -> Sequence[str]:
        """The last lines, a progress bar among them as it was last seen."""
        return [*self._last, self._waiting] if self._waiting.strip() else list(self._last)

    def take(self, text: str) -> list[Line]:
        """Return the lines that are complete with this text."""
        n_searched = len(self._waiting.rstrip("\r"))
        text = self._waiting + text
        # A carriage return at the very end may be half of the end of a line.
        held_back = "\r" if text.endswith("\r") else ""
        text = text[: len(text) - len(held_back)]
        lines, begin = [], 0
        for end in _ENDS.finditer(text, n_searched):
            lines.append(Line(text[begin : end.start()], end[0] != "\r"))
            begin = end.end()
        self._waiting = text[begin:] + held_back
        if len(self._waiting) > _MAX_WAITING:
            lines.append(Line(self._waiting))
            self._waiting = ""
        self._last.extend(line.text for line in lines if line.is_settled)
        return lines

    def finish(self) -> list[Line]:
        """Return what is left when no more comes."""
        waiting, self._waiting = self._waiting, ""
        if waiting:
            self._last.append(waiting.rstrip("\r"))
        return [Line(waiting.rstrip("\r"))] if waiting else []
