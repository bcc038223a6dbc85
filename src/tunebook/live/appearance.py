"""How facts look in a terminal: states, small curves, values, configurations.

A state is told by its word and its shape; colour only repeats it. The colours are those of Okabe
and Ito, which people with any colour vision tell apart, on light and on dark grounds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tunebook.records import Series, StudyState, TrialState, Value
from tunebook.records.measurement import thinned
from tunebook.records.text import clean


class Look(NamedTuple):
    """The shape of a state, one for terminals that know only ASCII, and its colour."""

    shape: str
    ascii_shape: str
    colour: str


_LOOKS: Mapping[str, Look] = {
    TrialState.QUEUED: Look("○", "o", "grey50"),
    TrialState.RUNNING: Look("▶", ">", "#56b4e9"),
    TrialState.PAUSED: Look("◆", "=", "#0072b2"),
    TrialState.DONE: Look("●", "*", "#009e73"),
    TrialState.STOPPED: Look("■", "#", "#cc79a7"),
    TrialState.INFEASIBLE: Look("▲", "^", "#e69f00"),
    TrialState.FAILED: Look("✖", "x", "#d55e00"),
    TrialState.CANCELLED: Look("⊘", "-", "grey50"),
    TrialState.LOST: Look("?", "?", "#e69f00"),
}
BAR_COLOUR = "#56b4e9"
BEST_COLOUR = "#009e73"
WARNING_COLOUR = "#e69f00"

_BLOCKS = "▁▂▃▄▅▆▇█"
_ASCII_BLOCKS = "_.-~=+*#"
MAX_POINTS = 24
"""So many points of a curve are looked at; a small curve shows no more."""


def look_of(state: TrialState | StudyState | str) -> Look:
    """Return how a state of a trial or a study looks."""
    return _LOOKS[str(state)]


def curve_points(series: Series | None, n: int = MAX_POINTS) -> tuple[float, ...]:
    """Return at most ``n`` values of a curve: its first, its last, and some between."""
    return () if series is None else tuple(thinned(series.values, n))


def sparkline(points: Sequence[float], width: int, *, is_ascii: bool = False) -> str:
    """Return a curve in at most ``width`` characters, low to high; ``!`` is not finite."""
    blocks = _ASCII_BLOCKS if is_ascii else _BLOCKS
    shown = thinned(points, width) if width > 1 else points[:1]
    finite = [value for value in shown if math.isfinite(value)]
    low, high = min(finite, default=0.0), max(finite, default=0.0)

    def block(value: float) -> str:
        if not math.isfinite(value):
            return "!"
        if high <= low:
            return blocks[len(blocks) // 2]
        # Halves before the difference: the whole range may be beyond the largest number.
        share = (value / 2 - low / 2) / (high / 2 - low / 2)
        return blocks[min(len(blocks) - 1, int(share * len(blocks)))]

    return "".join(map(block, shown))


def number_text(value: float | None) -> str:
    """Return a measurement in few characters, ``-`` for none."""
    return "-" if value is None else f"{value:.4g}"


def configuration_text(config: Mapping[str, Value], names: Sequence[str] = ()) -> str:
    """Return ``lr=0.01 optimizer=sgd``, of the ``names`` only if there are any."""
    shown = (name for name in names or config if name in config)
    return " ".join(f"{name}={short(config[name])}" for name in shown)


def brief_text(config: Mapping[str, Value], names: Sequence[str] = ()) -> str:
    """Return ``lr=0.01 sgd``: texts stand for themselves, numbers have three digits."""
    parts = []
    for name in names or config:
        value = config.get(name)
        if isinstance(value, str):
            parts.append(short(value))
        elif name in config:
            parts.append(f"{name}={value:.3g}" if isinstance(value, float) else f"{name}={value}")
    return " ".join(parts)


def counts_text(counts: Mapping[str, int]) -> str:
    """Return ``4 done, 2 infeasible``, in the order of the states."""
    return ", ".join(f"{counts[state]} {state}" for state in TrialState if counts.get(state))


def clock_text(seconds: float) -> str:
    """Return a time that is running: ``0:07``, ``12:30``, ``1:02:03``."""
    minutes, left = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def shortened(text: str, width: int, *, is_ascii: bool = False) -> str:
    """Return the text in one line of at most ``width`` characters."""
    line = " ".join(text.split())
    if len(line) <= width:
        return line
    mark = "..." if is_ascii else "…"
    return line[: max(0, width - len(mark))].rstrip() + mark if width >= len(mark) else ""


def short(value: object) -> str:
    """Return a parameter's value in few characters."""
    return f"{value:.4g}" if isinstance(value, float) else clean(str(value))
