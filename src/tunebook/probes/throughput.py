"""Speed by batch size, and whether the data hold training up (S4.6, S4.34).

Sizes grow until memory fails. That may end the process, so a task that another process can find is
measured in a child.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import torch

from tunebook.diagnosis.throughput import HEADROOM, N_TIMED, N_WARM_UP, BatchTiming
from tunebook.errors import TaskError
from tunebook.recipes.loop import Training
from tunebook.training.task import Split, Task, load_task

LARGEST, PATIENCE, SATURATED = 8192, 2, 1.1
"""The largest size tried. After so many doublings that raise speed by less, no more are tried."""

_MEMORY_WORDS = ("out of memory", "allocate memory", "not enough memory")


@dataclass(frozen=True, slots=True)
class _Order:
    sizes: list[int]
    config: dict[str, Any]
    n_timed: int
    seed: int


def throughput(
    task: Task,
    config: Mapping[str, Any],
    *,
    sizes: Sequence[int] | None = None,
    n_timed: int = N_TIMED,
    memory_limit: int | None = None,
    seed: int = 0,
) -> list[BatchTiming]:
    """Return the timing of each batch size, powers of two by default, up to where memory fails.

    Each has 5 updates to warm up, then ``n_timed`` whose median counts (S4.6). A size that did not
    fit has no seconds, and ends the list. ``memory_limit`` is how many bytes a child may take for
    training; by default what is free, less a tenth. A task without a reference is timed in this
    process, where only failures that Python sees are survived.
    """
    wanted = list(sizes or _powers_of_two(len(task.examples(Split.TRAIN))))
    order = _Order(wanted, dict(config), n_timed, seed)
    is_found = task.reference is not None
    source = _in_child(task, order, memory_limit) if is_found else _measured(task, order)
    timings: list[BatchTiming] = []
    for timing in source:
        timings.append(timing)
        if timing.seconds is None or (sizes is None and _is_saturated(timings)):
            break
    source.close()
    return timings


def time_updates(
    task: Task, config: Mapping[str, Any], size: int, *, n_timed: int = N_TIMED, seed: int = 0
) -> BatchTiming:
    """Time updates of a size with the task's data, and again with one batch that is in memory.

    Augmentation counts as part of the input: the batch in memory is already augmented.
    """
    sized = {**config, "batch_size": size, "accumulate": 1}
    training = Training(task, sized, n_updates=N_WARM_UP + n_timed, seed=seed)
    seconds = _median_seconds(training, None, n_timed)
    batch = training.batches[0]
    if task.augment is not None:
        batch = task.augment(*batch)
    ready = Training(replace(task, augment=None), sized, n_updates=n_timed, seed=seed)
    synthetic = _median_seconds(ready, batch, n_timed)
    return BatchTiming(size, seconds, synthetic, _memory_share())


def _median_seconds(training: Training, batch: Any, n_timed: int) -> float:
    found: list[float] = []
    for _ in range(N_WARM_UP + n_timed):
        begin = time.perf_counter()
        # Reading the loss waits for the device to be done.
        float(training.update(batch))
        found.append(time.perf_counter() - begin)
    return median(found[N_WARM_UP:])


def _powers_of_two(n: int) -> Iterator[int]:
    size = 1
    while size <= min(n, LARGEST):
        yield size
        size *= 2


def _is_saturated(timings: Sequence[BatchTiming]) -> bool:
    speeds = [t.throughput or 0.0 for t in timings]
    late = speeds[-PATIENCE - 1 :]
    return len(late) > PATIENCE and late[-1] < SATURATED * late[0]


def _measured(task: Task, order: _Order) -> Generator[BatchTiming]:
    """Yield the timing of each size up to where memory fails."""
    for size in order.sizes:
        try:
            yield time_updates(task, order.config, size, n_timed=order.n_timed, seed=order.seed)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
        else:
            continue
        # Past the except clause nothing holds the tensors of the failed update any more.
        gc.collect()
        yield BatchTiming(size, None)
        return


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out: Python's, or PyTorch's on any device."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(w in str(error) for w in _MEMORY_WORDS)


def _in_child(task: Task, order: _Order, memory_limit: int | None) -> Generator[BatchTiming]:
    """Yield what a child measures; a child that the kernel kills has run out of memory."""
    read, write = os.pipe()
    told = asdict(order) | {
        "reference": task.reference,
        "arguments": None if task.arguments is None else dict(task.arguments),
        "memory_limit": memory_limit,
        "n_threads": torch.get_num_threads(),
        "path": sys.path,
        "pipe": write,
    }
    command = [sys.executable, "-m", "tunebook.probes.throughput", json.dumps(told)]
    with tempfile.TemporaryFile() as errors, os.fdopen(read) as lines:
        child = subprocess.Popen(
            command, pass_fds=(write,), stdout=subprocess.DEVNULL, stderr=errors
        )
        os.close(write)
        n_done = 0
        try:
            for line in lines:
                n_done += 1
                yield BatchTiming(**json.loads(line))
            code = child.wait()
        finally:
            child.kill()
            child.wait()
        if code == -signal.SIGKILL:
            yield BatchTiming(order.sizes[n_done], None)
        elif code:
            errors.seek(0)
            raise TaskError(
                f"The training task {task.name!r} failed while batch sizes were timed",
                got=errors.read().decode(errors="replace")[-2000:],
                do="Mend what it says; tunebook check finds the usual mistakes",
            )


def _measure_for(parent: dict[str, Any]) -> None:
    """Measure what the parent asks for, and write a line of JSON for each size to its pipe."""
    sys.path[:] = dict.fromkeys([*sys.path, *parent["path"]])
    torch.set_num_threads(parent["n_threads"])
    task = load_task(parent["reference"], parent["arguments"])
    order = _Order(parent["sizes"], parent["config"], parent["n_timed"], parent["seed"])
    # A first update imports what PyTorch imports late: that is no memory of the training.
    Training(task, {**order.config, "batch_size": 1}, n_updates=1, seed=order.seed).update()
    with os.fdopen(parent["pipe"], "w") as pipe:
        limit = parent["memory_limit"] or round((1 - HEADROOM) * (_free_memory() or 0))
        held = _memory_held()
        if limit and held is not None:
            hard = resource.getrlimit(resource.RLIMIT_AS)[1]
            resource.setrlimit(resource.RLIMIT_AS, (held + limit, hard))
        for timing in _measured(task, order):
            pipe.write(json.dumps(asdict(timing)) + "\n")
            pipe.flush()


def _memory_held() -> int | None:
    """Return how many bytes of addresses this process has, None where the system does not say."""
    place = Path("/proc/self/statm")
    if not place.exists():
        return None
    return int(place.read_text().split()[0]) * resource.getpagesize()


def _free_memory() -> int | None:
    place = Path("/proc/meminfo")
    if not place.exists():
        return None
    lines = dict(line.split(":", 1) for line in place.read_text().splitlines())
    return int(lines["MemAvailable"].split()[0]) * 1024


def _memory_share() -> float | None:
    """Return the peak of the device's memory as a share of what it has, None if unknown."""
    if not torch.cuda.is_available():
        return None
    share: float = torch.cuda.max_memory_allocated() / torch.cuda.mem_get_info()[1]
    return share


if __name__ == "__main__":
    _measure_for(json.loads(sys.argv[1]))
