"""Follows one batch through the network and its gradients back."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn

from tunebook.checks.looks.attempts import attempt
from tunebook.checks.looks.bench import Bench, Seen, Tries
from tunebook.checks.looks.tensors import first_tensor, leaves_of, n_nonfinite, tensors_in
from tunebook.checks.network import NetworkFigures

_N_STEPS, _STEP, _VANISHED = 3, 1e-3, 1e-7


def look(bench: Bench) -> NetworkFigures:
    """Return what parameters, optimizer, numbers and gradients show."""
    seen, tries = bench.see(), Tries()
    network, optimizer = seen.training.network, seen.training.optimizer
    own = {id(p): name for name, p in network.named_parameters() if p.requires_grad}
    given = {id(p) for group in optimizer.param_groups for p in group["params"]}
    everything = {id(p) for p in network.parameters()}
    copies = tuple(_copies(network))
    norms = attempt("The backward pass", _norms, seen)
    bad = {
        "inputs": n_nonfinite(seen.batch[0]),
        "outputs": n_nonfinite(seen.outputs),
        "loss": n_nonfinite(seen.loss.detach()),
        "gradients": sum(not math.isfinite(norm or 0.0) for norm in norms.values()),
    }
    called, first_bad = None, ""
    if any(bad.values()) or not all(norms.values()):
        found = tries("which layers are called", _called, seen)
        called, first_bad = found or (None, "")
    return NetworkFigures(
        norms=norms,
        n_unregistered=_unregistered(seen, everything | given),
        missing=tuple(name for key, name in own.items() if key not in given),
        n_foreign=len(given - everything),
        copies=copies,
        types=_types(seen),
        n_nonfinite=bad,
        first_bad=first_bad,
        uncalled=() if called is None else _uncalled(network, called),
        vanishing=_vanishing(network, norms),
        inputs_are_zero=not any(bool(t.any()) for t in tensors_in(seen.batch[0])),
        failed=tries.failed,
    )


def _unregistered(seen: Seen, known: set[int]) -> int:
    """Return how many tensors outputs are learned from that nothing knows.

    Inputs are none, nor are copies of them that a forward pass differentiates for.
    """
    inputs = list(tensors_in(seen.batch[0]))
    shapes = {t.shape for t in inputs}
    known = known | {id(t) for t in tensors_in(seen.batch)}
    return sum(id(t) not in known and t.shape not in shapes for t in leaves_of(seen.outputs))


def _copies(network: nn.Module) -> Iterator[str]:
    """Yield pairs of an embedding and a linear layer whose weights are equal, yet two."""
    layers = list(network.named_modules())
    for name, module in layers:
        for other, linear in layers:
            if not isinstance(module, nn.Embedding) or not isinstance(linear, nn.Linear):
                continue
            a, b = module.weight, linear.weight
            if a is not b and a.shape == b.shape and bool(a.std() > 0) and torch.equal(a, b):
                yield f"{name}.weight and {other}.weight"


def _types(seen: Seen) -> dict[str, str]:
    places = {
        "inputs": first_tensor(seen.batch[0]),
        "outputs": first_tensor(seen.outputs),
        "weights": next(seen.training.network.parameters(), None),
    }
    # Numbers of tokens are whole by nature: only what is calculated with has to agree.
    return {
        place: str(t.dtype).removeprefix("torch.")
        for place, t in places.items()
        if t is not None and (t.is_floating_point() or t.dtype is torch.uint8)
    }


@torch.no_grad()
def _called(seen: Seen) -> tuple[set[str], str]:
    """Return the layers that a forward pass calls, and the first that makes NaN or infinity."""
    order, bad, hooks = list[str](), list[str](), []

    def note(name: str) -> Any:
        def hook(module: nn.Module, inputs: Any, outputs: Any) -> None:
            order.append(name)
            if name and not bad and n_nonfinite(outputs):
                bad.append(name)

        return hook

    network = seen.training.network.train()
    hooks = [m.register_forward_hook(note(name)) for name, m in network.named_modules()]
    try:
        network(seen.batch[0])
    finally:
        for handle in hooks:
            handle.remove()
    return set(order), next(iter(bad), "")


def _uncalled(network: nn.Module, called: set[str]) -> tuple[str, ...]:
    names = (name for name, _ in network.named_parameters())
    return tuple(name for name in names if name.rpartition(".")[0] not in called)


def _norms(seen: Seen) -> dict[str, float | None]:
    """Return the largest norm of each trainable tensor's gradient over up to three small steps.

    One step alone would accuse layers behind weights that begin at zero.
    """
    network, task = seen.training.network.train(), seen.training.task
    named = {name: p for name, p in network.named_parameters() if p.requires_grad}
    found: dict[str, float | None] = dict.fromkeys(named)
    loss = seen.loss
    for step in range(_N_STEPS if loss.requires_grad else 0):
        if step:
            loss = task.loss(network(seen.batch[0]), seen.batch[1])
        network.zero_grad(set_to_none=True)
        loss.mean().backward()
        for name, parameter in named.items():
            known, grad = found[name], parameter.grad
            if grad is not None:
                parameter.grad = grad = grad.to_dense()
                norm = float(grad.norm())
                found[name] = norm if math.isnan(norm) else max(known or 0.0, norm)
        if all(found.values()) and not _vanishing(network, found):
            break
        with torch.no_grad():
            for parameter in named.values():
                grad = parameter.grad
                if grad is not None and bool(torch.isfinite(grad).all()):
                    parameter.sub_(_STEP * grad / (grad.norm() + 1e-12))
    return found


def _vanishing(network: nn.Module, norms: Mapping[str, float | None]) -> tuple[str, ...]:
    """Return the weights whose gradient is nothing beside the largest one.

    Biases are passed over: before a normalization theirs is 0 by nature.
    """
    top = max((norm for norm in norms.values() if norm), default=0.0)
    shapes = {name: p.dim() for name, p in network.named_parameters()}
    return tuple(
        name for name, norm in norms.items() if norm and shapes[name] > 1 and norm < _VANISHED * top
    )
