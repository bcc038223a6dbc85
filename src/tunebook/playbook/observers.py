"""Early stopping and plateau halving as observers of a recorded series (S0.32, S0.34, C4).

They say what they would have done and saved. In a study no trial is stopped by them: stopping makes
trials incomparable. All state follows from the series, so a resume changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

PATIENCES = (10, 20, 50)
"""Evaluations without improvement, as the behaviour is understood (S0.32)."""

PLATEAU_PATIENCE, HALVING, END = 10, 0.5, 1 / 1024


@dataclass(frozen=True, slots=True)
class Observation:
    """What a stopping rule would have done. Steps are None where it would not have stopped."""

    rule: str
    stopped_at: int | None
    best_step: int | None
    best_value: float | None
    steps_saved: int
    would_have_missed: float
    """How much better the whole curve's best error is than that at the stop; 0 without loss."""


def patience(steps: Sequence[int], errors: Sequence[float], n: int) -> Observation:
    """Return where patience of ``n`` evaluations would stop, and its best step (S0.32)."""
    best, place, waited, stop = float("inf"), None, 0, None
    for i, error in enumerate(errors):
        if error < best:
            best, place, waited = error, i, 0
            continue
        waited += 1
        if waited >= n:
            stop = i
            break
    rule = f"patience {n}"
    if place is None:
        return Observation(rule, None, None, None, 0, 0.0)
    saved = 0 if stop is None else steps[-1] - steps[stop]
    missed = max(0.0, errors[place] - min(errors))
    stopped = None if stop is None else steps[stop]
    return Observation(rule, stopped, steps[place], errors[place], saved, missed)


def observe(steps: Sequence[int], errors: Sequence[float]) -> list[Observation]:
    """Return what patience of 10, 20 and 50 would have done on a finished curve (S0.32, C4)."""
    return [patience(steps, errors, n) for n in PATIENCES]


@dataclass(frozen=True, slots=True)
class Staircase:
    """Plateau halving: the evaluations after which the rate falls, and where the run ends.

    ``factors`` is the rate over its start at each evaluation, as far as the run goes.
    """

    drops: tuple[int, ...]
    ended_at: int | None
    factors: tuple[float, ...]


def plateau_halving(
    scores: Sequence[float], *, n: int = PLATEAU_PATIENCE, factor: float = HALVING, end: float = END
) -> Staircase:
    """Return when the rate is lowered: no better score in ``n`` evaluations (S0.34).

    Scores are better when higher. With halving, an end of 1/128 means 7 drops and 1/1024 means 10;
    the run ends at the drop that reaches it.
    """
    best, waited, rate = float("-inf"), 0, 1.0
    drops: list[int] = []
    factors: list[float] = []
    for i, score in enumerate(scores):
        factors.append(rate)
        best, waited = (score, 0) if score > best else (best, waited + 1)
        if waited < n:
            continue
        rate, waited = rate * factor, 0
        drops.append(i)
        if rate <= end * (1 + 1e-9):
            return Staircase(tuple(drops), i, tuple(factors))
    return Staircase(tuple(drops), None, tuple(factors))
