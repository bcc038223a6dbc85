"""Schedules of the learning rate, as factors of the base rate."""

from __future__ import annotations

import math

from tunebook.recipes.settings import TrainingSettings


def factor(settings: TrainingSettings, update: int, n_updates: int) -> float:
    """Return the factor of the base rate at ``update``, from 0 to ``n_updates`` - 1.

    The warm-up, a ramp from 0 to the base rate, comes before the schedule (S4.48): linear or cosine
    (S4.40), Caffe's ``exp`` (S3.9), or drops at intervals (S1.17). Plateau schedules react to
    measurements instead: their factor is 1 here (S0.34).
    """
    n_warmup = round(settings.warmup * n_updates)
    if update < n_warmup:
        return (update + 1) / n_warmup
    at, n = update - n_warmup, max(1, n_updates - n_warmup)
    share, end, drop = min(at / n, 1.0), settings.end_factor, settings.decay_factor
    start, interval = round(settings.decay_start * n), max(1, round(settings.decay_interval * n))
    match settings.schedule:
        case "linear":  # 1 - t/N for an end of 0
            return 1.0 + (end - 1.0) * share
        case "cosine":  # (1 + cos(pi*t/N))/2 for an end of 0
            return end + (1.0 - end) * (0.5 * (1.0 + math.cos(math.pi * share)))
        case "exponential":
            return float((drop ** (1 / interval)) ** max(0, at - start))
        case "multistep":
            return float(drop ** max(0, (at - start) // interval))
        case _:
            return 1.0
