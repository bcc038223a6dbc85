"""E7, the batch story: T-NQM on a simulated device, from feasible sizes to stale values.

    .venv/bin/python -m benchmarks.stories.e7_batch

The device takes a constant time for a step up to 64 examples and grows with them beyond, and its
memory holds 1024. Steps to the target come from the noisy quadratic, at the best rate of each size.
"""

from __future__ import annotations

import numpy as np
from benchmarks.stories.pass_marks import PassMarks

from tunebook.diagnosis.batch_size import fastest_to_goal, scaling
from tunebook.diagnosis.throughput import BatchTiming, Region, choose_batch_size
from tunebook.playbook.conflicts import CARDS, choice_lines, choose
from tunebook.playbook.staleness import Change, question_before_search, stale_values
from tunebook.testing.quadratics import STEPS_TO_TARGET, best_steps_to_target, noisy_losses

SIZES = [2**k for k in range(11)]
LATENCY, KNEE, MEMORY = 0.01, 64, 1024
COMPARED, N_EXAMPLES = (4, 8, 16, 32), 32_000
TUNED = ("lr", "momentum", "weight_decay", "dropout", "width")


def seconds(batch_size: int) -> float | None:
    """Return the seconds of a step on the simulated device, None if it runs out of memory."""
    return LATENCY * max(1.0, batch_size / KNEE) if batch_size <= MEMORY else None


def naive_losses() -> dict[int, float]:
    """Return the loss of each size after the same examples, at one rate for all."""
    return {b: float(noisy_losses(b, 0.1, N_EXAMPLES // b)[-1]) for b in COMPARED}


def fair_losses() -> dict[int, float]:
    """Return the loss of each size after the same examples, each at the best of 60 rates."""
    rates = np.geomspace(1e-3, 1.9, 60)
    return {
        b: min(float(noisy_losses(b, float(lr), N_EXAMPLES // b)[-1]) for lr in rates)
        for b in COMPARED
    }


def main() -> int:
    marks = PassMarks("E7 batch story: T-NQM on a simulated device")
    choice = choose_batch_size([BatchTiming(b, seconds(b)) for b in [*SIZES, 2 * MEMORY]])
    regions = dict(choice.regions)
    marks.check(choice.is_knee_found and choice.batch_size == KNEE, f"knee at {choice.batch_size}")
    marks.check(regions[2 * MEMORY] is Region.OUT_OF_MEMORY, f"{2 * MEMORY} is out of memory")

    steps = {b: best_steps_to_target(b) for b in SIZES}
    marks.tell("steps to the target: " + ", ".join(f"{b}: {n}" for b, n in steps.items()))
    off = max(abs(steps[b] / STEPS_TO_TARGET[b] - 1) for b in SIZES)
    marks.check(off <= 0.03, f"steps within {off:.1%} of those of the specification (3 %)")
    found = scaling(steps)
    expected = {128: 0.94, 256: 0.85, 512: 0.72, 1024: 0.61}
    near = all(abs(found.efficiency[b] - e) <= 0.02 for b, e in expected.items())
    shown = ", ".join(f"{b}: {found.efficiency[b]:.2f}" for b in expected)
    marks.check(near, f"scaling efficiency {shown}, within 0.02 of the specification")
    marks.check(found.critical == (256, 512), f"critical size between {found.critical}")
    fastest = fastest_to_goal(steps, {b: s for b in SIZES if (s := seconds(b)) is not None})
    marks.check(fastest == KNEE, f"fastest to the target on this device: {fastest}")

    naive, fair = naive_losses(), fair_losses()
    best = min(naive, key=naive.__getitem__)
    spread, fair_spread = (max(each.values()) / min(each.values()) for each in (naive, fair))
    marks.check(
        spread > 1.5, f"one rate for all sizes: {best} looks best, by up to {spread:.1f} times"
    )
    marks.check(fair_spread < 1.1, f"a rate for each size: equal within {fair_spread - 1:.0%}")
    card = CARDS["C1"]
    default, override = choice_lines([])[0], choice_lines([choose("C1", "search", "a habit")])[0]
    marks.tell(default)
    marks.check(
        len(card.positions) == 3 and "throughput" in default, "card C1: the default is kept"
    )
    marks.check("confounded" in override, "card C1 overridden: the report says what is confounded")

    stale = stale_values([Change.BATCH_SIZE], TUNED)
    marks.tell(f"stale after another batch size: {', '.join(stale)}")
    marks.check(
        set(stale) == {"lr", "momentum", "weight_decay", "dropout"}, "stale badges, none on width"
    )
    asked = question_before_search([Change.BATCH_SIZE], ["lr"])
    marks.check(asked is not None, f"a search that holds them is asked about: {asked}")
    return marks.exit_code()


if __name__ == "__main__":
    raise SystemExit(main())
