"""How a trial trains a task: a loss that is no number is divergence, whatever the accuracy says."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

import tunebook as tb
from tunebook.recipes.trials import TaskTraining
from tunebook.records import FailureKind, TrialState
from tunebook.training.task import read_task


class Halves:
    """Two classes of numbers, by their sign."""

    maximize = "accuracy"

    def data(self, split: str) -> TensorDataset | None:
        n = {"train": 32, "train-val": 16}.get(split)
        if n is None:
            return None
        x = torch.linspace(-1, 1, n).unsqueeze(1)
        return TensorDataset(x, (x[:, 0] > 0).long())

    def network(self, config: object) -> nn.Module:
        return nn.Linear(1, 2)

    def loss(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return nn.functional.cross_entropy(outputs, targets)

    def metrics(self, outputs: torch.Tensor, targets: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"accuracy": (outputs.argmax(1) == targets).float().mean()}


class Unmeasurable(Halves):
    """Its loss is no number where nothing is trained."""

    def loss(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        found = super().loss(outputs, targets)
        return found if torch.is_grad_enabled() else found * torch.nan


class Untrainable(Halves):
    """Its loss is no number where it is trained."""

    def loss(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        found = super().loss(outputs, targets)
        return found * torch.nan if torch.is_grad_enabled() else found


@pytest.mark.parametrize(
    ("task", "says"),
    [
        (Untrainable, "train_loss was nan at step 1"),
        (Unmeasurable, "val_loss was nan at step 1"),
    ],
)
def test_loss_that_is_no_number_makes_a_trial_diverge(task, says):
    training = TaskTraining(read_task(task), 5, {"optimizer": "sgd", "batch_size": 8})
    study = tb.tune(
        training,
        tb.Space(lr=tb.Choice(0.1, 0.2)),
        **{"maximize": "val_accuracy", "max_steps": 3, "trials": 1, "search": "grid"},
        **{"workers": 0, "store": "memory", "progress": False},
    )
    (trial,) = study.trials
    assert trial.state is TrialState.INFEASIBLE
    assert trial.failure.kind is FailureKind.DIVERGED
    assert trial.failure.message == says
    assert trial.value is None


def test_loss_that_stays_a_number_is_no_divergence():
    training = TaskTraining(read_task(Halves), 5, {"optimizer": "sgd", "batch_size": 8})
    study = tb.tune(
        training,
        tb.Space(lr=tb.Choice(0.1, 0.2)),
        **{"maximize": "val_accuracy", "max_steps": 3, "trials": 1, "search": "grid"},
        **{"workers": 0, "store": "memory", "progress": False},
    )
    assert study.trials[0].state is TrialState.DONE
