"""How many steps to train: from where the chosen curve converges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tunebook.analysis.series import running_mean, tail_mean
from tunebook.records.finding import Finding, Verdict

RESERVE = 1.5
"""Train this many times the steps to convergence: later changes may slow it (S1.10)."""

_BAND, _FALLING = 0.02, 0.005
_WINDOW_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Convergence:
    """Where a curve has converged: ``step`` is None while it falls; ``n_steps`` is 1.5 t_c."""

    step: int | None
    n_steps: int | None
    still_falling: bool


def convergence(losses: Sequence[float]) -> Convergence:
    """Return the first step after which the loss stays within 2 % of its drop of the end (S1.10).

    The band is no narrower than four deviations of the smoothed noise.
    """
    window = max(1, round(_WINDOW_SHARE * len(losses)))
    curve = running_mean(losses, window)
    n_tail = max(2, len(curve) // 10)
    end, tail = tail_mean(curve), curve[-n_tail:]
    drop = curve[0] - end
    noise = _noise(losses[-n_tail:]) / math.sqrt(window)
    quarter = max(1, n_tail // 4)
    fall = (sum(tail[:quarter]) - sum(tail[-quarter:])) / quarter
    if drop <= 0 or fall > max(_FALLING * drop, 4 * noise):
        return Convergence(None, None, fall > 0)
    band = max(_BAND * drop, 4 * noise)
    outside = [i for i, loss in enumerate(curve) if abs(loss - end) > band]
    step = outside[-1] + 1 if outside else 0
    return Convergence(step, max(1, math.ceil(RESERVE * step)), False)


def _noise(values: Sequence[float]) -> float:
    """Return the deviation of single values, from differences, so that a trend is no noise."""
    steps = [b - a for a, b in pairwise(values)]
    if not steps:
        return 0.0
    mean = sum(steps) / len(steps)
    return math.sqrt(sum((d - mean) ** 2 for d in steps) / len(steps) / 2)


def judge_convergence(found: Convergence) -> Finding:
    """Return the finding on a curve's convergence (S1.10)."""
    if found.step is None:
        return Finding(
            "convergence",
            Verdict.PROBLEM,
            "Not converged: the loss still falls at the end."
            if found.still_falling
            else "The loss has not fallen.",
            expected="within 2 % of its drop of the final level",
            advice="Run longer." if found.still_falling else "Choose another learning rate first.",
            source="S1.10",
        )
    return Finding(
        "convergence",
        Verdict.PASS,
        "The loss has converged.",
        value=f"after {found.step} steps",
        expected=f"train {found.n_steps} steps",
        source="S1.10",
    )
