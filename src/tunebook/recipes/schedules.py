"""Schedules of the learning rate, as factors of the base rate. Pure functions of the update.

``update`` counts from 0 to ``n_updates`` - 1. Each formula names its source.
"""

from __future__ import annotations

import math

from tunebook.recipes.settings import TrainingSettings


def factor(settings: TrainingSettings, update: int, n_updates: int) -> float:
    """Return the factor of the base rate at ``update``: the schedule with its warm-up prepended.

    The ramp from 0 to the base rate takes a share of the updates (S4.48). Plateau schedules
    react to measurements instead: their factor is 1 here (S0.34).
    """
    n_warmup = round(settings.warmup * n_updates)
    if update < n_warmup:
        return (update + 1) / n_warmup
    at, n = update - n_warmup, max(1, n_updates - n_warmup)
    match settings.schedule:
        case "linear":
            return linear(at, n, end=settings.end_factor)
        case "cosine":
            return cosine(at, n, end=settings.end_factor)
        case "exponential" | "multistep":
            start = round(settings.decay_start * n)
            interval = max(1, round(settings.decay_interval * n))
            if settings.schedule == "exponential":
                gamma = settings.decay_factor ** (1 / interval)
                return exponential(max(0, at - start), gamma=gamma)
            return classical(at, start=start, interval=interval, gamma=settings.decay_factor)
        case _:
            return 1.0


def linear(update: int, n_updates: int, *, end: float = 0.0) -> float:
    """Linear from 1 to ``end``: 1 - t/N for an end of 0 (S4.40)."""
    return 1.0 + (end - 1.0) * min(update / n_updates, 1.0)


def cosine(update: int, n_updates: int, *, end: float = 0.0) -> float:
    """Half a cosine from 1 to ``end``: (1 + cos(pi*t/N))/2 for an end of 0 (S4.40)."""
    half = 0.5 * (1.0 + math.cos(math.pi * min(update / n_updates, 1.0)))
    return end + (1.0 - end) * half


def classical(update: int, *, start: int, interval: int, gamma: float) -> float:
    """``gamma`` to the power floor((update - start) / interval), 1 before ``start`` (S1.17)."""
    return gamma ** ((update - start) // interval) if update >= start else 1.0


def exponential(update: int, *, gamma: float) -> float:
    """``gamma`` to the power of the update: Caffe's ``exp`` (S3.9)."""
    return float(gamma**update)
