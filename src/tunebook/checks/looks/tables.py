"""The splits of a task as tables: up to 2,000 examples of each, read once and kept."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import torch
from torch.utils.data import default_collate

from tunebook.checks.looks.attempts import PartFailed, attempt
from tunebook.checks.looks.bench import Bench
from tunebook.checks.readings import OutOfMemory, Raised
from tunebook.training.task import Examples, Split, Task

N_READ, N_FIRST, BATCH, MAX_BYTES = 2000, 640, 64, 24 * 2**20
_CPU_S, _WALL_S = 0.4, 3.0

Chunks: TypeAlias = list[tuple[list[int], torch.Tensor]]
"""Tensors of batches, with the examples that each is of."""


@dataclass(slots=True)
class Table:
    """Examples of one split: ``rows`` are their numbers, in the order of all that follows.

    ``prints`` has fingerprints of inputs and of targets. ``columns`` are the tensors of batches by
    name (``inputs``, ``inputs.words``), with a row for each example; ``loose`` are those that make
    no column, as examples differ in size. ``n`` is None if there is no such split.
    """

    n: int | None = None
    rows: list[int] = field(default_factory=list)
    prints: list[tuple[bytes | None, bytes | None]] = field(default_factory=list)
    columns: dict[str, torch.Tensor] = field(default_factory=dict)
    loose: dict[str, Chunks] = field(default_factory=dict)
    failed: Raised | OutOfMemory | None = None

    @property
    def share(self) -> float:
        """The part of the split that was read."""
        return len(self.rows) / self.n if self.n else 0.0

    def first(self, side: str) -> torch.Tensor | None:
        """Return the first column of ``inputs`` or ``targets``, None if there is none."""
        return next((c for name, c in self.columns.items() if name.startswith(side)), None)


def tables(bench: Bench) -> dict[Split, Table]:
    """Return the tables of all four splits."""
    if not bench.tables:
        bench.tables.update({split: _read(bench.task, split) for split in Split})
    return bench.tables


def _read(task: Task, split: Split) -> Table:
    table = Table()
    try:
        examples = attempt(f"data({split.value!r})", task.data, split.value)
        if examples is not None:
            table.n = attempt(f"The length of the split {split.value!r}", len, examples)
            _fill(table, examples, task, split)
    except PartFailed as failed:
        table.failed = failed.reading
    return table


def _fill(table: Table, examples: Examples, task: Task, split: Split) -> None:
    """Read examples at random places in batches, until time or memory is used up.

    Each batch is spread over the whole split, so that what is cut short is no biased sample.
    """
    n = table.n or 0
    ends = time.process_time() + _CPU_S, time.monotonic() + _WALL_S
    chosen = sorted(random.Random(0).sample(range(n), min(n, N_READ)))
    n_batches = -(-len(chosen) // BATCH)
    parts: dict[str, Chunks] = {}
    n_bytes = 0
    for k in range(n_batches):
        rows = chosen[k::n_batches]
        items = [_item(examples, i, split) for i in rows]
        told = f"A batch of {len(rows)} examples spread over the split {split.value!r}"
        for name, tensor in attempt(told, _collated, task, items).items():
            parts.setdefault(name, []).append((rows, tensor))
            n_bytes += tensor.nbytes
        table.rows += rows
        table.prints += [_prints(item) for item in items]
        if _is_late(ends) or n_bytes > MAX_BYTES:
            break
    for name, chunks in parts.items():
        tensors = [tensor for _, tensor in chunks]
        has_rows = all(t.dim() and len(t) == len(rows) for rows, t in chunks)
        is_whole = sum(len(rows) for rows, _ in chunks) == len(table.rows)
        if has_rows and is_whole and len({t.shape[1:] for t in tensors}) == 1:
            table.columns[name] = torch.cat(tensors)
        else:
            table.loose[name] = chunks
    # Of a large split too the first batches are read: they are what a training begins with.
    for i in range(N_FIRST if n > N_READ else 0):
        if _is_late(ends):
            break
        _item(examples, i, split)


def _is_late(ends: tuple[float, float]) -> bool:
    return time.process_time() > ends[0] or time.monotonic() > ends[1]


def _item(examples: Examples, i: int, split: Split) -> Any:
    told = f"Batch {i // BATCH + 1} of the split {split.value!r} (example {i}, {BATCH} a batch)"
    return attempt(told, examples.__getitem__, i)


def _collated(task: Task, items: list[Any]) -> dict[str, torch.Tensor]:
    inputs, targets = (task.collate or default_collate)(items)
    named = named_leaves({"inputs": inputs, "targets": targets})
    tensors = {name: leaf for name, leaf in named if isinstance(leaf, torch.Tensor)}
    return {name: t.detach().cpu() for name, t in tensors.items() if not t.is_complex()}


def named_leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield all that it holds with its name: ``inputs``, ``inputs.words``, ``targets.0``."""
    if isinstance(value, dict | list | tuple):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in pairs:
            yield from named_leaves(inner, f"{name}.{key}".lstrip("."))
    else:
        yield name, value


def _prints(item: Any) -> tuple[bytes | None, bytes | None]:
    is_pair = isinstance(item, list | tuple) and len(item) == 2
    inputs, target = item if is_pair else (item, None)
    return _print(inputs), _print(target)


def _print(value: Any) -> bytes | None:
    """Return the same bytes for equal values, None for what is neither numbers nor text."""
    digest = hashlib.sha1(usedforsecurity=False)
    for _, leaf in named_leaves(value):
        # Seen as bytes, because NumPy knows no bfloat16.
        is_tensor = isinstance(leaf, torch.Tensor)
        part = leaf.detach().cpu().contiguous().flatten().view(torch.uint8) if is_tensor else leaf
        array = np.asarray(part)
        if array.dtype == object:
            return None
        digest.update(array.tobytes())
    return digest.digest()
