"""What one line or row says: metrics, and counters such as ``epoch`` that tell where it belongs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

COUNTERS = ("epoch", "global_step", "step", "iteration", "iter")
"""Names that count progress; the first that a script prints is its step."""

_NO_METRICS = frozenset({*COUNTERS, "batch", "self"})


@dataclass(frozen=True, slots=True)
class Reading:
    """Numbers by name. A counter is an int where it was written as one, such as ``epoch=3``."""

    metrics: Mapping[str, float] = field(default_factory=dict)
    counters: Mapping[str, float] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything was found."""
        return bool(self.metrics or self.counters)


def reading_of(values: Mapping[str, float]) -> Reading:
    """Return named numbers as metrics and counters."""
    return Reading(
        {name: float(value) for name, value in values.items() if name.lower() not in _NO_METRICS},
        {name.lower(): value for name, value in values.items() if name.lower() in COUNTERS},
    )


def number_in(text: str) -> float | None:
    """Return the number that a text is, an int for a whole one; 93% is 93, None if it is none."""
    text = text.strip().removesuffix("%")
    try:
        return int(text) if text.isascii() and text.isdecimal() else float(text)
    except ValueError:
        return None
