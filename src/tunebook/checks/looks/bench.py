"""What looks share: a task with fresh weights, its first batch, and samples of its splits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from tunebook.checks.looks.attempts import PartFailed, attempt
from tunebook.checks.looks.tensors import operation_name, operations, tensors_in
from tunebook.checks.one_look import Symptom, Symptoms
from tunebook.checks.readings import Raised
from tunebook.recipes.batches import Batch, fetch
from tunebook.recipes.loop import Training
from tunebook.training.task import Split, Task

BATCH, N_SAMPLE = 32, 2000
DROPOUT = nn.modules.dropout._DropoutNd  # noqa: SLF001  # the base of all layers that drop units
_PASSED_THROUGH = {"Squeeze", "Unsqueeze", "View", "Reshape", "UnsafeView", "ToCopy", "Select"}
_OF_LOGITS = ("LogSoftmax", "BinaryCrossEntropyWithLogits", "LogSigmoid", "Softmax", "Softplus")
_FRESH_RATES = {"sgd": 0.1, "momentum": 0.02, "nesterov": 0.02}
_FRESH_RATE = 1e-3


@dataclass(frozen=True, slots=True)
class Seen:
    """A network with fresh weights, its first batch, outputs in training mode, and their loss."""

    training: Training
    batch: Batch
    outputs: Any
    loss: torch.Tensor

    @property
    def targets(self) -> torch.Tensor | None:
        """The targets, if they are one tensor."""
        target = self.batch[1]
        return target if isinstance(target, torch.Tensor) else None


@dataclass(slots=True)
class Bench:
    """A task and a configuration to look into; what is read once is kept."""

    task: Task
    config: Mapping[str, Any]
    seed: int = 0
    tables: dict[Split, Any] = field(default_factory=dict)
    """What ``looks.tables`` has read."""

    _samples: dict[tuple[Split, int], Batch] = field(default_factory=dict)

    def sample(self, split: Split = Split.TRAIN, size: int = N_SAMPLE) -> Batch:
        """Return examples spread evenly over a split, so that sorted classes are all in it."""
        if (split, size) not in self._samples:
            part = f"A batch of the split {split.value!r}"
            self._samples[split, size] = attempt(part, first_examples, self.task, size, split)
        return self._samples[split, size]

    def fresh(self, **changes: Any) -> Training:
        """Return a training with fresh weights that has made no update yet."""
        config = {**self.config, **changes}
        part = "Building the network and its optimizer"
        return attempt(part, Training, self.task, config, n_updates=1, seed=self.seed)

    def see(self, size: int = BATCH) -> Seen:
        """Pass a batch through a fresh network and the loss; ``PartFailed`` says what raised."""
        training = self.fresh()
        batch = self.sample(Split.TRAIN, size)
        training.network.train()
        outputs = attempt("The network", training.network, batch[0])
        part = f"The loss of outputs and targets {told(outputs, batch[1])}".rstrip()
        loss = attempt(part, self.task.loss, outputs, batch[1])
        if not isinstance(loss, torch.Tensor):
            returned = f"it returned {type(loss).__name__}, and no tensor to be differentiated"
            raise PartFailed(Raised("The loss", returned))
        return Seen(training, batch, outputs, loss)


@dataclass(slots=True)
class Tries:
    """Symptoms, found by measurements that the user's code may refuse; ``failed`` has errors."""

    found: list[Symptom] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    def __call__(self, what: str, call: Callable[..., Iterable[Symptom]], *arguments: Any) -> None:
        """Add the symptoms that a measurement yields, or what it raised."""
        try:
            self.found += list(call(*arguments))
        # The user's network or loss runs here, on batches that it may not take.
        except Exception as error:  # noqa: BLE001  # told as what could not be measured
            self.failed[what] = f"{type(error).__name__}: {str(error).strip()[:80]}"

    def symptoms(self, summary: str | None) -> Symptoms:
        """Return what was found."""
        return Symptoms(tuple(self.found), summary, failed=self.failed)


def told(*values: Any) -> str:
    """Return the shapes and types of those that are tensors."""
    tensors = [v for v in values if isinstance(v, torch.Tensor)]
    return " and ".join(f"{tuple(t.shape)} {str(t.dtype).removeprefix('torch.')}" for t in tensors)


def first_examples(task: Task, size: int, split: Split = Split.TRAIN) -> Batch:
    """Return up to ``size`` examples, spread evenly over a split."""
    examples = task.examples(split)
    n = min(size, len(examples))
    indices = torch.linspace(0, len(examples) - 1, n).long().tolist()
    return fetch(examples, indices, task.collate)


def end_node(made: torch.Tensor | None) -> Any:
    """Return the node of the operation that a tensor ends with, past changes of shape."""
    node = None if made is None else made.grad_fn
    while node is not None and operation_name(node) in _PASSED_THROUGH:
        node = next((inner for inner, _ in node.next_functions if inner is not None), None)
    return node


def end_of(value: Any) -> str:
    """Return the operation that outputs end with, past changes of shape: ``Softmax``."""
    node = end_node(next(tensors_in(value), None))
    return "" if node is None else operation_name(node)


def loss_operations(task: Task, seen: Seen) -> list[str]:
    """Return the operations between the outputs and the loss, the last one first."""
    if not isinstance(seen.outputs, torch.Tensor):
        return []
    leaf = seen.outputs.detach().requires_grad_()
    return operations(task.loss(leaf, seen.batch[1]))


def expects_logits(operations_of_loss: list[str]) -> bool:
    """Whether a loss makes probabilities of the outputs by itself."""
    return any(name.startswith(_OF_LOGITS) for name in operations_of_loss)


def dropouts(network: nn.Module) -> list[Any]:
    """Return the layers of all kinds that drop units."""
    return [m for m in network.modules() if isinstance(m, DROPOUT)]


def probabilities_for_logits(seen: Seen, made: list[str]) -> bool:
    """Whether probabilities are made of what are probabilities already; ``made`` by the loss."""
    ends = end_of(seen.outputs) in {"Softmax", "Sigmoid"}
    within = any(
        last in made and inner in made[made.index(last) + 1 :]
        for last, inner in (("LogSoftmax", "Softmax"), ("BinaryCrossEntropyWithLogits", "Sigmoid"))
    )
    return within or (expects_logits(made) and ends)


def has_own_rate(task: Task, config: Mapping[str, Any]) -> bool:
    """Whether the user chose the learning rate: in the configuration or by an own optimizer."""
    names = (str(name).rsplit(".", 1)[-1] for name in config)
    return task.optimizer is not None or "lr" in names


def with_rate(task: Task, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration, with a rate for trying things out if the user chose none."""
    if has_own_rate(task, config):
        return dict(config)
    return {**config, "lr": _FRESH_RATES.get(str(config.get("optimizer")), _FRESH_RATE)}
