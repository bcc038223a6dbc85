"""Is it better than chance, and than something simple? The ladder of references (S2.9, S0.30)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tunebook.diagnosis.series import number
from tunebook.records.finding import Finding, Verdict

_Z = 1.959963984540054


class Reference(StrEnum):
    """What a result is compared with, the most useful first (S2.9)."""

    OFFICIAL_SIMILAR = "official implementation on a similar dataset"
    OFFICIAL_BENCHMARK = "official implementation on a benchmark"
    UNOFFICIAL = "unofficial implementation"
    PAPER = "paper without code"
    OWN_BENCHMARK = "own model on a benchmark"
    SIMILAR_MODEL = "similar model on similar data"
    SIMPLE = "very simple baseline"


@dataclass(frozen=True, slots=True)
class Rung:
    """A reference of the ladder: its score (higher is better), and how much less is as good."""

    reference: Reference
    name: str
    score: float
    tolerance: float = 0.0

    def is_reached(self, score: float) -> bool:
        """Whether a score comes up to it."""
        return score >= self.score - self.tolerance


def lower_bound(accuracy: float, n: int) -> float:
    """Return the lower end of the 95 % interval of an accuracy on n examples (Wilson)."""
    z2 = _Z * _Z
    centre = accuracy + z2 / (2 * n)
    spread = _Z * math.sqrt(accuracy * (1 - accuracy) / n + z2 / (4 * n * n))
    return (centre - spread) / (1 + z2 / n)


def judge_chance(accuracy: float, n: int, *, majority_share: float) -> Finding:
    """Return whether the lower 95 % bound lies above the majority's share (S0.30)."""
    bound = lower_bound(accuracy, n)
    value = f"{accuracy:.1%}, at least {bound:.1%}"
    expected = f"above {majority_share:.1%}"
    if bound > majority_share:
        title = "Learning: better than chance."
        return Finding("chance", Verdict.PASS, title, value, expected, source="S0.30")
    return Finding(
        "chance",
        Verdict.PROBLEM,
        "No better than chance.",
        value,
        expected,
        causes=("the learning rate", "too much regularization", "a bug before the loss"),
        next_test="Train the reduced problem: two classes, the simplest network, 1000 examples.",
        advice="Get any learning at all before anything else.",
        source="S0.30",
    )


def judge_ladder(score: float, rungs: Sequence[Rung]) -> Finding:
    """Return the ladder's finding: worse than a simple baseline is a problem (S2.9)."""
    if not rungs:
        title = "There is nothing to compare with."
        advice = "Run the automatic baselines first."
        return Finding("baselines", Verdict.NOTICE, title, advice=advice, source="S2.9")
    simple = [r for r in rungs if r.reference is Reference.SIMPLE and not r.is_reached(score)]
    order = list(Reference)
    reached = [r for r in rungs if r.is_reached(score)]
    best = min(reached, key=lambda r: (order.index(r.reference), -r.score), default=None)
    missed = sorted(
        (r for r in rungs if not r.is_reached(score)), key=lambda r: order.index(r.reference)
    )
    value = number(score)
    expected = ", ".join(f"{r.name} {number(r.score)}" for r in rungs)
    if simple:
        return Finding(
            "baselines",
            Verdict.PROBLEM,
            f"The network is worse than a simple baseline: {simple[0].name}.",
            value,
            expected,
            causes=("a bug", "the learning rate", "data and model do not match"),
            next_test="Fit a single batch.",
            advice="Do not search before this is mended, unless you record why.",
            items=tuple(r.name for r in simple),
            source="S2.9",
        )
    title = f"As good as: {best.name}." if best is not None else "No reference is reached."
    return Finding(
        "baselines",
        Verdict.NOTICE if missed else Verdict.PASS,
        title,
        value,
        expected,
        next_test=f"Compare outputs with {missed[0].name}, line by line." if missed else "",
        items=tuple(r.name for r in missed),
        source="S2.9",
    )
