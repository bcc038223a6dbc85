"""How far a task runs: network, batch, loss, and the loss of its lowest and highest labels."""

from __future__ import annotations

from typing import Any

import torch

from tunebook.checks.looks.attempts import PartFailed, attempt
from tunebook.checks.looks.bench import Bench, Seen, Tries, told
from tunebook.checks.looks.shape import axis_is_ambiguous, shape_of
from tunebook.checks.looks.tensors import take
from tunebook.checks.parts import Parts
from tunebook.checks.readings import Raised
from tunebook.records import Configuration


def look(bench: Bench) -> Parts:
    """Return what of a task runs; a lack of memory is a reading of its own."""
    try:
        seen = bench.see()
        network = seen.training.network
        failed = _extremes(bench, seen)
        # A loss may refuse so few examples for other reasons: only labels are of interest.
        failed = failed if failed is not None and _labels(bench, network)[0] else None
    except PartFailed as error:
        if not isinstance(error.reading, Raised):
            raise
        failed, seen = error.reading, None
        network = attempt("The network", bench.task.network, Configuration(bench.config))
    sizes = [(p.numel(), p.requires_grad) for p in network.parameters()]
    n, n_trainable = sum(k for k, _ in sizes), sum(k for k, learns in sizes if learns)
    if failed is not None:
        is_loss = failed.part.startswith("The loss")
        labels, n_scores = _labels(bench, network) if is_loss else (None, None)
        return Parts(n, n_trainable, failed, labels, n_scores)
    assert seen is not None
    return Parts(
        n,
        n_trainable,
        told=told(seen.outputs, seen.batch[1]),
        shape=shape_of(bench.task, seen),
        axis_is_ambiguous=axis_is_ambiguous(bench.task, seen),
    )


@torch.no_grad()
def _extremes(bench: Bench, seen: Seen) -> Raised | None:
    """Return what the loss raises for the rarest labels, which the first batch may not have."""
    inputs, targets = bench.sample()
    if not _has_labels(targets) or seen.loss.numel() != 1:
        return None
    by_row = targets.long().reshape(len(targets), -1)
    rows = [int(by_row.amin(1).argmin()), int(by_row.amax(1).argmax()), *range(len(targets))[:6]]
    # A network may take no batch of other examples: then the first batch has to do.
    outputs = Tries()("the rarest labels", seen.training.network, take(inputs, rows))
    if outputs is None:
        return None
    try:
        attempt("The loss", bench.task.loss, outputs, take(targets, rows))
    except PartFailed as error:
        return error.reading if isinstance(error.reading, Raised) else None
    return None


def _has_labels(targets: Any) -> bool:
    is_tensor = isinstance(targets, torch.Tensor) and targets.dim() > 0 and targets.numel() > 0
    return is_tensor and not (targets.is_floating_point() or targets.is_complex())


@torch.no_grad()
def _labels(bench: Bench, network: Any) -> tuple[tuple[int, int] | None, int | None]:
    """Return the range of the labels if it goes beyond the scores that there are."""
    inputs, targets = bench.sample(size=32)
    outputs = network(inputs)
    if not _has_labels(targets) or not isinstance(outputs, torch.Tensor) or outputs.dim() < 2:
        return None, None
    labels = bench.sample()[1].long()
    counted = labels[labels != -100]
    flat = outputs.shape[0] == targets.numel()
    axes = [
        a for a in range(1, outputs.dim())
        if flat or (*outputs.shape[:a], *outputs.shape[a + 1 :]) == tuple(targets.shape)
    ]  # fmt: skip
    low, high = int(counted.min()), int(counted.max())
    if len(axes) == 0 or all(low >= 0 and high < outputs.shape[a] for a in axes):
        return None, None
    return (low, high), outputs.shape[axes[0]]
