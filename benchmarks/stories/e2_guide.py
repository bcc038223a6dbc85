"""E2, the guide story: digits by stochastic gradient descent, against 60 random trials.

    .venv/bin/python -m benchmarks.stories.e2_guide

The guide gets half of the updates that the random trials have, and ends with a configuration that
is retrained with five seeds; so is the best random one. What counts is the validation metric.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import fmean, stdev

import numpy as np
import torch
from benchmarks.stories.field_tasks import Digits
from benchmarks.stories.guide_against_field import BUDGET, N_TRIALS, N_UPDATES, trained, value_of
from benchmarks.stories.pass_marks import PassMarks

from tunebook.guide.carry_out import GuideOptions, guide
from tunebook.space import Float, Space
from tunebook.training.task import Task, read_task

HELD = {"optimizer": "momentum", "batch_size": 64}
N_SEEDS = 5


def random_best(task: Task, seed: int) -> dict[str, object]:
    assert task.space is not None
    space = Space(
        {
            "lr": Float(1e-4, 10.0, log=True),
            "momentum": Float(0.5, 0.995, log="1-x"),
            "weight_decay": Float(1e-6, 1e-2, log=True),
            **task.space.parameters,
        }
    )
    rng = np.random.default_rng(seed)
    configs = [{**HELD, **space.sample(rng)} for _ in range(N_TRIALS)]
    values = [value_of(trained(task, c, N_UPDATES, i)) for i, c in enumerate(configs)]
    return configs[int(np.argmax(values))]


def main() -> int:
    torch.set_num_threads(1)
    marks = PassMarks("E2 guide story: digits, SGD with momentum")
    task = read_task(Digits)
    with tempfile.TemporaryDirectory() as folder:
        options = GuideOptions(BUDGET // 2, config=HELD, workers=0)
        session = guide(task, options, home=Path(folder), tell=marks.tell)
    config, n, spent = session.config, session.n_updates, session.state.updates_spent
    seeds = range(1000, 1000 + N_SEEDS)
    ours = [value_of(trained(task, config, n, seed)) for seed in seeds]
    best = random_best(task, 0)
    theirs = [value_of(trained(task, best, N_UPDATES, seed)) for seed in seeds]
    deviation = max(stdev(ours), stdev(theirs))
    told = f"guide {fmean(ours):.4f}, best of {N_TRIALS} random {fmean(theirs):.4f}"
    marks.check(
        fmean(ours) >= fmean(theirs) - 2 * deviation,
        f"{told}: within 2 deviations, {deviation:.4f}",
    )
    marks.check(spent <= BUDGET / 2, f"{spent:,} updates, of {BUDGET:,}: at most half")
    return marks.exit_code()


if __name__ == "__main__":
    raise SystemExit(main())
