"""How many updates to train: a whole curve, and where it converges (S1.10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tunebook.diagnosis.step_count import Convergence, convergence
from tunebook.probes.fixed_rate import (
    OnProgress,
    losses_of,
)
from tunebook.recipes.loop import Training
from tunebook.training.task import Task

N_UPDATES = 1000


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
