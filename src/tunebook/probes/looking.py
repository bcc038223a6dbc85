"""A first look at a task: two batches, its outputs and its loss, as several probes need them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from tunebook.probes.tensors import operations, tensors_in
from tunebook.recipes.batches import Batch, fetch
from tunebook.recipes.loop import Training
from tunebook.training.task import Split, Task

BATCH, N_STATISTICS = 32, 2000
_PASSED_THROUGH = {"Squeeze", "Unsqueeze", "View", "Reshape", "UnsafeView", "ToCopy", "Select"}
_LOGIT_OPERATIONS = (
    "LogSoftmax",
    "BinaryCrossEntropyWithLogits",
    "LogSigmoid",
    "Softmax",
    "Softplus",
)
_FRESH_RATES = {"sgd": 0.1, "momentum": 0.02, "nesterov": 0.02}
_FRESH_RATE = 1e-3


@dataclass(frozen=True, slots=True)
class Look:
    """A task with fresh weights and its first batch of training examples."""

    training: Training
    batch: Batch
    outputs: Any
    loss: Any

    @property
    def targets(self) -> torch.Tensor | None:
        """The targets, if they are one tensor."""
        target = self.batch[1]
        return target if isinstance(target, torch.Tensor) else None

    @property
    def is_classification(self) -> bool:
        """Whether targets are numbers of classes."""
        target = self.targets
        return target is not None and not target.is_floating_point() and not target.is_complex()

    @property
    def n_classes(self) -> int | None:
        """How many classes the outputs tell apart, None if they are no scores of classes."""
        out, target = self.outputs, self.targets
        if not self.is_classification or not isinstance(out, torch.Tensor) or target is None:
            return None
        fits = out.dim() == target.dim() + 1 and out.shape[0] == target.shape[0]
        return int(out.shape[1]) if fits and out.shape[1] > 1 else None


def first_batch(task: Task, size: int = BATCH, *, split: Split = Split.TRAIN) -> Batch:
    """Return examples spread evenly over a split, so that sorted classes are all in it."""
    examples = task.examples(split)
    n = min(size, len(examples))
    indices = torch.linspace(0, len(examples) - 1, n).long().tolist()
    return fetch(examples, indices, task.collate)


def look(task: Task, config: Mapping[str, Any], *, seed: int = 0, size: int = BATCH) -> Look:
    """Build the network, and pass one batch through it and through the loss."""
    training = Training(task, config, n_updates=1, seed=seed)
    batch = first_batch(task, size)
    training.network.train()
    outputs = training.network(batch[0])
    return Look(training, batch, outputs, task.loss(outputs, batch[1]))


def end_of(value: Any) -> str:
    """Return the operation that outputs end with, past changes of shape: ``Softmax``."""
    made = next(tensors_in(value), None)
    if made is None:
        return ""
    return next((name for name in operations(made) if name not in _PASSED_THROUGH), "")


def loss_operations(task: Task, seen: Look) -> list[str]:
    """Return the operations between the outputs and the loss, the last one first."""
    if not isinstance(seen.outputs, torch.Tensor):
        return []
    leaf = seen.outputs.detach().requires_grad_()
    return operations(task.loss(leaf, seen.batch[1]))


def expects_logits(operations_of_loss: list[str]) -> bool:
    """Whether a loss makes probabilities of the outputs by itself."""
    return any(name.startswith(_LOGIT_OPERATIONS) for name in operations_of_loss)


def has_own_rate(task: Task, config: Mapping[str, Any]) -> bool:
    """Whether the user chose the learning rate: in the configuration or by an own optimizer."""
    names = (str(name).rsplit(".", 1)[-1] for name in config)
    return task.optimizer is not None or "lr" in names


def with_rate(task: Task, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration, with a rate for probing if the user chose none."""
    if has_own_rate(task, config):
        return dict(config)
    return {**config, "lr": _FRESH_RATES.get(str(config.get("optimizer")), _FRESH_RATE)}


def input_kind(task: Task) -> str:
    """Return what inputs look like: ``images``, ``sequences`` of numbers of words, or ``other``."""
    found = next(tensors_in(task.examples(Split.TRAIN)[0][0]), None)
    if found is not None and not found.is_floating_point():
        return "sequences"
    return "images" if found is not None and found.dim() == 3 else "other"


def class_imbalance(task: Task) -> float:
    """Return the largest class over the smallest in a sample; 1 where targets are no classes."""
    examples = task.examples(Split.TRAIN)
    n = min(len(examples), N_STATISTICS)
    labels: list[int] = []
    for index in torch.linspace(0, len(examples) - 1, n).long().tolist():
        target = torch.as_tensor(examples[index][1])
        if target.numel() != 1 or target.is_floating_point():
            return 1.0
        labels.append(int(target))
    counts = torch.tensor(labels).unique(return_counts=True)[1].tolist()
    return float(max(counts) / min(counts))
