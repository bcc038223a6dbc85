"""Early stopping and plateau halving as observers of a recorded series (S0.32, S0.34, C4).

They say what they would have done and saved. In a study no trial is stopped by them: stopping makes
trials incomparable. All state follows from the series, so a resume changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

PATIENCES = (10, 20, 50)
"""Evaluations without improvement, as the behaviour is understood (S0.32)."""

END = 1 / 1024
"""No plateau lowers the rate below this share of the first one (S0.34)."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What a stopping rule would have done."""

    rule: str
    stopped_at: int
    steps_saved: int
    would_have_missed: float
    """How much better the whole curve's best error is than that at the stop; 0 without loss."""


def patience(steps: Sequence[int], errors: Sequence[float], n: int) -> Observation | None:
    """Return where patience of ``n`` evaluations would stop, None if nowhere (S0.32)."""
    best, place = float("inf"), -1
    for i, error in enumerate(errors):
        if error < best:
            best, place = error, i
        elif place >= 0 and i - place >= n:
            missed = max(0.0, best - min(errors))
            return Observation(f"patience {n}", steps[i], steps[-1] - steps[i], missed)
    return None


def observe(steps: Sequence[int], errors: Sequence[float]) -> list[Observation]:
    """Return what patience of 10, 20 and 50 would have done on a finished curve (S0.32, C4)."""
    found = (patience(steps, errors, n) for n in PATIENCES)
    return [one for one in found if one is not None]


def plateau_drops(scores: Sequence[float], *, n: int, factor: float) -> tuple[int, ...]:
    """Return after which evaluations the rate falls: no better score in ``n`` of them (S0.34).

    Scores are better when higher. With halving there are 10 drops at most: to 1/1024 of the rate.
    """
    best, waited = float("-inf"), 0
    drops: list[int] = []
    for i, score in enumerate(scores):
        best, waited = (score, 0) if score > best else (best, waited + 1)
        if waited >= n:
            waited = 0
            drops.append(i)
            if factor ** len(drops) <= END * (1 + 1e-9):
                break
    return tuple(drops)
