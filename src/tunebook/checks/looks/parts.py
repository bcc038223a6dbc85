"""How far a task runs: network, batch, loss, and the loss of its lowest and highest labels."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn

from tunebook.checks.looks.attempts import PartFailed, attempt
from tunebook.checks.looks.bench import Bench, Tries, told
from tunebook.checks.looks.shape import IGNORED, shape_of
from tunebook.checks.looks.tensors import take
from tunebook.checks.one_look import Symptom, Symptoms
from tunebook.records import Configuration


def look(bench: Bench) -> Symptoms:
    """Return what keeps a task from running; what is raised without a known reason is raised."""
    tries = Tries()
    try:
        seen = bench.see()
    except PartFailed as error:
        part, text = error.reading.part, error.reading.told
        network = attempt("The network", bench.task.network, Configuration(bench.config))
        if part.startswith("Building"):
            tries.found += _trainable(network)
        elif text.startswith("it returned"):
            tries.found.append(Symptom("number", text, "a tensor with one number"))
        elif part.startswith("A batch") and "equal size" in text:
            tries.found.append(Symptom("ragged", text, "examples of one size"))
        elif part.startswith("The loss"):
            tries("labels", _labels, bench, network)
        if not tries.found:
            raise
        return Symptoms(tuple(tries.found))
    network = seen.training.network
    tries.found += _trainable(network)
    if seen.loss.numel() == 1:
        # A network may take no batch of other examples: then the first batch has to do.
        tries("labels", _labels, bench, network)
    n = sum(p.numel() for p in network.parameters() if p.requires_grad)
    shapes, shape = told(seen.outputs, seen.batch[1]), shape_of(bench.task, seen)
    summary = f"{n} trainable numbers; outputs and targets {shapes}; {shape}"
    return Symptoms(tuple(tries.found), summary)


def _trainable(network: nn.Module) -> Iterator[Symptom]:
    if not any(p.requires_grad for p in network.parameters()):
        n = sum(p.numel() for p in network.parameters())
        key = "frozen" if n else "unregistered"
        yield Symptom(key, f"{n} numbers in all, 0 of them trainable", "at least 1")


@torch.no_grad()
def _labels(bench: Bench, network: nn.Module) -> Iterator[Symptom]:
    """Yield labels beyond the scores that there are, if the loss raises for them.

    The first batch may not have them.
    """
    inputs, targets = bench.sample()
    if not isinstance(targets, torch.Tensor) or targets.is_floating_point() or not targets.numel():
        return
    labels = targets.long().where(targets != IGNORED, targets.max()).reshape(len(targets), -1)
    rows = [int(labels.amin(1).argmin()), int(labels.amax(1).argmax()), *range(len(targets))[:6]]
    outputs, some = network(take(inputs, rows)), take(targets, rows)
    is_flat = len(outputs) == some.numel()
    sizes = [
        n for a, n in enumerate(outputs.shape)
        if a and (is_flat or (*outputs.shape[:a], *outputs.shape[a + 1 :]) == some.shape)
    ]  # fmt: skip
    low, high = int(labels.min()), int(labels.max())
    if not sizes or any(low >= 0 and high < n for n in sizes):
        return
    try:
        attempt("The loss", bench.task.loss, outputs, some)
    except PartFailed as error:
        key = "from 1" if (low, high) == (1, sizes[0]) else "few outputs"
        key, items = "negative" if low < 0 else key, (error.reading.told, *error.reading.where)
        yield Symptom(key, f"{low} to {high}", f"0 to {sizes[0] - 1}", items=items)
