"""Whether regularization or augmentation keeps a network from fitting even one batch (S2.8)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum

from tunebook.analysis.series import number, tail_mean
from tunebook.diagnosis.single_batch import Cause
from tunebook.records.finding import Finding, Verdict

LEAST_SHARE = 0.4
"""The share of the plain fall in loss that must be left."""


class HeldBack(StrEnum):
    """What may hold a fit back."""

    REGULARIZATION = "regularization"
    AUGMENTATION = "augmentation"


_CAUSES = {
    HeldBack.REGULARIZATION: (Cause.REGULARIZATION.value, "dropout or weight decay is too strong"),
    HeldBack.AUGMENTATION: (Cause.AUGMENTATION.value, "it destroys what the labels depend on"),
}
_ADVICE = {
    HeldBack.REGULARIZATION: "Lower dropout and weight decay; begin with none.",
    HeldBack.AUGMENTATION: "Look at ten augmented inputs with their labels.",
}


def judge_held_back(
    plain: Sequence[float], configured: Mapping[HeldBack, Sequence[float]]
) -> list[Finding]:
    """Return a finding for each: a problem if hardly anything of the plain fall in loss is left.

    ``plain`` are the losses on the same batch without any of it (S2.8).
    """
    return [_judge(kind, plain, losses) for kind, losses in configured.items()]


def _judge(kind: HeldBack, plain: Sequence[float], losses: Sequence[float]) -> Finding:
    n = min(len(plain), len(losses))
    fall = plain[0] - tail_mean(plain[:n])
    left = plain[0] - tail_mean(losses[:n])
    share = left / fall if fall > 0 else 1.0
    value = f"loss {number(plain[0])} to {number(tail_mean(losses[:n]))}"
    expected = f"a fall of at least {LEAST_SHARE:.0%} of that without"
    check = f"{kind.value}-on-a-batch"
    if math.isfinite(share) and share >= LEAST_SHARE:
        title = f"The network fits a single batch with {kind} too."
        return Finding(check, Verdict.PASS, title, value, expected, source="S2.8")
    return Finding(
        check,
        Verdict.PROBLEM,
        f"With {kind} the network does not even fit a single batch.",
        value,
        expected,
        causes=_CAUSES[kind],
        next_test=f"Train on the same batch with half the {kind}.",
        advice=_ADVICE[kind],
        source="S2.8",
    )
