"""The splits of a task as tables: up to 2,000 examples of each, read once and kept."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch.utils.data import default_collate

from tunebook.checks.looks.attempts import PartFailed, attempt
from tunebook.checks.looks.bench import Bench
from tunebook.checks.readings import OutOfMemory, Raised
from tunebook.training.task import Examples, Split, Task

N_READ, N_FIRST, BATCH, MAX_BYTES = 2000, 640, 64, 24 * 2**20
_CPU_S, _WALL_S = 0.4, 3.0


@dataclass(slots=True)
class Table:
    """Examples of one split: ``rows`` are their numbers, in the order of all that follows.

    ``prints`` has fingerprints of inputs and of targets. ``columns`` are the tensors of batches by
    name (``inputs``, ``inputs.words``), with a row for each example; ``loose`` are the numbers of
    those whose examples differ in size, and the examples they are of, or of whose batch. ``n`` is
    None if there is no such split.
    """

    n: int | None = None
    rows: list[int] = field(default_factory=list)
    prints: list[tuple[bytes | None, bytes | None]] = field(default_factory=list)
    columns: dict[str, torch.Tensor] = field(default_factory=dict)
    loose: dict[str, tuple[torch.Tensor, torch.Tensor]] = field(default_factory=dict)
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
    begin = time.process_time(), time.monotonic()
    chosen = sorted(random.Random(0).sample(range(n), min(n, N_READ)))
    n_batches = -(-len(chosen) // BATCH)
    parts: dict[str, list[torch.Tensor]] = {}
    batches: list[list[int]] = []
    n_bytes = 0
    for k in range(n_batches):
        rows = chosen[k::n_batches]
        items = [_item(examples, i, split) for i in rows]
        told = f"A batch of {len(rows)} examples spread over the split {split.value!r}"
        for name, tensor in attempt(told, _collated, task, items).items():
            parts.setdefault(name, []).append(tensor.detach().cpu())
            n_bytes += tensor.nbytes
        table.rows += rows
        table.prints += [_prints(item) for item in items]
        batches.append(rows)
        if _is_late(begin) or n_bytes > MAX_BYTES:
            break
    for name, tensors in parts.items():
        is_column = [len(t) if t.dim() else 0 for t in tensors] == [len(rows) for rows in batches]
        if is_column and len({t.shape[1:] for t in tensors}) == 1:
            table.columns[name] = torch.cat(tensors)
            continue
        pairs = zip(tensors, batches, strict=False)
        owners = [torch.tensor(rows if is_column else rows[:1]) for _, rows in pairs]
        each = [t.numel() // len(o) for t, o in zip(tensors, owners, strict=False)]
        of = [o.repeat_interleave(k) for o, k in zip(owners, each, strict=True)]
        table.loose[name] = torch.cat([t.flatten() for t in tensors]), torch.cat(of)
    # Of a large split too the first batches are read: they are what a training begins with.
    for i in range(N_FIRST if n > N_READ else 0):
        if _is_late(begin):
            break
        _item(examples, i, split)


def _is_late(begin: tuple[float, float]) -> bool:
    return time.process_time() - begin[0] > _CPU_S or time.monotonic() - begin[1] > _WALL_S


def _item(examples: Examples, i: int, split: Split) -> Any:
    told = f"Batch {i // BATCH + 1} of the split {split.value!r} (example {i}, {BATCH} a batch)"
    return attempt(told, examples.__getitem__, i)


def _collated(task: Task, items: list[Any]) -> dict[str, torch.Tensor]:
    inputs, targets = (task.collate or default_collate)(items)
    return {**dict(named_tensors(inputs, "inputs")), **dict(named_tensors(targets, "targets"))}


def named_tensors(value: Any, name: str) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield every tensor in it with its name: ``inputs``, ``inputs.words``, ``targets.0``."""
    if isinstance(value, torch.Tensor):
        yield name, value
    elif isinstance(value, dict | list | tuple):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in pairs:
            yield from named_tensors(inner, f"{name}.{key}")


def _prints(item: Any) -> tuple[bytes | None, bytes | None]:
    is_pair = isinstance(item, list | tuple) and len(item) == 2
    inputs, target = item if is_pair else (item, None)
    return fingerprint(inputs), fingerprint(target) if is_pair else None


def fingerprint(value: Any) -> bytes | None:
    """Return the same bytes for equal values, None for what is neither numbers nor text."""
    digest = hashlib.sha1(usedforsecurity=False)
    try:
        for part in _bytes(value):
            digest.update(part)
    except (TypeError, ValueError, RuntimeError):
        return None
    return digest.digest()


def _bytes(value: Any) -> Iterator[bytes]:
    if isinstance(value, torch.Tensor):
        # Seen as bytes, because NumPy knows no bfloat16.
        yield value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes()
    elif isinstance(value, str | bytes):
        yield value.encode() if isinstance(value, str) else value
    elif isinstance(value, dict | list | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _bytes(inner)
    else:
        array = np.asarray(value)
        if array.dtype == object:
            raise TypeError(f"no bytes of {type(value).__name__}")
        yield array.tobytes()
