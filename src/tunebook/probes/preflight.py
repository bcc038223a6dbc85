"""The preflight: two batches of a task, looked at from all sides before any training (S2.7)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from tunebook.diagnosis.preflight import PreflightFigures
from tunebook.diagnosis.preflight_data import DataFigures
from tunebook.probes.looking import (
    N_STATISTICS,
    Look,
    end_of,
    expects_logits,
    first_batch,
    loss_operations,
)
from tunebook.probes.tensors import (
    difference,
    first_tensor,
    leaves_of,
    n_nonfinite,
    n_rows,
    take,
    tensors_in,
)
from tunebook.training.task import Split, Task

_DROPOUT = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout)
_BY_MODE = (*_DROPOUT, nn.modules.batchnorm._BatchNorm)  # noqa: SLF001  # the base of all of them
_N_STEPS = 3
_NEAR, _VANISHED = 0.02, 1e-7
_SOFTMAXES = {"Softmax", "Sigmoid"}


def preflight(task: Task, seen: Look) -> PreflightFigures:
    """Return what two batches show; ``seen`` is the first look, whose network is used up."""
    network, inputs = seen.training.network, seen.batch[0]
    parameters = [p for p in network.parameters() if p.requires_grad]
    operations = loss_operations(task, seen)
    output, target = _shapes(task, seen)
    n_unregistered = _unregistered(seen)
    twice = evaluated_twice(task, seen)
    data = data_figures(task, seen, operations)
    network.train()
    # Two softmaxes may stand in the loss itself as well as at the network's end.
    is_doubled = "Softmax" in operations and "LogSoftmax" in operations
    trained = difference(seen.outputs, network(inputs)) if _has_dropout(network) else None
    norms = gradient_norms(seen) if parameters else None
    is_frozen = len(parameters) < sum(1 for _ in network.parameters())
    return PreflightFigures(
        data=data,
        n_parameters=sum(p.numel() for p in parameters),
        n_unregistered=n_unregistered,
        not_optimized=_not_optimized(seen),
        output_shape=output,
        target_shape=target,
        is_classification=seen.is_classification,
        loss_shape=tuple(seen.loss.shape),
        dtypes=_dtypes(inputs, seen, network),
        n_nonfinite=_nonfinite(seen),
        outputs_are_probabilities=end_of(seen.outputs) in _SOFTMAXES or is_doubled,
        loss_expects_logits=expects_logits(operations),
        output_scale=_scale(seen.outputs),
        evaluated_twice_difference=twice,
        trained_twice_difference=trained,
        has_dropout=_has_dropout(network),
        gradient_norms=norms,
        vanishing=_vanishing(network, norms or {}),
        reordered_difference=leak(seen),
        evaluates_in_training_mode=_stays(network, wanted=False),
        trains_in_evaluation_mode=not is_frozen and _stays(network, wanted=True),
    )


def _shapes(task: Task, seen: Look) -> tuple[tuple[int, ...] | None, tuple[int, ...] | None]:
    """Return the shapes of outputs and targets, None where they say nothing.

    Unequal shapes are no mistake while the loss pairs each prediction with its own target: shuffled
    predictions must cost something else.
    """
    outputs, targets = seen.outputs, seen.targets
    if not isinstance(outputs, torch.Tensor) or targets is None or seen.loss.numel() != 1:
        return None, None
    is_equal = outputs.shape == targets.shape or seen.n_classes is not None
    n = len(outputs) if outputs.dim() else 0
    if not is_equal and n >= 2:
        made = torch.randn_like(outputs)
        costs = [float(task.loss(made.roll(k, 0), targets)) for k in (0, 1)]
        if not math.isclose(*costs, rel_tol=1e-4):
            return None, None
    return tuple(outputs.shape), tuple(targets.shape)


def _unregistered(seen: Look) -> int:
    """Return how many tensors outputs are learned from that are no parameters of the network."""
    known = {id(p) for p in seen.training.network.parameters()}
    known |= {id(t) for t in tensors_in(seen.batch)}
    return sum(id(leaf) not in known for leaf in leaves_of(seen.outputs))


def _not_optimized(seen: Look) -> tuple[str, ...]:
    """Return the trainable tensors that the optimizer was not given."""
    groups = seen.training.optimizer.param_groups
    given = {id(p) for group in groups for p in group["params"]}
    named = seen.training.network.named_parameters()
    return tuple(name for name, p in named if p.requires_grad and id(p) not in given)


def _vanishing(network: nn.Module, norms: Mapping[str, float | None]) -> tuple[str, ...]:
    """Return the weights whose gradient is nothing beside the largest one.

    Biases are passed over: before a normalization theirs is 0 by nature.
    """
    top = max((norm for norm in norms.values() if norm), default=0.0)
    shapes = {name: p.dim() for name, p in network.named_parameters()}
    return tuple(
        name for name, norm in norms.items() if norm and shapes[name] > 1 and norm < _VANISHED * top
    )


def _has_dropout(network: nn.Module) -> bool:
    return any(isinstance(m, _DROPOUT) and m.p > 0 for m in network.modules())


def _stays(network: nn.Module, *, wanted: bool) -> bool:
    """Whether layers that depend on the mode keep out of the one that is asked for."""
    network.train(wanted)
    layers = [m for m in network.modules() if isinstance(m, _BY_MODE)]
    return bool(layers) and all(layer.training is not wanted for layer in layers)


def _scale(outputs: Any) -> float:
    found = first_tensor(outputs)
    if found is None or found.numel() < 2 or not found.is_floating_point():
        return 1.0
    return max(float(found.detach().std()), 1e-6)


def _dtypes(inputs: Any, seen: Look, network: nn.Module) -> dict[str, str]:
    found = {"inputs": first_tensor(inputs), "outputs": first_tensor(seen.outputs)}
    parameter = next(network.parameters(), None)
    named = {**found, "weights": parameter}
    # Numbers of tokens are whole by nature: only what is calculated with has to agree.
    return {
        place: str(t.dtype).removeprefix("torch.")
        for place, t in named.items()
        if t is not None and (t.is_floating_point() or t.dtype is torch.uint8)
    }


def _nonfinite(seen: Look) -> dict[str, int]:
    inputs, _ = seen.batch
    return {
        "inputs": n_nonfinite(inputs),
        "outputs": n_nonfinite(seen.outputs),
        "loss": n_nonfinite(seen.loss),
    }


@torch.no_grad()
def evaluated_twice(task: Task, seen: Look) -> float | None:
    """Return the difference of two evaluations of the same validation examples, read twice."""
    network = seen.training.network.eval()
    split = Split.TRAIN_VAL if task.has(Split.TRAIN_VAL) else Split.TRAIN
    first, second = (network(first_batch(task, split=split)[0]) for _ in range(2))
    return difference(first, second)


@torch.no_grad()
def leak(seen: Look) -> float | None:
    """Return how far predictions of half a batch change when the other half joins it."""
    network, (inputs, _) = seen.training.network.eval(), seen.batch
    n = n_rows(inputs)
    if n is None or n < 4:
        return None
    rows = list(range(0, n, 2))
    together = network(inputs)
    if not isinstance(together, torch.Tensor) or len(together) != n:
        return None
    return difference(network(take(inputs, rows)), together[rows])


def gradient_norms(seen: Look) -> dict[str, float | None]:
    """Return the largest norm of each trainable tensor's gradient over three small steps.

    One step alone would accuse layers behind weights that begin at zero.
    """
    training = seen.training
    network = training.network.train()
    found: dict[str, float | None] = {}
    for _ in range(_N_STEPS):
        network.zero_grad(set_to_none=True)
        loss = training.task.loss(network(seen.batch[0]), seen.batch[1])
        loss.mean().backward()
        for name, parameter in network.named_parameters():
            if parameter.requires_grad:
                known, grad = found.get(name), parameter.grad
                found[name] = known if grad is None else max(known or 0.0, float(grad.norm()))
        with torch.no_grad():
            for parameter in network.parameters():
                if parameter.grad is not None and torch.isfinite(parameter.grad).all():
                    parameter.sub_(1e-3 * parameter.grad / (parameter.grad.norm() + 1e-12))
    return found


def data_figures(task: Task, seen: Look, operations: list[str]) -> DataFigures:
    """Return what inputs and labels look like, and the loss of the first batch."""
    inputs, targets = first_batch(task, N_STATISTICS)
    statistics = _statistics(inputs)
    target = targets if isinstance(targets, torch.Tensor) else None
    is_labels = seen.n_classes is not None and target is not None and target.numel() > 0
    return DataFigures(
        **statistics,
        n_training=n_rows(inputs),
        label_range=(int(target.min()), int(target.max()))
        if is_labels and target is not None
        else None,
        n_classes=seen.n_classes,
        batch_size=n_rows(seen.batch[0]),
        initial_loss=_initial_loss(seen),
        chance_loss=_chance_loss(task, seen, operations),
    )


def _statistics(inputs: Any) -> dict[str, Any]:
    found = first_tensor(inputs)
    if (
        found is None
        or not (found.is_floating_point() or found.dtype is torch.uint8)
        or found.dim() < 2
    ):
        return {}
    x = found.double()
    # Images by channel; vectors and series by feature; a batch of one-channel maps as a whole.
    kept = {2: (0,), 3: (0, 1)}.get(x.dim(), tuple(d for d in range(x.dim()) if d != 1))
    finite = torch.nan_to_num(x)
    means, deviations = finite.mean(kept), finite.std(kept)
    return {
        "means": means.flatten().tolist(),
        "deviations": deviations.flatten().tolist(),
        "lowest": float(finite.min()),
        "highest": float(finite.max()),
    }


def _initial_loss(seen: Look) -> float | None:
    """Return the loss of fresh weights on the first batch, None if it is no finite number."""
    value = float(seen.loss.detach()) if seen.loss.numel() == 1 else math.nan
    return value if math.isfinite(value) else None


def _chance_loss(task: Task, seen: Look, operations: list[str]) -> float | None:
    """Return the loss of whoever knows nothing: ln K, or what outputs of zero cost."""
    if not isinstance(seen.outputs, torch.Tensor) or seen.loss.numel() != 1:
        return None
    plain = math.log(seen.n_classes) if seen.n_classes else None
    if not expects_logits(operations):
        return plain if end_of(seen.outputs) == "LogSoftmax" else None
    zero = float(task.loss(torch.zeros_like(seen.outputs), seen.batch[1]).detach())
    if not math.isfinite(zero) or zero <= 0:
        return None
    over_batch = math.log(max(2, n_rows(seen.batch[0]) or 2))
    # A softmax over the batch makes even zeros cost ln(batch size): that is no chance.
    is_over_batch = abs(zero - over_batch) <= _NEAR * over_batch
    return plain if plain is not None and is_over_batch else zero
