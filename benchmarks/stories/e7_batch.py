"""E7, the batch story: a simulated device, from feasible sizes to stale values.

    .venv/bin/python -m benchmarks.stories.e7_batch

The device takes a constant time for a step up to 64 examples and grows with them beyond, and its
memory holds 1024.
"""

from __future__ import annotations

from benchmarks.stories.pass_marks import PassMarks

from tunebook.checks.throughput import knee
from tunebook.playbook.staleness import Change, stale_values

SIZES = [2**k for k in range(11)]
LATENCY, KNEE, MEMORY = 0.01, 64, 1024
TUNED = ("lr", "momentum", "weight_decay", "dropout", "width")


def seconds(batch_size: int) -> float | None:
    """Return the seconds of a step on the simulated device, None if it runs out of memory."""
    return LATENCY * max(1.0, batch_size / KNEE) if batch_size <= MEMORY else None


def main() -> int:
    marks = PassMarks("E7 batch story: a simulated device")
    fitting = {size: s for size in [*SIZES, 2 * MEMORY] if (s := seconds(size)) is not None}
    at = knee({size: size / s for size, s in fitting.items()})
    marks.check(max(fitting) == MEMORY and at == KNEE, f"knee at {at}")

    stale = stale_values([Change.BATCH_SIZE], TUNED)
    marks.tell(f"stale after another batch size: {', '.join(stale)}")
    marks.check(
        set(stale) == {"lr", "momentum", "weight_decay", "dropout"}, "stale badges, none on width"
    )
    return marks.exit_code()


if __name__ == "__main__":
    raise SystemExit(main())
