"""What a validation curve says: overfitting, late variance, how it ends (S4.24 to S4.26).

All take errors: lower is better. s is the step-to-step noise late in the curve: what is left after
its trend, however bent that is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

import numpy as np
from numpy.polynomial.chebyshev import chebfit, chebval

MIN_POINTS = 10
"""A shorter curve gets no verdict."""

MAX_TAIL = 100
"""Of more points at the end every second or third tells the slope: pairs grow as the square."""

RESOLUTION = 1e-3
"""Changes below this share of a curve's whole range are none (our rule)."""

ROUNDING = 1e-7
"""Noise below this share of the values is that of 32-bit numbers."""

_LEFT_BY_A_CUBIC = 1.5
"""Estimates of pure noise do not differ by more; then the second one, of less precision, is it."""

_TAIL = 0.2
_WINDOW = 5
_STRONG = 1.5
_CHANCE = 2.5


class CurveTag(StrEnum):
    """What is to be known of one trial's curve, in words that fit into a table."""

    OVERFITS_STRONGLY = "overfits strongly"
    OVERFITS = "overfits"
    NOISY = "noisy at the end"
    IMPROVING = "still improves"
    SATURATED = "saturated early"
    """Was as good as this before half of its steps: fewer would do."""


@dataclass(frozen=True, slots=True)
class CurveVerdict:
    """The verdicts on one curve: whether it overfits (S4.24), and how it ends (S4.26).

    ``noise`` is s; ``rise`` the rise above the minimum, in s. ``first_good_share`` is the share of
    the curve after which it was first within 1 s of its best running mean.
    """

    noise: float
    rise: float
    first_good_share: float
    tags: tuple[CurveTag, ...]


def late_noise(errors: Sequence[float]) -> float:
    """Return s: the deviation about the trend of the second half, 0 on a smooth curve (S4.24).

    It is that of successive differences, over sqrt 2, after a cubic was taken off. Third
    differences tell noise from the bends that are left: those of noise tend to change their sign
    from one to the next, and are 20 times its variance; those of a smooth curve keep their sign.
    """
    late = np.array(errors[-max(len(errors) - len(errors) // 2, MIN_POINTS) :], dtype=float)
    bends = np.diff(late, n=3)
    if bends[1:] @ bends[:-1] >= 0:
        return 0.0
    x = np.linspace(-1.0, 1.0, len(late))
    steps = np.diff(late - chebval(x, chebfit(x, late, 3)))
    found = math.sqrt(float(steps @ steps) / (len(steps) - 1) / 2)
    rough = math.sqrt(float(bends @ bends) / len(bends) / 20)
    if found > _LEFT_BY_A_CUBIC * rough:
        found = rough
    return found if found > ROUNDING * float(np.abs(late).max()) else 0.0


def judge_curve(errors: Sequence[float]) -> CurveVerdict | None:
    """Return the verdicts on a curve of errors, None for one shorter than ``MIN_POINTS``."""
    if len(errors) < MIN_POINTS:
        return None
    s = late_noise(errors)
    # A curve without noise changes a little to the very end: that is no verdict yet.
    least = max(s, RESOLUTION * (max(errors) - min(errors)))
    rise = _rise(errors)
    best = min(_smooth(errors))
    first = next((i for i, e in enumerate(errors) if e <= best + least), len(errors) - 1)
    share = (first + 1) / len(errors)
    strong, weak, over = CurveTag.OVERFITS_STRONGLY, CurveTag.OVERFITS, max(rise, 0.0)
    overfits = strong if over > _STRONG * least else weak if over > least else None
    tags = tuple(tag for tag in (overfits, _end(errors, least, share)) if tag is not None)
    return CurveVerdict(s, rise / s if s > 0 else math.inf if rise > 0 else 0.0, share, tags)


def _smooth(errors: Sequence[float]) -> list[float]:
    """Return the running mean of five."""
    return [sum(errors[i : i + _WINDOW]) / _WINDOW for i in range(len(errors) - _WINDOW + 1)]


def _rise(errors: Sequence[float]) -> float:
    """Return the mean of the last fifth minus the minimum of the running mean of five (S4.24).

    A curve whose minimum is its very end has not risen, however steep it falls.
    """
    n_tail = max(1, round(_TAIL * len(errors)))
    tail, running = errors[-n_tail:], _smooth(errors)
    lowest = min(running)
    return 0.0 if running[-1] == lowest else sum(tail) / len(tail) - lowest


def _end(errors: Sequence[float], s: float, first_good_share: float) -> CurveTag | None:
    """Return the verdict on the end: a fall of more than 1 s, and more than chance would bring."""
    tail = errors[-max(3, round(_TAIL * len(errors))) :]
    tail = tail[:: math.ceil(len(tail) / MAX_TAIL)]
    n = len(tail)
    fall = -theil_sen(tail) * (n - 1)
    by_chance = (n - 1) * math.sqrt(12 / (n * (n * n - 1)))
    if fall > max(1.0, _CHANCE * by_chance) * s and fall > 0:
        return CurveTag.IMPROVING
    return CurveTag.SATURATED if first_good_share < 0.5 else None


def theil_sen(values: Sequence[float]) -> float:
    """Return the slope per point: the median of the slopes of all pairs."""
    n = len(values)
    return median((values[j] - values[i]) / (j - i) for i in range(n) for j in range(i + 1, n))
