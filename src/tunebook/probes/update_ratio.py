"""A usable learning rate within 50 updates, from the size of updates beside weights (S1.12)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from tunebook.analysis.series import quantile
from tunebook.diagnosis.update_ratio import MAX_ROUNDS, STEPS_PER_ROUND, RatioStep, corrected_rate
from tunebook.probes.fixed_rate import hold_rate, training_at
from tunebook.recipes.loop import Training
from tunebook.recipes.settings import TrainingSettings
from tunebook.training.task import Task


@dataclass(frozen=True, slots=True)
class RatioRound:
    """Ten updates at a rate: their ratio by tensor, the median of them, and the correction."""

    lr: float
    ratios: Mapping[str, float]
    step: RatioStep


@dataclass(frozen=True, slots=True)
class RatioFigures:
    """The rounds in order, and the rate to use after them."""

    rounds: tuple[RatioRound, ...]
    lr: float

    @property
    def ratios(self) -> Mapping[str, float]:
        """The ratios of the last round."""
        return self.rounds[-1].ratios


def update_ratios(
    task: Task,
    config: Mapping[str, Any],
    *,
    lr: float | None = None,
    max_rounds: int = MAX_ROUNDS,
    seed: int = 0,
) -> RatioFigures:
    """Train in rounds of ten updates, and correct the rate after each until it suits (S1.12).

    ``lr`` is the rate to begin with, by default the configuration's. One round alone measures the
    ratios at that rate.
    """
    rate = TrainingSettings.of(config).lr if lr is None else lr
    n = max_rounds * STEPS_PER_ROUND
    training = training_at(task, config, rate, n_updates=n, seed=seed)
    rounds: list[RatioRound] = []
    for number in range(1, max_rounds + 1):
        ratios = _round(training, rate)
        step = corrected_rate(rate, ratios, round_number=number)
        rounds.append(RatioRound(rate, ratios, step))
        rate = step.lr
        if step.is_settled:
            break
    return RatioFigures(tuple(rounds), rate)


def _weights(network: nn.Module) -> dict[str, nn.Parameter]:
    """Return the tensors to measure: biases and scales of normalization begin near zero."""
    return {name: p for name, p in network.named_parameters() if p.requires_grad and p.dim() > 1}


def _round(training: Training, rate: float) -> dict[str, float]:
    weights = _weights(training.network)
    found: dict[str, list[float]] = {name: [] for name in weights}
    hold_rate(training, rate)
    for _ in range(STEPS_PER_ROUND):
        before = {name: p.detach().clone() for name, p in weights.items()}
        loss = float(training.update())
        with torch.no_grad():
            for name, p in weights.items():
                size = float(before[name].norm())
                moved = float((p - before[name]).norm())
                if size > 0:
                    found[name].append(moved / size if math.isfinite(moved) else math.inf)
        if not math.isfinite(loss):
            break
    return {name: quantile(values, 0.5) for name, values in found.items() if values}
