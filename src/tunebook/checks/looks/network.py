"""Follows one batch through the network and its gradients back."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from tunebook.checks.looks.attempts import attempt
from tunebook.checks.looks.bench import Bench, Seen, Tries
from tunebook.checks.looks.shape import shape_of
from tunebook.checks.looks.tensors import first_tensor, leaves_of, n_nonfinite, tensors_in
from tunebook.checks.one_look import Symptom, Symptoms
from tunebook.checks.shape import TargetKind

_N_STEPS, _STEP, _VANISHED = 3, 1e-3, 1e-7
_Norms = dict[str, float | None]


def look(bench: Bench) -> Symptoms:
    """Return what parameters, optimizer, numbers and gradients show."""
    seen, tries = bench.see(), Tries()
    kind = shape_of(bench.task, seen).kind
    tries.found += _registered(seen)
    tries.found += _types(seen, kind in {TargetKind.CLASSES, TargetKind.LABELS})
    norms = attempt("The backward pass", _norms, seen)
    tries("the path of numbers and gradients", _learning, seen, norms)
    return tries.symptoms(f"{len(norms)} tensors")


def _registered(seen: Seen) -> Iterator[Symptom]:
    """Yield tensors that learn and that network or optimizer do not know."""
    network, groups = seen.training.network, seen.training.optimizer.param_groups
    everything = {id(p) for p in network.parameters()}
    given = {id(p) for group in groups for p in group["params"]}
    # Inputs are no weights, nor are copies of them that a forward pass differentiates for.
    known = everything | given | {id(t) for t in tensors_in(seen.batch)}
    shapes = {t.shape for t in tensors_in(seen.batch[0])}
    n = sum(id(t) not in known and t.shape not in shapes for t in leaves_of(seen.outputs))
    if n:
        yield Symptom("unregistered", f"{n} tensors", "0")
    named = network.named_parameters()
    missing = tuple(name for name, p in named if p.requires_grad and id(p) not in given)
    if missing:
        # Layers that are changed after the optimizer was made leave their old tensors in it.
        n_foreign = len(given - everything)
        value = f"{len(missing)} left out, {n_foreign} of something else"
        yield Symptom("stale" if n_foreign else "missing", value, "0 left out", items=missing)


def _types(seen: Seen, has_classes: bool) -> Iterator[Symptom]:
    """Yield types that differ. Numbers of tokens are whole by nature, and left out."""
    places = {
        "inputs": first_tensor(seen.batch[0]),
        "outputs": first_tensor(seen.outputs),
        "weights": next(seen.training.network.parameters(), None),
    }
    types = {
        place: str(t.dtype).removeprefix("torch.")
        for place, t in places.items()
        if t is not None and (t.is_floating_point() or t.dtype is torch.uint8)
    }
    own = types.get("weights")
    if own in {"float64", "float16"} or len(set(types.values())) > 1:
        value = ", ".join(f"{place} {kind}" for place, kind in types.items())
        # Classes are told apart in float32 just as well; a regression may need double precision.
        is_bad = own == "float16" or (own == "float64" and has_classes)
        key = "float16" if own == "float16" else "types"
        yield Symptom(key, value, "float32 throughout, or one narrower type", is_bad=is_bad)


def _learning(seen: Seen, norms: _Norms) -> Iterator[Symptom]:
    """Yield where numbers are not finite, or else where gradients end."""
    network, inputs = seen.training.network, seen.batch[0]
    bad = {
        "inputs": n_nonfinite(inputs),
        "outputs": n_nonfinite(seen.outputs),
        "loss": n_nonfinite(seen.loss),
        "gradients": sum(not math.isfinite(norm or 0.0) for norm in norms.values()),
    }
    place = next((place for place, n in bad.items() if n), "")
    dead = tuple(name for name, norm in norms.items() if not norm and not _cancels(name, norms))
    if place:
        first = next((n for n, is_bad in _called(seen).items() if n and is_bad), "")
        value = ", ".join(f"{n} in {where}" for where, n in bad.items() if n)
        name = f"{place} of {first}" if place == "outputs" and first else place
        yield Symptom("missing values" if place == "inputs" else "numerical", value, "0", name)
    elif dead:
        key, called = "cut", _called(seen)
        if all(name.rpartition(".")[0] not in called for name in dead):
            key = "unused"
        elif all(norms[name] is not None for name in dead):
            key = "zero" if any(bool(t.any()) for t in tensors_in(inputs)) else "blank"
        value = f"{len(dead)} of {len(norms)} trainable tensors without"
        yield Symptom(key, value, "0", dead[0], dead)
    elif vanishing := _vanishing(network, norms):
        value = f"{len(vanishing)} weights with less than a ten-millionth of the largest"
        yield Symptom("vanishing", value, "0", items=vanishing)


@torch.no_grad()
def _called(seen: Seen) -> dict[str, bool]:
    """Return the layers that a forward pass calls in order, and whether they make NaN."""
    called: dict[str, bool] = {}

    def note(name: str) -> Any:
        return lambda module, inputs, outputs: called.update({name: n_nonfinite(outputs) > 0})

    network = seen.training.network
    hooks = [m.register_forward_hook(note(name)) for name, m in network.named_modules()]
    try:
        network(seen.batch[0])
    finally:
        for hook in hooks:
            hook.remove()
    return called


def _norms(seen: Seen) -> _Norms:
    """Return the largest norm of each trainable tensor's gradient over up to three small steps.

    One step alone would accuse layers behind weights that begin at zero.
    """
    network, task, loss = seen.training.network, seen.training.task, seen.loss
    named = {name: p for name, p in network.named_parameters() if p.requires_grad}
    found: _Norms = dict.fromkeys(named)
    for step in range(_N_STEPS if loss.requires_grad else 0):
        if step:
            loss = task.loss(network(seen.batch[0]), seen.batch[1])
        grads = torch.autograd.grad(loss.mean(), list(named.values()), allow_unused=True)
        for (name, parameter), grad in zip(named.items(), grads, strict=True):
            norm = math.nan if grad is None else float(grad.to_dense().norm())
            if grad is not None:
                found[name] = norm if math.isnan(norm) else max(found[name] or 0.0, norm)
            if grad is not None and math.isfinite(norm):
                parameter.data.sub_(_STEP * grad.to_dense() / (norm + 1e-12))
        if all(found.values()) and not _vanishing(network, found):
            break
    return found


def _cancels(name: str, norms: _Norms) -> bool:
    """Whether a bias gets a gradient of exactly 0 beside a weight that learns.

    Signs cancel out in an absolute error, and a normalization takes the mean off again.
    """
    beside = name.removesuffix("bias") + "weight"
    return name.endswith("bias") and norms[name] == 0.0 and bool(norms.get(beside))


def _vanishing(network: nn.Module, norms: _Norms) -> tuple[str, ...]:
    """Return the weights whose gradient is nothing beside the largest one.

    Biases are passed over: before a normalization theirs is 0 by nature.
    """
    top = max((norm for norm in norms.values() if norm), default=0.0)
    sizes = {name: norms.get(name) or 0.0 for name, p in network.named_parameters() if p.dim() > 1}
    return tuple(name for name, size in sizes.items() if 0 < size < _VANISHED * top)
