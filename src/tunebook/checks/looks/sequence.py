"""Changes late inputs, padding, and outputs at padding, and looks what moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from tunebook.checks.looks.bench import Bench, Seen, Tries
from tunebook.checks.looks.shape import classes_last, loss_of, shape_of
from tunebook.checks.looks.tensors import scale_of, take, tensors_in
from tunebook.checks.sequence import SequenceFigures
from tunebook.checks.shape import TargetKind, TaskShape
from tunebook.recipes.batches import changed

_AGREE, _PADDED_ROWS, _N_CUT = 0.95, 0.25, 4
_OFFSETS = (0, 1, 2, -1)


@dataclass(frozen=True, slots=True)
class _Read:
    """A batch of sequences: ``words`` are its inputs, ``padded`` tells which are padding."""

    seen: Seen
    shape: TaskShape
    words: torch.Tensor
    padded: torch.Tensor | None

    @property
    def targets(self) -> torch.Tensor:
        found: torch.Tensor = self.seen.batch[1]
        return found

    @property
    def is_dense(self) -> bool:
        """Whether each place has a target."""
        return self.targets.dim() > 1 and self.targets.shape[:2] == self.words.shape[:2]

    def by_place(self, outputs: torch.Tensor) -> torch.Tensor:
        """Return outputs as rows of places with numbers."""
        axis, n = self.shape.class_axis, self.targets.shape[:2]
        rows = outputs if axis is None else classes_last(outputs, self.targets, axis)
        return rows.reshape(*n, -1)


def look(bench: Bench) -> SequenceFigures:
    """Return what is wanted at each place, what it depends on, and what padding does."""
    seen, tries = bench.see(), Tries()
    shape = shape_of(bench.task, seen)
    words = _words(seen, shape)
    if words is None:
        return SequenceFigures()
    read = _Read(seen, shape, words, _padded(words))
    offset = tries("the place of the targets", _offset, bench, read) if read.is_dense else None
    seen.training.network.eval()
    with torch.no_grad():
        sees = tries("changing late inputs", _sees_later, read) if offset is not None else None
        counts = tries("outputs at padding", _counts_padding, bench, read)
        # Networks of one length take no shorter inputs: those say nothing.
        moves = Tries()("shorter inputs", _padding_moves, read)
    return SequenceFigures(
        is_sequence=offset == 1 or read.padded is not None,
        has_numbers=words.is_floating_point(),
        offset=offset,
        sees_later=sees,
        padding=None if read.padded is None else float(read.padded.float().mean()),
        counts_padding=counts,
        padding_moves=moves,
        failed=tries.failed,
    )


def _words(seen: Seen, shape: TaskShape) -> torch.Tensor | None:
    """Return the inputs that are a sequence: whole numbers, or numbers with a target for each."""
    targets, outputs = seen.targets, seen.outputs
    if targets is None or targets.dim() == 0 or not isinstance(outputs, torch.Tensor):
        return None
    for found in tensors_in(seen.batch[0]):
        if found.dim() < 2 or found.shape[1] < 3 or len(found) != len(targets):
            continue
        if found.dim() == 2 and not found.is_floating_point() and bool((found > 1).any()):
            return found
        is_paired = shape.kind is TargetKind.NUMBERS and targets.numel() == outputs.numel()
        if is_paired and found.dim() < 4 and targets.shape[:2] == found.shape[:2]:
            return found
    return None


def _padded(words: torch.Tensor) -> torch.Tensor | None:
    """Return which places are padding: ends of rows with one value, of different lengths."""
    is_number = words.is_floating_point()
    pad = words.new_zeros(()) if is_number else words[:, -1].mode().values
    same = (words == pad).flatten(2).all(2) if words.dim() > 2 else words == pad
    padded = same.flip(1).int().cumprod(1).flip(1).bool()
    lengths = padded.sum(1)
    # The value of padding is no word: it is found nowhere else.
    is_ragged = len(lengths.unique()) > 2 and not bool((same & ~padded).any())
    return padded if is_ragged and float((lengths > 1).float().mean()) >= _PADDED_ROWS else None


def _offset(bench: Bench, read: _Read) -> int | None:
    """Return how many places on the input lies that the loss wants from an output.

    The gradient tells what is wanted: it raises the score of that class most.
    """
    words, targets = read.words, read.targets
    counted = torch.ones_like(targets, dtype=torch.bool)
    wanted = targets
    if read.shape.class_axis is not None:
        leaf = read.seen.outputs.detach().clone().requires_grad_()
        (grad,) = torch.autograd.grad(bench.task.loss(leaf, targets), leaf)
        rows = classes_last(grad, targets, read.shape.class_axis)
        wanted = rows.argmin(1).reshape(targets.shape)
        counted = (rows.abs().sum(1) > 0).reshape(targets.shape)
    if wanted.numel() != words.numel():
        return None
    wanted = wanted.reshape(words.shape)
    counted = counted.reshape(words.shape)
    if read.padded is not None:
        wide = read.padded if words.dim() == 2 else read.padded.unsqueeze(2)
        counted = counted & ~wide.expand_as(counted)
    n = words.shape[1]
    shares: dict[int, float] = {}
    for k in _OFFSETS:
        here, there = slice(max(0, -k), n - max(0, k)), slice(max(0, k), n + min(0, k))
        mask = counted[:, here]
        agree = (wanted[:, here] == words[:, there])[mask].float()
        shares[k] = float(agree.mean()) if agree.numel() else 0.0
    fits = [k for k, share in shares.items() if share >= _AGREE]
    return fits[0] if len(fits) == 1 else None


def _sees_later(read: _Read) -> float | None:
    """Return how far outputs of the first half move when inputs of the second half change."""
    network, words = read.seen.training.network, read.words
    half = words.shape[1] // 2
    other = words.clone()
    other[:, half:] = words[:, half:].roll(1, 0)
    inputs = changed(read.seen.batch[0], lambda t: other if t is words else t)
    first, again, second = (
        read.by_place(network(x)) for x in (read.seen.batch[0], read.seen.batch[0], inputs)
    )
    return _apart(first[:, :half], second[:, :half]) if torch.equal(first, again) else None


def _counts_padding(bench: Bench, read: _Read) -> bool | None:
    """Whether outputs at padding cost anything; the first of a row may end the sequence."""
    targets, padded = read.targets, read.padded
    if padded is None or not read.is_dense:
        return None
    rest = padded & padded.roll(1, 1)
    rest[:, 0] = False
    wanted = targets.flatten(2)[rest] if targets.dim() > 2 else targets[rest]
    if not wanted.numel() or not bool((wanted == wanted.flatten()[0]).all()):
        return None
    outputs = read.seen.outputs.detach()
    axis = read.shape.class_axis
    moved = outputs if axis is None else outputs.movedim(axis, -1)
    rows = moved.reshape(*targets.shape[:2], -1).clone()
    rng = torch.Generator().manual_seed(0)
    costs = []
    for _ in range(2):
        rows[rest] = torch.rand(rows[rest].shape, generator=rng).to(rows)
        made = rows.reshape(moved.shape)
        made = made if axis is None else made.movedim(-1, axis)
        costs.append(loss_of(bench.task, made, targets))
    return abs(costs[0] - costs[1]) > 1e-6 * max(1.0, abs(costs[0]))


def _padding_moves(read: _Read) -> float | None:
    """Return how far predictions move when the padding of a few rows is cut off."""
    network, padded = read.seen.training.network, read.padded
    if padded is None:
        return None
    found = None
    lengths = (~padded).sum(1).tolist()
    n = padded.shape[1]
    rows = [i for i, length in enumerate(lengths) if 2 <= length < n - 1][:_N_CUT]
    for row in rows:
        whole = take(read.seen.batch[0], [row])
        length = lengths[row]

        def cut(t: torch.Tensor, length: int = length) -> torch.Tensor:
            return t[:, :length] if t.dim() > 1 and t.shape[1] == n else t

        outputs, short = network(whole), network(changed(whole, cut))
        if outputs.shape != short.shape:
            # Places lie on the axis that became shorter.
            axis = next(a for a in range(outputs.dim()) if outputs.shape[a] != short.shape[a])
            outputs = outputs.narrow(axis, 0, length)
        found = max(found or 0.0, _apart(outputs, short))
    return found


def _apart(a: Any, b: Any) -> float:
    return float((a - b).abs().max()) / scale_of(a)
