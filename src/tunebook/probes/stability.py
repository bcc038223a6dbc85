"""Where training breaks, and what a warm-up or clipping does about it (S4.46, S4.48, S4.49)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tunebook.diagnosis.stability import (
    DENSE_STEPS,
    PROBE_FACTORS,
    ClippingAdvice,
    Instability,
    clipping,
    instability,
    next_threshold,
)
from tunebook.diagnosis.warm_up import WarmUp, chosen_warm_up, next_warm_up, survives
from tunebook.probes.fixed_rate import costs_of, hold_rate, loss_on, losses_of, training_at
from tunebook.probes.looking import first_batch
from tunebook.recipes.optimizers import gradient_norm
from tunebook.training.task import Task

MAX_HALVINGS, N_SAMPLE = 6, 256


@dataclass(frozen=True, slots=True)
class StabilityFigures:
    """The losses of every update at multiples of a rate, and the gradient's norms at the rate.

    Norms are those before any clipping.
    """

    losses: Mapping[float, Sequence[float]]
    norms: tuple[float, ...]


def stability(
    task: Task,
    config: Mapping[str, Any],
    *,
    lr: float,
    factors: Sequence[float] = PROBE_FACTORS,
    n_updates: int = DENSE_STEPS,
    seed: int = 0,
) -> StabilityFigures:
    """Train at multiples of the best rate and look at every update (S4.46).

    Sparse evaluation misses what blows up early and recovers.
    """
    losses: dict[float, Sequence[float]] = {}
    sample = first_batch(task, N_SAMPLE)
    norms = _norms(task, config, lr, n_updates, seed)
    for factor in factors:
        training = training_at(task, config, factor * lr, n_updates=n_updates, seed=seed)
        losses[factor] = costs_of(training, sample, n_updates)
    return StabilityFigures(losses, norms)


def _norms(
    task: Task, config: Mapping[str, Any], lr: float, n_updates: int, seed: int
) -> tuple[float, ...]:
    """Return the norm of the unclipped gradient at every update."""
    training = training_at(task, {**config, "clip_norm": None}, lr, n_updates=n_updates, seed=seed)
    found: list[float] = []
    parameters = list(training.network.parameters())
    losses_of(
        training, n_updates, on_update=lambda _: found.append(float(gradient_norm(parameters)))
    )
    return tuple(norm for norm in found if norm < math.inf)


@dataclass(frozen=True, slots=True)
class WarmUpFigures:
    """Which lengths of warm-up survived, their losses, and the shortest that did."""

    survived: Mapping[int, bool]
    losses: Mapping[int, Sequence[float]]
    chosen: WarmUp | None


def warm_up_sweep(
    task: Task, config: Mapping[str, Any], *, unstable_rate: float, max_steps: int, seed: int = 0
) -> WarmUpFigures:
    """Ramp to ten times the unstable rate over more and more updates until one survives (S4.48).

    Each probe has the ramp and twice as many updates at the rate; no ramp is longer than a tenth of
    ``max_steps``.
    """
    survived: dict[int, bool] = {}
    losses: dict[int, Sequence[float]] = {}
    probe = next_warm_up(unstable_rate, survived, max_steps=max_steps)
    while probe is not None:
        losses[probe.n_steps] = _ramp(task, config, probe, seed)
        survived[probe.n_steps] = survives(losses[probe.n_steps], probe.n_steps)
        probe = next_warm_up(unstable_rate, survived, max_steps=max_steps)
    return WarmUpFigures(survived, losses, chosen_warm_up(unstable_rate, survived))


def _ramp(task: Task, config: Mapping[str, Any], probe: WarmUp, seed: int) -> list[float]:
    n = probe.probe_steps
    training = training_at(task, config, probe.base, n_updates=n, seed=seed)
    sample = first_batch(task, N_SAMPLE)
    found = [loss_on(training, sample)]
    for step in range(n):
        # At rate 0 nothing moves: the first update has the ramp's first rate above it.
        hold_rate(training, probe.rate(step + 1))
        losses_of(training, 1)
        found.append(loss_on(training, sample))
        if not math.isfinite(found[-1]):
            break
    return found


@dataclass(frozen=True, slots=True)
class ClippingFigures:
    """The norms without clipping, what each threshold led to, and the largest stable one."""

    norms: tuple[float, ...]
    tried: Mapping[float, Instability]
    advice: ClippingAdvice
    chosen: float | None


def clipping_sweep(
    task: Task, config: Mapping[str, Any], *, lr: float, n_updates: int = DENSE_STEPS, seed: int = 0
) -> ClippingFigures:
    """Clip at the 90th percentile of norms, then at halves of it, until training holds (S4.49).

    It ends where more than half of all updates would be clipped: lower the rate instead.
    """
    norms = _norms(task, config, lr, n_updates, seed)
    tried: dict[float, Instability] = {}
    sample = first_batch(task, N_SAMPLE)
    level = next_threshold(norms, ()) if norms else None
    while level is not None and len(tried) < MAX_HALVINGS:
        clipped = {**config, "clip_norm": level}
        training = training_at(task, clipped, lr, n_updates=n_updates, seed=seed)
        tried[level] = instability(costs_of(training, sample, n_updates))
        if tried[level] is Instability.NONE:
            break
        level = next_threshold(norms, tuple(tried))
    stable = [level for level, kind in tried.items() if kind is Instability.NONE]
    chosen = max(stable, default=None)
    advice = clipping(norms, chosen) if norms else ClippingAdvice(0.0, 0.0, False)
    return ClippingFigures(norms, tried, advice, chosen)
