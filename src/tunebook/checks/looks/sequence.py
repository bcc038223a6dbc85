"""Changes late inputs, and outputs at padding, and looks what moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from tunebook.analysis.series import number
from tunebook.checks.looks.bench import Bench, Seen, Tries
from tunebook.checks.looks.shape import classes_last, loss_of, scores_of, shape_of
from tunebook.checks.looks.tensors import scale_of, tensors_in
from tunebook.checks.one_look import SAME, Symptom, Symptoms
from tunebook.checks.shape import TargetKind, TaskShape
from tunebook.recipes.batches import changed

_AGREE, _PADDED_ROWS = 0.95, 0.25
_OFFSETS, _MOVED = (0, 1, 2), 100 * SAME


@dataclass(frozen=True, slots=True)
class _Read:
    """A batch of sequences with a target for each place: ``words`` are its inputs."""

    bench: Bench
    seen: Seen
    shape: TaskShape
    words: torch.Tensor
    targets: torch.Tensor

    def by_place(self, outputs: torch.Tensor) -> torch.Tensor:
        """Return outputs as rows of places with numbers."""
        axis = self.shape.class_axis
        rows = outputs if axis is None else classes_last(outputs, self.targets, axis)
        return rows.reshape(*self.targets.shape[:2], -1)


def look(bench: Bench) -> Symptoms:
    """Return what is wanted at each place, what it depends on, and what padding does."""
    seen, tries = bench.see(), Tries()
    shape, targets = shape_of(bench.task, seen), seen.targets
    words = _words(seen, shape)
    if words is None or targets is None:
        return Symptoms()
    read, padded = _Read(bench, seen, shape, words, targets), _padded(words)
    tries("the order of the words", _order, read, padded)
    if padded is not None:
        tries("outputs at padding", _counts_padding, read, padded)
    share = 0.0 if padded is None else float(padded.float().mean())
    return tries.symptoms(f"{share:.0%} of the places are padding")


def _words(seen: Seen, shape: TaskShape) -> torch.Tensor | None:
    """Return inputs with a target for each place: whole numbers, or the numbers of a series."""
    targets, outputs = seen.targets, seen.outputs
    if targets is None or targets.dim() < 2 or not isinstance(outputs, torch.Tensor):
        return None
    is_paired = shape.kind is TargetKind.NUMBERS and targets.numel() == outputs.numel()
    for found in tensors_in(seen.batch[0]):
        if found.dim() not in {2, 3} or found.shape[1] < 3 or found.shape[:2] != targets.shape[:2]:
            continue
        is_text = found.dim() == 2 and not found.is_floating_point() and bool((found > 1).any())
        if is_text or is_paired:
            return found
    return None


def _padded(words: torch.Tensor) -> torch.Tensor | None:
    """Return which places are padding: ends of rows with one value, of different lengths."""
    pad = words.new_zeros(()) if words.is_floating_point() else words[:, -1].mode().values
    same = (words == pad).reshape(*words.shape[:2], -1).all(2)
    padded = same.flip(1).int().cumprod(1).flip(1).bool()
    lengths = padded.sum(1)
    # The value of padding is no word: it is found nowhere else.
    is_ragged = len(lengths.unique()) > 2 and not bool((same & ~padded).any())
    return padded if is_ragged and float((lengths > 1).float().mean()) >= _PADDED_ROWS else None


def _order(read: _Read, padded: torch.Tensor | None) -> Iterator[Symptom]:
    """Yield that outputs see what they are to predict, or that they are to predict the wrong place.

    The gradient tells what the loss wants of an output: it raises the score of that class most.
    """
    words, wanted = read.words, read.targets
    counted = torch.ones_like(wanted, dtype=torch.bool)
    if read.shape.class_axis is not None:
        leaf = read.seen.outputs.detach().clone().requires_grad_()
        (grad,) = torch.autograd.grad(read.bench.task.loss(leaf, wanted), leaf)
        rows = classes_last(grad, wanted, read.shape.class_axis)
        counted = (rows != 0).any(1).reshape(wanted.shape)
        wanted = rows.argmin(1).reshape(wanted.shape)
    if wanted.numel() != words.numel():
        return
    if padded is not None:
        counted[padded] = False
    n, offsets = words.shape[1], list[int]()
    for k in _OFFSETS:
        is_equal = wanted.reshape(words.shape)[:, : n - k] == words[:, k:]
        agree = is_equal[counted.reshape(words.shape)[:, : n - k]].float()
        if agree.numel() and float(agree.mean()) >= _AGREE:
            offsets.append(k)
    if len(offsets) != 1:
        return
    later = _sees_later(read)
    if offsets == [1] and later > _MOVED:
        value = f"early outputs move by {number(later)} when late inputs change"
        yield Symptom("later", value, "0")
    elif offsets != [1] and not words.is_floating_point():
        # What sees both directions may be built to copy; what cannot is a language model.
        is_bad = offsets == [2] or later <= _MOVED
        value = f"the target of each place is the input {offsets[0]} places on"
        yield Symptom(str(offsets[0]), value, "1 place on", is_bad=is_bad)


@torch.no_grad()
def _sees_later(read: _Read) -> float:
    """Return how far outputs of the first half move when inputs of the second half change."""
    network, words, given = read.seen.training.network, read.words, read.seen.batch[0]
    half = words.shape[1] // 2
    other = torch.cat([words[:, :half], words[:, half:].roll(1, 0)], 1)
    network.eval()
    moved = changed(given, lambda t: other if t is words else t)
    first, again, second = (read.by_place(network(x))[:, :half] for x in (given, given, moved))
    apart = float((first - second).abs().max()) / scale_of(first)
    return apart if torch.equal(first, again) else 0.0


@torch.no_grad()
def _counts_padding(read: _Read, padded: torch.Tensor) -> Iterator[Symptom]:
    """Yield that outputs at padding cost something; the first of a row may end the sequence."""
    targets = read.targets
    rest = padded & padded.roll(1, 1)
    rest[:, 0] = False
    wanted = targets[rest].flatten()
    if not wanted.numel() or not bool((wanted == wanted[0]).all()):
        return
    rows, costs = read.by_place(read.seen.outputs.detach()).clone(), []
    rng = torch.Generator().manual_seed(0)
    for _ in range(2):
        rows[rest] = torch.rand(rows[rest].shape, generator=rng).to(rows)
        made = scores_of(rows, read.seen.outputs, read.shape.class_axis)
        costs.append(loss_of(read.bench.task, made, targets))
    if abs(costs[0] - costs[1]) > 1e-6 * max(1.0, abs(costs[0])):
        value = f"{float(padded.float().mean()):.0%} of the places are padding"
        yield Symptom("counted", value, "outputs there cost nothing")
