"""Which of the numbers that a script prints is the objective. Pure.

The name that was typed is compared as it is, then without words such as *mean*, then with the last
words of longer names. A plain line stands before a progress bar, and the last one before others.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, final

from tunebook.execution.readings import Reading, normal_name

_STATISTICS = frozenset({"mean", "avg", "average", "averaged", "epoch", "final", "overall"})
_NTH = re.compile(r"(.+)#([1-9]\d*|last)")
_MAX_SHOWN = 6
_BY_LAST_WORDS = 2


class Choice(NamedTuple):
    """One of several values that may be meant: what to type for it, the value and its line."""

    typed: str
    value: float
    line: str


@dataclass(slots=True)
class Print:
    """A number that may be the objective, as it was printed last: a bar prints again and again."""

    name: str
    value: float
    reading: Reading
    is_soft: bool
    is_settled: bool

    def is_followed_by(self, later: Print) -> bool:
        """Whether ``later`` is the same figure further on: of one bar, or of one count."""
        if self.name != later.name or not (self.is_soft and later.is_soft):
            return False
        before, after = self.reading.progress, later.reading.progress
        is_rising = any(after[key] > before[key] for key in before.keys() & after.keys())
        return not self.is_settled or is_rising


@final
class ObjectiveChoice:
    """The numbers of one step that may be the objective called ``typed``.

    ``typed`` may end with ``#2`` or ``#last`` when several values come under one name in a step.
    """

    def __init__(self, typed: str) -> None:
        match = _NTH.fullmatch(typed)
        self._name = _key(match[1] if match else typed)
        self._nth = match[2] if match else None
        self._prints: list[Print] = []
        self._rivals: dict[str, Choice] = {}
        self._adopted: str | None = None
        self._best_rank = _BY_LAST_WORDS
        self._counts = False

    def rank(self, name: str) -> int | None:
        """Return how well a printed name fits: 0 exactly, 1, 2 by its last words, None not."""
        key = _key(name)
        if key == self._name:
            return 0
        if "_".join(word for word in key.split("_") if word not in _STATISTICS) == self._name:
            return 1
        return _BY_LAST_WORDS if self._name and key.endswith(f"_{self._name}") else None

    def fits_better(self, names: Collection[str]) -> bool:
        """Whether one of the names fits better than all before."""
        return any((self.rank(name) or 0) < self._best_rank for name in names)

    def clear(self) -> None:
        """Begin another step."""
        self._prints = []

    def add(
        self, reading: Reading, names: Collection[str], *, is_settled: bool, unit: str | None
    ) -> None:
        """Take the values of ``names`` from a line; ``unit`` is the counter of steps."""
        self._counts = unit is None
        inner = dict(reading.progress)
        inner |= {k: v for k, v in reading.counters.items() if k != unit or v != math.floor(v)}
        is_soft = reading.is_bar or not is_settled or (unit is not None and bool(inner))
        of_line = Reading(reading.values, {}, inner, reading.is_bar, reading.text)
        n_before = len(self._prints)
        for name, value in reading.values:
            if name not in names:
                continue
            self._best_rank = min(self._best_rank, self.rank(name) or 0)
            self._rivals[name] = Choice(name, value, reading.text)
            new = Print(name, value, of_line, is_soft, is_settled)
            same = next((p for p in reversed(self._prints[:n_before]) if p.name == name), None)
            if same is not None and (same.is_followed_by(new) or same.value == value):
                self._prints.remove(same)
                n_before -= 1
            self._prints.append(new)

    def value(self) -> float | None:
        """Return the objective of the step, None if it has not come."""
        values = self.values()
        if self._nth not in (None, "last"):
            values = values[int(self._nth) - 1 :][:1]
        return values[-1] if values else None

    def values(self) -> list[float]:
        """Return all values of the step that may be the objective."""
        prints = self._best()
        return [one.value for one in prints if one.name == prints[-1].name]

    @property
    def n_values(self) -> int:
        """How many values came in the step that may be the objective."""
        return len(self._best())

    @property
    def is_plain(self) -> bool:
        """Whether the objective came on a line of its own, which stays."""
        prints = self._best()
        return bool(prints) and not prints[-1].is_soft

    def choices(self) -> list[Choice]:
        """Return what may be meant where that is not certain, else nothing."""
        if len(self._rivals) > 1 and self._best_rank == _BY_LAST_WORDS:
            return list(self._rivals.values())
        prints = self._best()
        if self._nth is not None or len({one.value for one in prints}) < 2:
            return []
        shown = [(str(k), one) for k, one in enumerate(prints[:_MAX_SHOWN], 1)]
        shown += [("last", prints[-1])] if len(prints) > _MAX_SHOWN else []
        return [Choice(f"{one.name}#{k}", one.value, one.reading.text) for k, one in shown]

    def _best(self) -> list[Print]:
        """Return the prints of the best class: plain before bars, exact names before others.

        Once a name has fitted, names that fit by their last words do not count; else the first of
        these is kept to, through all steps. Where the prints themselves are counted, only those of
        one kind of name are.
        """
        by_class: dict[tuple[bool, int], list[Print]] = {}
        for one in self._prints:
            rank = self.rank(one.name) or 0
            if rank == _BY_LAST_WORDS:
                self._adopted = self._adopted or one.name
            is_other = rank == _BY_LAST_WORDS and one.name != self._adopted
            allowed = self._best_rank if self._counts else max(self._best_rank, 1)
            if not is_other and rank <= allowed:
                by_class.setdefault((one.is_soft, rank), []).append(one)
        return by_class[min(by_class)] if by_class else []


@lru_cache(maxsize=4096)
def _key(name: str) -> str:
    """Return a name without what joins its words."""
    return re.sub(r"[-/.\s]+", "_", normal_name(name))
