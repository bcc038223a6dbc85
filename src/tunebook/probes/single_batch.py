"""Training on one fixed batch: no augmentation, no regularization, a constant rate (S2.8)."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from tunebook.analysis.series import entropy
from tunebook.diagnosis.single_batch import Outcome, SingleBatchFigures, classify
from tunebook.probes.fixed_rate import dropouts
from tunebook.probes.looking import (
    end_of,
    expects_logits,
    first_batch,
    has_own_rate,
    loss_operations,
    with_rate,
)
from tunebook.probes.looking import look as first_look
from tunebook.probes.tensors import first_tensor, n_rows
from tunebook.recipes.batches import Batch
from tunebook.recipes.loop import Training
from tunebook.training.task import Task

N_STEPS, BATCH = 500, 32
FACTORS = (10.0, 0.1)
"""Other rates, tried on anything but a pass: a pass there is a fault of the rate (S2.8)."""

MIN_STEPS, MAX_SECONDS = 100, 12.0
"""A slow network trains fewer steps, but no fewer than this. Seconds are those of the processor:
what else it is busy with must not change the verdict."""

_SCALES = (2.0, 5.0, 10.0, 20.0)


@dataclass(frozen=True, slots=True)
class Until:
    """How long to train on the batch: so many steps, or seconds once ``MIN_STEPS`` are done."""

    n_steps: int = N_STEPS
    max_seconds: float = MAX_SECONDS


def single_batch(
    task: Task, config: Mapping[str, Any], *, seed: int = 0, until: Until | None = None
) -> SingleBatchFigures:
    """Train on one batch and return losses and errors, with the evidence for causes.

    A learning rate that nobody chose is no fault: then the rate that passes is the one reported.
    """
    seen = first_look(task, config, seed=seed)
    batch, operations = first_batch(task, BATCH), loss_operations(task, seen)
    floor = 0.0 if "Softmax" in operations else _floor(task, batch, seen.n_classes)
    plain = {"weight_decay": 0.0, "schedule": "constant", "warmup": 0.0, "polyak": None}
    settings = {**with_rate(task, config), **plain, "accumulate": 1}
    run = _Run(task, settings, batch, floor, seed, until or Until())
    losses, errors = run.train(1.0)
    outcome = classify(losses, errors)
    others: dict[float, Outcome] = {}
    if outcome is not Outcome.PASS:
        for factor in FACTORS:
            found = run.train(factor)
            others[factor] = classify(*found)
            if others[factor] is Outcome.PASS and not has_own_rate(task, config):
                losses, errors = found
                others = {}
                break
        else:
            # Far off, neither passes: an optimizer known to fit tells whether it is the rate.
            if Outcome.PASS not in others.values():
                found = run.train(1.0, is_known=True)
                is_slow = outcome is Outcome.PLATEAUS
                others[math.inf if is_slow else 0.0] = classify(*found)
                if classify(*found) is Outcome.PASS and not has_own_rate(task, config):
                    losses, errors = found
                    others = {}
    inputs, targets = batch
    parameters = [p for p in seen.training.network.parameters() if p.requires_grad]
    return SingleBatchFigures(
        losses=losses,
        errors=errors,
        label_entropy=_label_entropy(targets) if seen.n_classes else None,
        other_rates=others,
        n_without_gradient=run.n_without_gradient if parameters else None,
        inputs_are_equal=_are_equal(inputs),
        labels_conflict=_conflict(inputs, targets),
        outputs_are_probabilities=(
            expects_logits(operations) and end_of(seen.outputs) in {"Softmax", "Sigmoid"}
        )
        or ("Softmax" in operations and "LogSoftmax" in operations),
    )


@dataclass
class _Run:
    """Trains the same fresh network on the same batch at several rates."""

    task: Task
    config: Mapping[str, Any]
    batch: Batch
    floor: float
    seed: int
    until: Until
    n_without_gradient: int = 0

    def train(
        self, factor: float, *, is_known: bool = False
    ) -> tuple[list[float], list[float] | None]:
        """Return the losses L0 to Ln above the floor, and the share of wrong examples beside.

        ``is_known`` takes Adam at 1e-3, which fits most networks, for the task's own optimizer.
        """
        training = Training(self.task, self.config, n_updates=self.until.n_steps, seed=self.seed)
        if is_known:
            training.optimizer = torch.optim.Adam(training.network.parameters(), lr=1e-3)
        elif factor != 1.0:
            self._scale(training, factor)
        losses, errors = list[float](), list[float]()
        until = time.process_time() + self.until.max_seconds
        for step in range(self.until.n_steps + 1):
            loss, error = self._step(training)
            losses.append(loss - self.floor)
            if error is not None:
                errors.append(error)
            if step == 0 and factor == 1.0 and not is_known:
                grads = [p.grad for p in training.network.parameters() if p.requires_grad]
                self.n_without_gradient = sum(g is None or not bool(g.any()) for g in grads)
            if not math.isfinite(loss):
                break
            if step >= MIN_STEPS and time.process_time() > until:
                break
        return losses, errors or None

    def _scale(self, training: Training, factor: float) -> None:
        for group in training.optimizer.param_groups:
            group["lr"] *= factor

    def _step(self, training: Training) -> tuple[float, float | None]:
        network = training.network.train()
        for layer in dropouts(network):
            layer.eval()
        training.optimizer.zero_grad(set_to_none=True)
        inputs, targets = self.batch
        outputs = network(inputs)
        loss = self.task.loss(outputs, targets)
        error = _error(outputs, targets)
        if loss.requires_grad:
            loss.backward()
            training.optimizer.step()
        return float(loss.detach()), error


def _error(outputs: Any, targets: Any) -> float | None:
    """Return the share of examples whose largest score is of another class; None if no classes."""
    if not isinstance(outputs, torch.Tensor) or not isinstance(targets, torch.Tensor):
        return None
    if targets.is_floating_point() or outputs.dim() != targets.dim() + 1 or outputs.shape[1] < 2:
        return None
    return float((outputs.argmax(1) != targets).float().mean())


@torch.no_grad()
def _floor(task: Task, batch: Batch, n_classes: int | None) -> float:
    """Return what the best outputs cost: above 0 with label smoothing, for example."""
    targets = batch[1]
    if n_classes is None or not isinstance(targets, torch.Tensor) or targets.dim() != 1:
        return 0.0
    if int(targets.min()) < 0 or int(targets.max()) >= n_classes:
        return 0.0
    wanted = nn.functional.one_hot(targets.long(), n_classes).float()
    costs = [float(task.loss(scale * wanted, targets)) for scale in _SCALES]
    return max(0.0, min(filter(math.isfinite, costs), default=0.0))


def _label_entropy(targets: Any) -> float | None:
    if not isinstance(targets, torch.Tensor):
        return None
    counts = targets.flatten().unique(return_counts=True)[1]
    return entropy((counts / counts.sum()).tolist())


def _are_equal(inputs: Any) -> bool | None:
    found = first_tensor(inputs)
    if found is None or n_rows(inputs) is None or len(found) < 2:
        return None
    return bool((found == found[:1]).all())


def _conflict(inputs: Any, targets: Any) -> bool | None:
    """Whether equal inputs have different targets."""
    found = first_tensor(inputs)
    n = n_rows(inputs)
    if found is None or n is None or not isinstance(targets, torch.Tensor) or len(targets) != n:
        return None
    labels: dict[bytes, Any] = {}
    for row, target in zip(found.reshape(n, -1), targets.reshape(n, -1), strict=True):
        known = labels.setdefault(row.numpy(force=True).tobytes(), target)
        if not torch.equal(known, target):
            return True
    return False
