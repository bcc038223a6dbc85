"""Is learning-rate decay worth anything, and is it fast enough or too fast? (S1.16 to S1.19)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean

from tunebook.records.finding import Finding, Verdict

SURE, START_SHARE, MUCH_LATER = 2.0, 0.9, 1.5


def helps(constant: Sequence[float], decayed: Sequence[float], trial_deviation: float) -> bool:
    """Whether decay improves the best dev score by over 2 trial deviations (S1.16).

    Both are best scores of a run for each seed; higher is better.
    """
    return fmean(decayed) - fmean(constant) > SURE * trial_deviation


@dataclass(frozen=True, slots=True)
class ClassicalDecay:
    """lr0 * gamma^floor((t - start) / interval) from ``start`` on; the first drop comes later."""

    start: int
    interval: int
    gamma: float

    def rate(self, step: int, lr: float) -> float:
        """Return the rate at a step for a starting rate (S1.17)."""
        n_drops = max(0, (step - self.start) // self.interval)
        return float(lr * self.gamma**n_drops)


def largest_interval(peak: int, gamma: float) -> int:
    """Return the largest interval that halves the rate by the peak (S1.17).

    k = ceil(ln 0.5 / ln gamma) drops must fit between 0.9 of the peak and the peak.
    """
    # A billionth off, lest 0.5 take two drops by rounding.
    n_drops = math.ceil(math.log(0.5) / math.log(gamma) - 1e-9)
    return (peak - round(START_SHARE * peak)) // n_drops


def classical_decay(peak: int, gamma: float = 0.5) -> ClassicalDecay:
    """Return the decay that starts at 0.9 of the dev peak with its largest legal interval."""
    return ClassicalDecay(round(START_SHARE * peak), max(1, largest_interval(peak, gamma)), gamma)


def judge_interval(peak: int, decay: ClassicalDecay) -> Finding:
    """Return whether the rate is at most half its start at the peak (S1.17)."""
    legal = largest_interval(peak, decay.gamma)
    at_peak = decay.rate(peak, 1.0)
    value = f"{at_peak:.3g} of the starting rate at step {peak}"
    if at_peak <= 0.5 + 1e-12:
        title = "The rate is halved by the peak."
        return Finding("decay-interval", Verdict.PASS, title, value, "at most 0.5", source="S1.17")
    return Finding(
        "decay-interval",
        Verdict.PROBLEM,
        "The rate is not halved by the peak of the dev curve.",
        value,
        expected="at most 0.5",
        advice=f"Use an interval of at most {legal} steps.",
        source="S1.17",
    )


def judge_linear_length(n_steps: int, converged_at: int) -> Finding | None:
    """Return a notice if a linear decay ends before convergence: then N must be right (S1.18)."""
    if n_steps >= converged_at:
        return None
    return Finding(
        "decay-length",
        Verdict.NOTICE,
        "The decay ends before training would converge.",
        value=f"{n_steps} steps",
        expected=f"at least {converged_at}",
        advice="The result now depends on the number of steps being right: raise it.",
        source="S1.18",
    )


class DecayVerdict(StrEnum):
    """What to do with a first decay's outcome (S1.19)."""

    STOP = "stop"
    KEEP = "keep"
    DELAY_START = "delay start"


@dataclass(frozen=True, slots=True)
class DevCurve:
    """Dev scores at their steps; higher is better."""

    steps: Sequence[int]
    scores: Sequence[float]

    @property
    def peak(self) -> int:
        """The step of the best score, the first one of equals."""
        return self.steps[max(range(len(self.scores)), key=self.scores.__getitem__)]

    @property
    def best(self) -> float:
        """The best score."""
        return max(self.scores)


def judge_decay(
    constant: DevCurve, decayed: DevCurve, trial_deviation: float
) -> tuple[DecayVerdict, Finding]:
    """Return whether to stop at no decay, keep it, or start it later (S1.19)."""
    value = (
        f"best {constant.best:.4g} to {decayed.best:.4g}, peak {constant.peak} to {decayed.peak}"
    )
    expected = f"a gain above {SURE * trial_deviation:.2g}"
    if not helps([constant.best], [decayed.best], trial_deviation):
        title = "Decay gains nothing: the terrain looks flat."
        finding = Finding("decay", Verdict.PASS, title, value, expected, source="S1.19")
        return DecayVerdict.STOP, finding
    if decayed.peak > MUCH_LATER * constant.peak:
        title, advice = "Decay helps, but slows training.", "Start it later; then fine-tune it."
        finding = Finding(
            "decay", Verdict.NOTICE, title, value, expected, advice=advice, source="S1.19"
        )
        return DecayVerdict.DELAY_START, finding
    title, advice = "Decay helps.", "Keep it; a classical schedule is worth tuning."
    finding = Finding("decay", Verdict.PASS, title, value, expected, advice=advice, source="S1.19")
    return DecayVerdict.KEEP, finding
