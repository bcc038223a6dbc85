"""The training loop on 8x8 digits: determinism, resumption, exact evaluation, schedules."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

from tunebook.errors import ConfigurationError
from tunebook.recipes.batches import TrainingBatches
from tunebook.recipes.loop import Training
from tunebook.recipes.optimizers import gradient_norm, make_optimizer, update_ratio
from tunebook.recipes.schedules import factor
from tunebook.recipes.settings import OPTIMIZERS, TrainingSettings
from tunebook.training.task import Split, read_task


class Line:
    """y = 3x + 1 with a layer of one weight."""

    minimize = "mse"

    def data(self, split: str) -> TensorDataset | None:
        n = {"train": 40, "train-val": 21}.get(split)
        if n is None:
            return None
        x = torch.linspace(-1, 1, n).unsqueeze(1)
        return TensorDataset(x, 3 * x + 1)

    def network(self, config: object) -> nn.Module:
        return nn.Linear(1, 1)

    def loss(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return nn.functional.mse_loss(outputs, targets)

    def metrics(self, outputs: torch.Tensor, targets: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"mse": nn.functional.mse_loss(outputs, targets)}


def training(n_updates: int = 60, seed: int = 0, **config: object) -> Training:
    return Training(read_task(Line), config, n_updates=n_updates, seed=seed)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_s4_3_every_optimizer_learns_a_line(optimizer: str) -> None:
    trained = training(200, optimizer=optimizer, lr=0.05, batch_size=20)
    before = trained.evaluate(Split.TRAIN_VAL)["val_mse"]
    for _ in range(200):
        trained.update()
    assert trained.evaluate(Split.TRAIN_VAL)["val_mse"] < 0.1 * before


def test_same_seed_trains_the_same_network_also_when_interrupted() -> None:
    config = {"optimizer": "momentum", "lr": 0.02, "batch_size": 8, "schedule": "cosine"}
    whole, first = training(**config), training(**config)
    for _ in range(30):
        whole.update()
    for _ in range(13):
        first.update()
    second = training(**config)
    second.load_state_dict(first.state_dict())
    for _ in range(17):
        second.update()
    for one, other in zip(whole.network.parameters(), second.network.parameters(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_s0_15_a_clone_goes_on_with_its_own_hyperparameters(optimizer: str) -> None:
    parent = training(optimizer="momentum", momentum=0.9, weight_decay=0.0)
    parent.update()
    clone = training(optimizer=optimizer, momentum=0.5, weight_decay=0.1)
    clone.load_state_dict(parent.state_dict())
    clone.update()
    (group,) = clone.optimizer.param_groups
    assert group["weight_decay"] == 0.1
    assert group.get("momentum", 0.5) == 0.5
    assert clone.n_done == 2


def test_s4_35_evaluation_counts_every_example_once() -> None:
    trained = training(batch_size=8)
    examples = trained.task.examples(Split.TRAIN_VAL)
    x, y = (torch.stack(part) for part in zip(*examples, strict=True))
    with torch.no_grad():
        exact = nn.functional.mse_loss(trained.network(x), y)
    found = trained.evaluate(Split.TRAIN_VAL)
    assert found["val_mse"] == pytest.approx(float(exact))
    assert found["val_loss"] == pytest.approx(float(exact))


def test_accumulated_batches_equal_one_large_batch() -> None:
    large, small = training(batch_size=40), training(batch_size=20, accumulate=2)
    for trained in (large, small):
        trained.update()
    for one, other in zip(large.network.parameters(), small.network.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-6)


def test_loss_and_gradient_of_accumulated_batches_are_their_means() -> None:
    """The step of plain descent is the rate times the gradient: Adam's hides a factor."""
    config = {"optimizer": "sgd", "lr": 0.1}
    large = training(batch_size=40, **config)
    small = training(batch_size=20, accumulate=2, **config)
    before = [p.detach().clone() for p in large.network.parameters()]
    losses = [float(trained.update()) for trained in (large, small)]
    assert losses[1] == pytest.approx(losses[0], rel=1e-5)
    x, y = large.task.examples(Split.TRAIN).tensors
    with torch.no_grad():
        off = 2 * (x * before[0] + before[1] - y)
    wanted = [before[0] - 0.1 * (off * x).mean(), before[1] - 0.1 * off.mean()]
    for trained in (large, small):
        for found, p in zip(trained.network.parameters(), wanted, strict=True):
            assert torch.allclose(found, p, atol=1e-6)


@pytest.mark.parametrize(("name", "looks_ahead"), [("momentum", False), ("nesterov", True)])
def test_momentum_and_nesterov_follow_their_formulas(name: str, looks_ahead: bool) -> None:
    """v = m v + g; the step is rate times v, or times g + m v where it looks ahead (S4.3)."""
    weight = nn.Parameter(torch.tensor([1.0], dtype=torch.float64))
    settings = TrainingSettings(optimizer=name, lr=0.1, momentum=0.8)
    optimizer = make_optimizer([weight], settings)
    w, v = 1.0, 0.0
    for _ in range(4):
        optimizer.zero_grad()
        (weight**2).sum().backward()
        optimizer.step()
        v = 0.8 * v + 2 * w
        w -= 0.1 * (2 * w + 0.8 * v if looks_ahead else v)
        assert float(weight.detach()) == pytest.approx(w, rel=1e-5)


class Dropped(Line):
    """The line with a layer that behaves otherwise in training: half of all outputs are 0."""

    def network(self, config: object) -> nn.Module:
        return nn.Sequential(nn.Linear(1, 1), nn.Dropout(0.5), nn.BatchNorm1d(1, affine=False))


@pytest.mark.parametrize("polyak", [None, 0.9])
def test_evaluation_is_in_evaluation_mode_and_the_next_update_in_that_of_training(polyak) -> None:
    trained = Training(read_task(Dropped), {"lr": 0.1, "polyak": polyak}, n_updates=4)
    for _ in range(3):
        trained.update()
        assert trained.network.training
        statistics = trained.evaluated[2].running_mean.clone()
        first, second = (trained.evaluate(Split.TRAIN_VAL) for _ in range(2))
        assert first == second
        assert torch.equal(trained.evaluated[2].running_mean, statistics)
        x, y = trained.task.examples(Split.TRAIN_VAL).tensors
        norm = trained.evaluated[2]
        with torch.no_grad():
            plain = (trained.evaluated[0](x) - norm.running_mean) / (norm.running_var + 1e-5).sqrt()
        assert first["val_mse"] == pytest.approx(float(((plain - y) ** 2).mean()), rel=1e-4)


def test_clipping_bounds_the_gradient() -> None:
    trained = training(clip_norm=0.01)
    trained.update()
    assert float(gradient_norm(trained.network.parameters())) <= 0.0101


def test_each_epoch_has_every_example_once_in_another_order() -> None:
    data = TensorDataset(torch.arange(12), torch.arange(12))
    batches = TrainingBatches(data, 4, seed=1)
    epochs = [torch.cat([batches[e * 3 + k][0] for k in range(3)]).tolist() for e in range(2)]
    assert all(sorted(epoch) == list(range(12)) for epoch in epochs)
    assert epochs[0] != epochs[1]


def test_s4_40_schedules_begin_at_one_and_end_where_they_say() -> None:
    linear, cosine = (TrainingSettings(schedule=name) for name in ("linear", "cosine"))
    assert factor(linear, 0, 10) == 1.0
    assert factor(linear, 10, 10) == 0.0
    assert factor(cosine, 0, 10) == 1.0
    assert factor(replace(cosine, end_factor=0.1), 10, 10) == pytest.approx(0.1)
    assert factor(cosine, 5, 10) == pytest.approx(0.5)


def test_s1_17_classical_decay_drops_at_its_intervals() -> None:
    drops = {"decay_start": 0.4, "decay_interval": 0.2, "decay_factor": 0.5}
    settings = TrainingSettings(schedule="multistep", **drops)
    rates = [factor(settings, k, 10) for k in range(9)]
    assert rates == [1, 1, 1, 1, 1, 1, 0.5, 0.5, 0.25]


def test_s4_48_warm_up_is_prepended_and_never_zero() -> None:
    settings = TrainingSettings(schedule="linear", warmup=0.2)
    rates = [factor(settings, k, 10) for k in range(10)]
    assert rates[:3] == [0.5, 1.0, 1.0]
    assert all(b <= a for a, b in itertools.pairwise(rates[2:]))
    assert all(rate > 0 and math.isfinite(rate) for rate in rates)


def test_name_in_the_space_of_an_optimizer_counts_for_it_alone() -> None:
    config = {"optimizer": "adam", "adam.lr": 0.1, "sgd.lr": 9.0}
    settings = TrainingSettings.of(config)
    assert settings.lr == 0.1


def test_frozen_parameters_are_not_given_to_the_optimizer() -> None:
    layer = nn.Linear(2, 2)
    layer.bias.requires_grad_(False)
    made = make_optimizer(layer.parameters(), TrainingSettings())
    assert [p.shape for group in made.param_groups for p in group["params"]] == [(2, 2)]


@pytest.mark.parametrize(
    "config", [{"optimizer": "adm"}, {"precision": "half"}, {"batch_size": 0}, {"schedule": "x"}]
)
def test_settings_that_do_not_exist_are_refused(config: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        TrainingSettings.of(config)


def test_s0_34_plateau_schedule_halves_the_rate_when_scores_stall_also_after_a_resume():
    settings = {"optimizer": "sgd", "lr": 0.1, "schedule": "plateau", "patience": 3}
    found = training(**settings)
    rates = []
    for score in (1.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0):
        found.update()
        found.note(score)
        rates.append(found.rate)
    assert rates == pytest.approx([0.1] * 4 + [0.05] * 3 + [0.025])
    again = training(**settings)
    again.load_state_dict(found.state_dict())
    assert again.rate == found.rate
    assert training(optimizer="sgd", lr=0.1).rate == 0.1


def test_mixed_precision_learns_and_reports_in_single_precision():
    seen: list[torch.dtype] = []

    class Seen(Line):
        def loss(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
            seen.append(outputs.dtype)
            return super().loss(outputs, targets)

        def metrics(self, outputs: torch.Tensor, targets: torch.Tensor) -> dict[str, torch.Tensor]:
            assert outputs.dtype is torch.float32
            return super().metrics(outputs, targets)

    config = {"lr": 0.05, "batch_size": 8}
    for precision, dtype in (("mixed", torch.bfloat16), ("auto", torch.float32)):
        seen.clear()
        found = Training(read_task(Seen), {**config, "precision": precision}, n_updates=200)
        for _ in range(200):
            found.update()
        assert found.evaluate(Split.TRAIN_VAL)["val_mse"] < 0.05
        assert set(seen) == {dtype}


def test_deterministic_training_refuses_what_is_not():
    try:
        found = training(deterministic=True)
        assert torch.are_deterministic_algorithms_enabled()
        found.update()
    finally:
        torch.use_deterministic_algorithms(False)


def test_s4_25_averaged_weights_are_evaluated_and_survive_an_interruption():
    config = {"optimizer": "sgd", "lr": 0.4, "batch_size": 4, "polyak": 0.9}
    whole, first = training(**config), training(**config)
    for _ in range(12):
        whole.update()
    assert not torch.equal(next(whole.network.parameters()), next(whole.evaluated.parameters()))
    for _ in range(5):
        first.update()
    second = training(**config)
    second.load_state_dict(first.state_dict())
    for _ in range(7):
        second.update()
    assert second.evaluate(Split.TRAIN_VAL) == whole.evaluate(Split.TRAIN_VAL)


def test_s4_25_average_follows_the_formula():
    trained = training(optimizer="sgd", lr=0.1, batch_size=8, polyak=0.5)
    trained.update()
    mean = next(trained.network.parameters()).item()
    for _ in range(4):
        trained.update()
        mean = 0.5 * mean + 0.5 * next(trained.network.parameters()).item()
    assert next(trained.evaluated.parameters()).item() == pytest.approx(mean, rel=1e-5)


def test_s3_9_exponential_decay_has_its_formula():
    # A factor of e^-5 over 50,000 updates is Caffe's gamma of 0.9999.
    decay = {"decay_interval": 1.0, "decay_factor": math.exp(-5)}
    settings = TrainingSettings(schedule="exponential", **decay)
    rates = [factor(settings, t, 50_000) for t in (0, 25_000, 50_000)]
    assert rates == pytest.approx([1, math.exp(-2.5), math.exp(-5)], rel=1e-3)


class Signs:
    """The sign of a number, two classes."""

    maximize = "accuracy"

    def data(self, split: str) -> TensorDataset | None:
        n = {"train": 60, "train-val": 40}.get(split)
        if n is None:
            return None
        x = torch.linspace(-1, 1, n).unsqueeze(1)
        return TensorDataset(x, (x[:, 0] > 0).long())

    def network(self, config: object) -> nn.Module:
        return nn.Linear(1, 2)

    loss = staticmethod(nn.functional.cross_entropy)

    def metrics(self, outputs: torch.Tensor, targets: torch.Tensor) -> dict[str, float]:
        right = (outputs.argmax(1) == targets).float()
        return {"accuracy": float(right.mean()), "n": len(targets), "accuracy/plus": 0.5, "a/b": 1}


class Mixed(Signs):
    """Its training targets are shares, which its metrics do not know."""

    def augment(
        self, inputs: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        return inputs, 0.9 * nn.functional.one_hot(targets, 2) + 0.05


class Moved(Signs):
    """Its training targets stay what they are."""

    def augment(
        self, inputs: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        return inputs + 0.01, targets


class Predicted(Signs):
    """Its metrics are given predictions in place of outputs."""

    def predict(self, outputs: torch.Tensor) -> torch.Tensor:
        return outputs.softmax(1)


def test_advancing_is_updating_and_tells_of_the_last_update() -> None:
    config = {"optimizer": "sgd", "lr": 0.1, "batch_size": 8, "schedule": "linear"}
    plain, told = training(**config, clip_norm=0.5), training(**config, clip_norm=0.5)
    losses = [float(plain.update()) for _ in range(5)]
    plain.network.zero_grad()
    before = plain.network.weight.detach().clone()
    plain.loss(plain.batches[5]).backward()
    norm, rate = float(gradient_norm(plain.network.parameters())), plain.rate
    losses.append(float(plain.update()))
    found_losses, found = told.advance(6)
    assert found_losses.tolist() == losses
    assert norm > 0.5  # it is that before clipping
    assert found["gradient_norm"] == pytest.approx(norm)
    assert found["learning_rate"] == pytest.approx(rate)
    moved = float((plain.network.weight.detach() - before).norm() / before.norm())
    assert found["update_ratio"] == pytest.approx(moved)


@pytest.mark.parametrize(
    ("task", "n_measured"),
    [(Signs, 40), (Moved, 40), (Mixed, 2), (Predicted, 2)],
    ids=["as trained", "augmented inputs", "other targets", "predictions"],
)
def test_training_metrics_are_of_the_last_batches_or_of_a_sample(task, n_measured) -> None:
    trained = Training(read_task(task), {"lr": 0.1, "batch_size": 10}, n_updates=20)
    _, found = trained.advance(6)
    # As many as the validation set has; else a thirtieth of the 60 that were trained.
    assert found["train_n"] == n_measured
    assert 0.0 <= found["train_accuracy"] <= 1.0
    # No single classes, and what only looks like one stays.
    assert "train_accuracy/plus" not in found
    assert found["train_a/b"] == 1
    assert "train_loss" not in found


def test_metrics_are_not_asked_for_when_the_loss_is_nan() -> None:
    trained = Training(read_task(Signs), {"optimizer": "sgd", "batch_size": 10}, n_updates=20)
    with torch.no_grad():
        trained.network.weight.fill_(math.nan)
    losses, found = trained.advance(3)
    assert losses.isnan().all()
    assert "train_accuracy" not in found


def test_s1_12_update_ratio_is_a_median_without_tensors_of_zeros() -> None:
    before = [torch.zeros(2, 2), torch.ones(2, 2), torch.ones(2, 2), torch.ones(2, 2)]
    after = [torch.ones(2, 2), *(torch.full((2, 2), 1 + by) for by in (0.1, 0.2, 0.4))]
    assert update_ratio(before, after) == pytest.approx(0.2)
    assert math.isnan(update_ratio(before[:1], after[:1]))


def test_s4_46_gradients_of_sparse_embeddings_have_a_norm() -> None:
    table = nn.Embedding(10, 4, sparse=True)
    table(torch.tensor([1, 2, 2])).sum().backward()
    assert float(gradient_norm(table.parameters())) == pytest.approx(math.sqrt(4 * 1 + 4 * 4))
