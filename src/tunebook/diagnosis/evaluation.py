"""How evaluation is done: how often, on how many examples, and what a wiggle tells."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tunebook.diagnosis.series import number
from tunebook.records.finding import Finding, Verdict

N_EVALUATIONS, N_DENSE = 50, 20
"""Evaluations of a run by default, after every one of the first steps (S4.35)."""

_GAIN_SHARE = 3.0
_MIN_PERIODS, _PEAK = 4, 0.5


def evaluation_steps(n_steps: int) -> list[int]:
    """Return the steps to evaluate at: the first 20, and 50 at a fixed interval (S4.35)."""
    interval = max(1, n_steps // N_EVALUATIONS)
    regular = range(interval, n_steps + 1, interval)
    return sorted({*range(1, min(N_DENSE, n_steps) + 1), *regular, n_steps})


def weighted_mean(values: Sequence[float], sizes: Sequence[int]) -> float:
    """Return a metric over batches weighed by their examples: padding weighs nothing (S4.35)."""
    return math.fsum(v * n for v, n in zip(values, sizes, strict=True)) / sum(sizes)


def autocorrelation(values: Sequence[float], lag: int) -> float:
    """Return the correlation of a detrended series with itself ``lag`` places later."""
    n = len(values)
    if not 0 < lag < n:
        return 0.0
    # A straight line is taken out: a falling loss is no period.
    mid, mean = (n - 1) / 2, math.fsum(values) / n
    slope = math.fsum((i - mid) * v for i, v in enumerate(values)) * 12 / (n * (n * n - 1))
    rest = [v - mean - slope * (i - mid) for i, v in enumerate(values)]
    total = math.fsum(r * r for r in rest)
    if total <= 0:
        return 0.0
    pairs = zip(rest[:-lag], rest[lag:], strict=True)
    return math.fsum(a * b for a, b in pairs) / total * n / (n - lag)


def judge_periodicity(losses: Sequence[float], steps_per_epoch: int) -> Finding | None:
    """Return whether the loss of every step repeats with the epoch (S4.35); None if too short.

    The second half counts. A peak at the epoch length well above that at half of it is a period.
    """
    late = losses[len(losses) // 2 :]
    if steps_per_epoch < 2 or len(late) < _MIN_PERIODS * steps_per_epoch:
        return None
    peak = autocorrelation(late, steps_per_epoch)
    between = autocorrelation(late, max(1, steps_per_epoch // 2))
    value, expected = f"autocorrelation {number(peak)}", f"below {_PEAK} at the epoch's length"
    if peak <= _PEAK or peak <= between + 0.2:
        title = "The loss does not repeat with the epoch."
        return Finding("periodicity", Verdict.PASS, title, value, expected, source="S4.35")
    return Finding(
        "periodicity",
        Verdict.PROBLEM,
        "The loss repeats with every epoch.",
        value,
        expected,
        causes=("the training data are not shuffled", "training and test data overlap"),
        next_test="Print the labels of the first batch of two epochs.",
        advice="Shuffle the training data anew in every epoch.",
        source="S4.35",
    )


def evaluation_size(error: float, smallest_gain: float, n_available: int) -> int:
    """Return how many examples to evaluate on (S4.36).

    The standard error then is at most a third of the smallest gain of interest; all that there are
    if that does not suffice.
    """
    wanted = math.ceil(error * (1 - error) * (_GAIN_SHARE / smallest_gain) ** 2)
    return min(n_available, max(1, wanted))


def judge_evaluation_size(error: float, n: int, smallest_gain: float) -> Finding:
    """Return whether gains of interest can be seen on n examples (S4.36)."""
    standard_error = math.sqrt(error * (1 - error) / n)
    value = f"standard error {number(standard_error)} on {n} examples"
    expected = f"at most {number(smallest_gain / _GAIN_SHARE)}"
    is_enough = standard_error <= smallest_gain / _GAIN_SHARE * (1 + 1e-9)
    return Finding(
        "evaluation-size",
        Verdict.PASS if is_enough else Verdict.NOTICE,
        "Evaluation is precise enough."
        if is_enough
        else "Evaluation is too coarse for the gains of interest.",
        value,
        expected,
        advice="" if is_enough else "Evaluate on more examples, or look for larger gains only.",
        source="S4.36",
    )
