"""Batches of examples: without end for training, once through and in order for measuring.

Training batch k is a function of the seed and k alone, so that a resumed training sees what an
undisturbed one does, with no state to keep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias, final

import numpy as np
import torch
from torch.utils.data import TensorDataset, default_collate

from tunebook.training.task import Examples

Batch: TypeAlias = tuple[Any, Any]
"""Inputs and targets of some examples."""

Indices: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]

Collate: TypeAlias = Callable[[Sequence[Any]], Batch]


def fetch(
    examples: Examples, indices: Sequence[int] | Indices, collate: Collate | None = None
) -> Batch:
    """Return the examples of these indices as a batch; tensors are indexed at once."""
    places = np.asarray(indices)
    if collate is None and isinstance(examples, TensorDataset) and len(examples.tensors) == 2:
        chosen = torch.from_numpy(places)
        return examples.tensors[0][chosen], examples.tensors[1][chosen]
    many = getattr(examples, "__getitems__", None)
    plain = places.tolist()
    items = many(plain) if callable(many) else [examples[i] for i in plain]
    inputs, targets = (collate or default_collate)(items)
    return inputs, targets


def in_order(
    examples: Examples, size: int, collate: Collate | None = None, *, limit: int | None = None
) -> Iterator[Batch]:
    """Yield batches with each example once (S4.35), or ``limit`` of them, spread evenly."""
    n = len(examples)
    chosen = np.arange(n)
    if limit is not None and limit < n:
        chosen = np.linspace(0, n - 1, limit).astype(int)
    for start in range(0, len(chosen), size):
        yield fetch(examples, chosen[start : start + size], collate)


@final
class TrainingBatches:
    """Shuffled batches without end; the rest of an epoch that fills no batch is left out."""

    def __init__(
        self, examples: Examples, size: int, *, seed: int, collate: Collate | None = None
    ) -> None:
        self._examples, self._collate = examples, collate
        self._size = min(size, len(examples))
        self._seed = seed
        self._epoch, self._order = -1, np.arange(0)

    @property
    def per_epoch(self) -> int:
        """How many batches an epoch has."""
        return len(self._examples) // self._size

    def __getitem__(self, number: int) -> Batch:
        """Return training batch ``number``, from 0."""
        epoch, place = divmod(number, self.per_epoch)
        if epoch != self._epoch:
            rng = np.random.default_rng([self._seed, epoch])
            self._epoch, self._order = epoch, rng.permutation(len(self._examples))
        chosen = self._order[place * self._size : (place + 1) * self._size]
        return fetch(self._examples, chosen, self._collate)


def to_device(batch: Any, device: str) -> Any:
    """Return the batch with all its tensors on ``device``; other things stay as they are."""
    return changed(batch, lambda tensor: tensor.to(device, non_blocking=True))


def changed(batch: Any, change: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    """Return tensors changed, by themselves or in lists, tuples and dictionaries of them."""
    if isinstance(batch, torch.Tensor):
        return change(batch)
    if isinstance(batch, tuple | list):
        make = getattr(batch, "_make", type(batch))
        return make([changed(part, change) for part in batch])
    if isinstance(batch, dict):
        return {name: changed(part, change) for name, part in batch.items()}
    return batch
