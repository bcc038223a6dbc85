"""How many steps to train: from the chosen curve, from a perfect fit, from best checkpoints."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tunebook.diagnosis.series import number, quantile, running_mean, tail_mean
from tunebook.records.finding import Finding, Verdict

RESERVE = 1.5
"""Train this many times the steps to convergence: later changes may slow it (S1.10)."""

_BAND, _FALLING = 0.02, 0.005
_WINDOW_SHARE = 0.02
N_RIGHT, MIN_SWEEP, FIT_LOSS = 3, 7, 0.01
EARLY, LATE, CONSISTENT = 0.1, 0.75, 0.8


@dataclass(frozen=True, slots=True)
class Convergence:
    """Where a curve has converged: ``step`` is None while it falls; ``n_steps`` is 1.5 t_c."""

    step: int | None
    n_steps: int | None
    still_falling: bool

    def epochs(self, batch_size: int, n_examples: int) -> float | None:
        """Return N * B / n, None when the number of steps is not known."""
        return None if self.n_steps is None else self.n_steps * batch_size / n_examples


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


@dataclass(frozen=True, slots=True)
class StepAdvice:
    """From how many steps to how many, and why."""

    old: int
    new: int
    reason: str


def recheck(old: int, found: Convergence, *, batch_ratio: float = 1.0) -> StepAdvice:
    """Return the number of steps after batch size and momentum were tuned (S1.15).

    ``batch_ratio`` is new over old batch size: without a converged curve, steps go by its inverse.
    """
    if found.n_steps is not None:
        new = found.n_steps
        way = "earlier" if new < old else "later" if new > old else "where it did"
        return StepAdvice(old, new, f"the best curve now converges {way}")
    new = max(old, math.ceil(old / batch_ratio))
    return StepAdvice(old, new, "the best curve has not converged in the steps it had")


def steps_to_fit(steps: Sequence[int], errors: Sequence[float], *, level: float = 0) -> int | None:
    """Return the first step of a perfect fit: three evaluations at ``level`` or below (S4.31).

    For classification the level is 0 errors, for regression 1 % of the target's variance.
    """
    run = 0
    for place, error in enumerate(errors):
        run = run + 1 if error <= level else 0
        if run == N_RIGHT:
            return steps[place - N_RIGHT + 1]
    return None


def first_steps(steps_by_rate: Mapping[float, int | None]) -> tuple[int | None, Finding]:
    """Return the steps of the fastest perfect fit, None where the sweep must be refused (S4.31)."""
    rates = sorted(steps_by_rate)
    fits = {lr: n for lr, n in steps_by_rate.items() if n is not None}
    source = "S4.31"
    if not fits:
        title = "No learning rate fits the training set perfectly."
        advice = "Train longer, or treat training as bound by compute (S4.33)."
        return None, Finding("first-steps", Verdict.PROBLEM, title, advice=advice, source=source)
    best = min(fits, key=lambda lr: fits[lr])
    value = f"{fits[best]} steps at {number(best)}"
    if best in (rates[0], rates[-1]):
        title = "The fastest fit is at edge of the sweep: its steps would deceive."
        advice = f"Extend the sweep {'up' if best == rates[-1] else 'down'} by two decades."
        return None, Finding(
            "first-steps", Verdict.PROBLEM, title, value, advice=advice, source=source
        )
    verdict = Verdict.PASS if len(rates) >= MIN_SWEEP else Verdict.NOTICE
    title = "The fastest perfect fit gives the number of steps."
    expected = f"a sweep of at least {MIN_SWEEP} rates, half a decade apart"
    return fits[best], Finding("first-steps", verdict, title, value, expected, source=source)


def judge_best_steps(best_steps: Sequence[int], n_steps: Sequence[int]) -> Finding:
    """Return whether the steps of a study suit, from where its top quartile was best (S4.32).

    Both are per trial of the top quartile. Trials with different numbers of steps are refused: the
    number is never tuned inside a study.
    """
    if len(set(n_steps)) > 1:
        return Finding(
            "max-steps",
            Verdict.PROBLEM,
            "Trials of one study have different numbers of steps.",
            value=f"{min(n_steps)} to {max(n_steps)}",
            expected="one number for all trials",
            advice="Fix the number of steps, and keep the best checkpoint.",
            source="S4.32",
        )
    shares = [best / n for best, n in zip(best_steps, n_steps, strict=True)]
    need = CONSISTENT * len(shares)
    verdict, title, advice = Verdict.PASS, "The number of steps suits.", ""
    if not shares:
        verdict, title = Verdict.NOTICE, "No trial tells whether the number of steps suits."
    elif sum(share <= EARLY for share in shares) >= need:
        verdict, title = Verdict.NOTICE, "The best checkpoints come in the first tenth."
        advice = "Train far fewer steps."
    elif sum(share >= LATE for share in shares) >= need:
        verdict, title = Verdict.NOTICE, "The best checkpoints come in the last quarter."
        advice = "Train longer, and tune the decay again."
    value = f"median {quantile(shares, 0.5):.0%} of the steps" if shares else ""
    expected = "neither always in the first 10 % nor always in the last 25 %"
    return Finding("max-steps", verdict, title, value, expected, advice=advice, source="S4.32")
