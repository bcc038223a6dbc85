"""How many updates to train: the curve to converge (S1.10), the steps to a perfect fit (S4.31)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from tunebook.diagnosis.step_count import FIT_LOSS, Convergence, convergence, steps_to_fit
from tunebook.probes.fixed_rate import (
    OnProgress,
    losses_of,
    training_at,
    unregularized,
    without_regularization,
)
from tunebook.probes.looking import first_batch
from tunebook.recipes.batches import Batch
from tunebook.recipes.loop import Training
from tunebook.training.task import Task

HALF_DECADES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
"""The rates of the fit sweep, half a decade apart (S4.31)."""

N_UPDATES, N_SAMPLE, N_EVALUATIONS = 1000, 2000, 100


@dataclass(frozen=True, slots=True)
class CurveFigures:
    """The training loss of every update, and where it converged (S1.10)."""

    losses: tuple[float, ...]
    convergence: Convergence


def training_curve(
    task: Task,
    config: Mapping[str, Any],
    *,
    n_updates: int = N_UPDATES,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> CurveFigures:
    """Train with the configuration as it is, and find where its loss converges (S1.10)."""
    training = Training(task, config, n_updates=n_updates, seed=seed)
    losses = losses_of(training, n_updates, on_update=_counted(on_progress, n_updates))
    return CurveFigures(tuple(losses), convergence(losses))


def _counted(on_progress: OnProgress | None, total: int) -> Any:
    done = 0

    def count(_: float) -> None:
        nonlocal done
        done += 1
        if on_progress is not None:
            on_progress(done, total)

    return count


@dataclass(frozen=True, slots=True)
class FitFigures:
    """Updates to a perfect fit by rate, None where there was none; the errors seen at ``steps``.

    ``level`` is the error that counts as perfect: 0, or 1 % of the targets' variance.
    """

    steps_by_rate: Mapping[float, int | None]
    errors: Mapping[float, Sequence[float]]
    steps: tuple[int, ...]
    level: float


def fit_sweep(
    task: Task,
    config: Mapping[str, Any],
    *,
    rates: Sequence[float] = HALF_DECADES,
    n_updates: int = N_UPDATES,
    n_sample: int = N_SAMPLE,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> FitFigures:
    """Train at constant rates, without augmentation or regularization, to a perfect fit (S4.31).

    Fitted is who has no error on a fixed sample of the training set in three evaluations.
    """
    plain, sample = unregularized(task), first_batch(task, n_sample)
    interval = max(1, n_updates // N_EVALUATIONS)
    found: dict[float, int | None] = {}
    errors: dict[float, list[float]] = {}
    level, steps = 0.0, tuple(range(interval, n_updates + 1, interval))
    for number, lr in enumerate(sorted(rates), start=1):
        training = training_at(
            plain, without_regularization(config), lr, n_updates=n_updates, seed=seed
        )
        measured, level = errors.setdefault(lr, []), _level(training, sample)
        for _ in steps:
            losses_of(training, interval)
            measured.append(fit_error(training, sample))
            if steps_to_fit(steps[: len(measured)], measured, level=level) is not None:
                break
        found[lr] = steps_to_fit(steps[: len(measured)], measured, level=level)
        if on_progress is not None:
            on_progress(number, len(rates))
    return FitFigures(found, errors, steps, level)


@torch.no_grad()
def fit_error(training: Training, sample: Batch) -> float:
    """Return the share of wrong answers on a sample; squared error, or the loss, where none are."""
    training.network.eval()
    inputs, targets = sample
    outputs = training.network(inputs)
    wrong = wrong_share(outputs, targets)
    if wrong is not None:
        return wrong
    if _is_regression(outputs, targets):
        return float((outputs.reshape(targets.shape) - targets).square().mean())
    return float(training.task.loss(outputs, targets))


def wrong_share(outputs: Any, targets: Any) -> float | None:
    """Return the share of wrong classes, of single or several labels; None if there are none."""
    if not isinstance(outputs, torch.Tensor) or not isinstance(targets, torch.Tensor):
        return None
    if not targets.is_floating_point() and outputs.dim() == targets.dim() + 1:
        return float((outputs.argmax(1) != targets).double().mean())
    is_binary = outputs.numel() == targets.numel() and bool(((targets == 0) | (targets == 1)).all())
    if not is_binary:
        return None
    # Probabilities are cut at a half, logits at zero.
    cut = 0.5 if bool(((outputs >= 0) & (outputs <= 1)).all()) else 0.0
    return float(((outputs.reshape(targets.shape) > cut) != (targets > 0)).double().mean())


def _is_regression(outputs: Any, targets: Any) -> bool:
    return (
        isinstance(outputs, torch.Tensor)
        and isinstance(targets, torch.Tensor)
        and targets.is_floating_point()
        and outputs.numel() == targets.numel()
    )


@torch.no_grad()
def _level(training: Training, sample: Batch) -> float:
    """Return the error of a perfect fit: 0 for classes, 1 % of the variance for numbers."""
    inputs, targets = sample
    training.network.eval()
    outputs = training.network(inputs)
    if wrong_share(outputs, targets) is not None:
        return 0.0
    if _is_regression(outputs, targets):
        return FIT_LOSS * float(targets.double().var())
    return FIT_LOSS * float(training.task.loss(outputs, targets))
