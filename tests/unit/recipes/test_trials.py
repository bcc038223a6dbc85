"""How a trial trains a task: a loss that is no number is divergence, whatever the accuracy says."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

import tunebook as tb
from tunebook.errors import ConfigurationError
from tunebook.recipes.settings import TrainingSettings
from tunebook.recipes.trials import MAX_POINTS, TaskTraining, _of_updates
from tunebook.records import FailureKind, Series, Trial, TrialState
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


def trained(updates: int, **fixed: object) -> Trial:
    training = TaskTraining(read_task(Halves), updates, {"batch_size": 8, **fixed})
    study = tb.tune(
        training,
        tb.Space(lr=tb.Choice(0.1, 0.2)),
        **{"maximize": "val_accuracy", "max_steps": 3, "trials": 1, "search": "grid"},
        **{"workers": 0, "store": "memory", "progress": False},
    )
    return study.trials[0]


def test_s1_1_each_evaluation_records_both_sets_the_rate_and_the_updates():
    trial = trained(5)
    assert set(trial.curves) == {
        *("train_loss", "train_accuracy", "val_loss", "val_accuracy"),
        *("learning_rate", "gradient_norm", "update_ratio"),
    }
    assert {len(series) for series in trial.curves.values()} == {3}
    assert list(trial.curves["learning_rate"].values) == [trial.config["lr"]] * 3


def test_s1_1_record_batch_keeps_the_loss_of_every_update_and_counts_no_steps():
    trial = trained(5, record="batch")
    series, steps = trial.curves["train_loss@batch"], trial.curves["train_loss"]
    assert list(series.steps) == list(range(1, 16))
    assert sum(series.values[:5]) / 5 == pytest.approx(steps.values[0])
    assert list(series.seconds) == sorted(series.seconds)
    assert series.seconds[-1] <= steps.seconds[-1]
    assert (trial.step, trial.steps_done) == (3, 3)


def test_s1_1_losses_of_100000_updates_keep_their_extremes_and_the_last():
    rng = torch.Generator().manual_seed(0)
    n_steps, n = 20, 5000
    kept = Series()
    highest, lowest = 9.0, -9.0
    for step in range(n_steps):
        losses = torch.rand(n, generator=rng).double()
        losses[123], losses[4321] = highest + step, lowest - step
        last = float(losses[-1])
        kept.extend(_of_updates(losses.tolist(), (step + 1) * n, (step, step + 1), n_steps))
    assert 2000 < len(kept) <= MAX_POINTS
    assert (max(kept.values), min(kept.values)) == (highest + 19, lowest - 19)
    assert (kept.steps[-1], kept.values[-1]) == (n_steps * n, last)
    # Up to 6,000 losses are kept as they are.
    assert list(_of_updates([1.0, 3.0, 2.0], 3, (0.0, 3.0), 1).values) == [1.0, 3.0, 2.0]


def test_unknown_record_is_refused():
    with pytest.raises(ConfigurationError, match="no such record"):
        TrainingSettings.of({"record": "batches"})
