"""Warm-up: its schedule, and which length to try next (S4.48)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tunebook.analysis.series import quantile, smoothed

LENGTHS = (10, 100, 1_000, 10_000, 100_000)
"""Steps of warm-up to try, by orders of magnitude. The source's sweep leaves out 100, by a slip."""

BASE_FACTOR, MAX_SHARE, BLOW_UP = 10.0, 0.1, 3.0


@dataclass(frozen=True, slots=True)
class WarmUp:
    """A warm-up to put before a schedule: ``base`` is the rate after ``n_steps``."""

    base: float
    n_steps: int

    def rate(self, step: int) -> float:
        """Return the rate at a step: 0 at step 0, ``base`` from ``n_steps`` on."""
        return self.base * min(1.0, step / self.n_steps) if self.n_steps else self.base

    @property
    def probe_steps(self) -> int:
        """How long the probe is: the ramp, then twice as long at the constant rate."""
        return 3 * self.n_steps


def lengths(max_steps: int) -> tuple[int, ...]:
    """Return the lengths to sweep, none longer than a tenth of the steps (S4.48)."""
    most = max(1, math.floor(MAX_SHARE * max_steps))
    fitting = [n for n in LENGTHS if n < most]
    return (*fitting, most) if not fitting or fitting[-1] * 3 < most else tuple(fitting)


def next_warm_up(
    unstable_rate: float, survived: Mapping[int, bool], *, max_steps: int
) -> WarmUp | None:
    """Return the probe to run next, None when the smallest length that survives is known (S4.48).

    ``unstable_rate`` is where training turns unstable without warm-up; the aim is ten times that.
    ``survived`` tells of each length tried whether it was stable.
    """
    for n in lengths(max_steps):
        if n not in survived:
            return WarmUp(BASE_FACTOR * unstable_rate, n)
        if survived[n]:
            return None
    return None


def survives(losses: Sequence[float], n_ramp: int) -> bool:
    """Return whether a probe survived: no blow-up, and after its ramp below its start (S4.48).

    A bump on the ramp that comes down again is what the ramp is for.
    """
    start = losses[0]
    if not all(map(math.isfinite, losses)) or max(losses) > BLOW_UP * start:
        return False
    after = smoothed(losses[n_ramp:]) or [math.inf]
    return max(after) < start


def chosen_warm_up(unstable_rate: float, survived: Mapping[int, bool]) -> WarmUp | None:
    """Return the shortest warm-up that survived, None if none did (S4.48)."""
    stable = [n for n, is_stable in survived.items() if is_stable]
    return WarmUp(BASE_FACTOR * unstable_rate, min(stable)) if stable else None


def unstable_rate(stable_by_rate: Mapping[float, bool]) -> float | None:
    """Return the lowest rate that is unstable with no stable one above it; None if all are."""
    stable = [lr for lr, is_stable in stable_by_rate.items() if is_stable]
    top = max(stable, default=0.0)
    above = [lr for lr, is_stable in stable_by_rate.items() if not is_stable and lr > top]
    return quantile(above, 0.0) if above else None
