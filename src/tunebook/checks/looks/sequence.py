"""Changes late inputs, and outputs at padding, and looks what moves."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn

from tunebook.analysis.series import number
from tunebook.checks.looks.bench import Bench, Seen, Tries
from tunebook.checks.looks.shape import classes_last, gradient_of, shape_of
from tunebook.checks.looks.tensors import difference, scale_of, tensors_in
from tunebook.checks.one_look import SAME, Symptom, Symptoms
from tunebook.checks.shape import TargetKind, TaskShape
from tunebook.recipes.batches import changed

_AGREE, _PADDED_ROWS = 0.95, 0.25
_OFFSETS, _MOVED = (0, 1, 2), 100 * SAME


def _by_place(outputs: torch.Tensor, targets: torch.Tensor, axis: int | None) -> torch.Tensor:
    """Return outputs as rows of places with numbers."""
    rows = outputs if axis is None else classes_last(outputs, targets, axis)
    return rows.reshape(*targets.shape[:2], -1)


def look(bench: Bench) -> Symptoms:
    """Return what is wanted at each place, what it depends on, and what padding does."""
    seen, tries = bench.see(), Tries()
    shape, targets = shape_of(bench.task, seen), seen.targets
    words = _words(seen, shape)
    if words is None or targets is None:
        tries.look_for("more padding", _reads_padding, seen, shape)
        return tries.symptoms(None)
    padded, axis = _padded(words), shape.class_axis
    tries.look_for("the order of the words", _order, seen, words, targets, axis, padded)
    if padded is not None:
        tries.look_for("outputs at padding", _counts_padding, seen, targets, axis, padded)
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


def _order(
    seen: Seen,
    words: torch.Tensor,
    wanted: torch.Tensor,
    axis: int | None,
    padded: torch.Tensor | None,
) -> Iterator[Symptom]:
    """Yield that outputs see what they are to predict, or that they are to predict the wrong place.

    The gradient tells what the loss wants of an output: it raises the score of that class most.
    """
    targets = wanted
    counted = torch.ones_like(wanted, dtype=torch.bool)
    if axis is not None:
        grad = gradient_of(seen.training.task, seen.outputs, wanted)
        if grad is None:
            return
        rows = classes_last(grad, wanted, axis)
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
    later = _sees_later(seen, words, targets, axis)
    if offsets == [1] and later > _MOVED:
        value = f"early outputs move by {number(later)} when late inputs change"
        yield Symptom("later", value, "0")
    elif offsets != [1] and not words.is_floating_point():
        # What sees both directions may be built to copy; what cannot is a language model.
        is_bad = offsets == [2] or later <= _MOVED
        value = f"the target of each place is the input {offsets[0]} places on"
        yield Symptom(str(offsets[0]), value, "1 place on", is_bad=is_bad)


@torch.no_grad()
def _sees_later(seen: Seen, words: torch.Tensor, targets: torch.Tensor, axis: int | None) -> float:
    """Return how far outputs of the first half move when inputs of the second half change."""
    network, given = seen.training.network, seen.batch[0]
    half = words.shape[1] // 2
    other = torch.cat([words[:, :half], words[:, half:].roll(1, 0)], 1)
    network.eval()
    moved = changed(given, lambda t: other if t is words else t)
    first, again, second = (
        _by_place(network(x), targets, axis)[:, :half] for x in (given, given, moved)
    )
    apart = float((first - second).abs().max()) / scale_of(first)
    return apart if torch.equal(first, again) else 0.0


@torch.no_grad()
def _reads_padding(seen: Seen, shape: TaskShape) -> Iterator[Symptom]:
    """Yield that outputs of a recurrent network for whole texts change with more padding."""
    network, given = seen.training.network, seen.batch[0]
    words = next((t for t in tensors_in(given) if t.dim() == 2 and not t.is_floating_point()), None)
    padded = None if words is None or shape.is_dense or words.shape[1] < 2 else _padded(words)
    layers = [m for m in network.modules() if isinstance(m, nn.RNNBase)]
    if words is None or padded is None or not layers or any(m.bidirectional for m in layers):
        return

    def longer(t: torch.Tensor) -> torch.Tensor:
        end = t[padded][:1].expand(len(t), *t.shape[2:]) if t.shape[:2] == words.shape else None
        return t if end is None else torch.cat([t, end.unsqueeze(1)], 1)

    network.eval()
    first, more = network(given), Tries()("a longer text", network, changed(given, longer))
    if (apart := (difference(first, more) or 0.0) / scale_of(first)) > _MOVED:
        yield Symptom("last", f"outputs move by {number(apart)} for one more place", "0")


def _counts_padding(
    seen: Seen, targets: torch.Tensor, axis: int | None, padded: torch.Tensor
) -> Iterator[Symptom]:
    """Yield that outputs at padding cost something; the first of a row may end the sequence."""
    rest = padded & padded.roll(1, 1)
    rest[:, 0] = False
    wanted = targets[rest].flatten()
    if not wanted.numel() or not bool((wanted == wanted[0]).all()):
        return
    grad = gradient_of(seen.training.task, torch.rand_like(seen.outputs), targets)
    if grad is not None and bool(_by_place(grad, targets, axis)[rest].any()):
        value = f"{float(padded.float().mean()):.0%} of the places are padding"
        yield Symptom("counted", value, "outputs there cost nothing")
