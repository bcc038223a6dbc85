"""Steps, speed, memory and gradients, on tasks whose answers are known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks.stories.known_tasks import Waiting, digits

from tunebook.diagnosis.step_count import convergence
from tunebook.diagnosis.throughput import judge_throughput
from tunebook.errors import TaskError
from tunebook.probes.fixed_rate import losses_of
from tunebook.probes.throughput import throughput, time_updates
from tunebook.recipes.loop import Training
from tunebook.records.finding import Verdict


def test_s1_10_curve_converges_or_says_that_it_still_falls():
    done = convergence(losses_of(Training(digits(), {"lr": 0.01}, n_updates=600), 600))
    assert done.step is not None
    assert done.n_steps == pytest.approx(1.5 * done.step, abs=1)
    short = convergence(losses_of(Training(digits(), {"lr": 3e-4}, n_updates=100), 100))
    assert short.still_falling


def test_s4_6_speed_rises_with_the_batch_and_a_loader_that_sleeps_is_told():
    timings = throughput(digits(), {}, sizes=(8, 64), n_timed=8)
    assert [t.batch_size for t in timings] == [8, 64]
    assert judge_throughput(timings)[0].verdict is not Verdict.PROBLEM
    task = digits()
    waiting = replace(task, data=lambda split: Waiting(task.data(split)))
    assert "input-bound" in judge_throughput([time_updates(waiting, {}, 16, n_timed=5)])[1].title


def test_s4_6_memory_that_runs_out_ends_the_list_and_nothing_else():
    config = {"width": 2000}
    timings = throughput(digits(), config, sizes=(1, 1_000_000), n_timed=2, memory_limit=10_000_000)
    assert timings[-1].seconds is None
    assert Training(digits(), config, n_updates=1).update().isfinite()


def test_mistake_of_a_task_while_it_is_timed_is_told_as_its_own(tmp_path):
    from tunebook.training.task import load_task

    example = Path(__file__).parents[3] / "examples" / "digits_task.py"
    (tmp_path / "timed_digits.py").write_text(example.read_text("utf-8"), encoding="utf-8")
    place = tmp_path / "raising_task.py"
    place.write_text(
        "from timed_digits import Digits\n\n"
        "class Raising(Digits):\n"
        "    def loss(self, outputs, targets):\n"
        "        raise ValueError('no such column')\n",
        encoding="utf-8",
    )
    with pytest.raises(TaskError, match="no such column"):
        throughput(load_task(f"{place}:Raising"), {}, sizes=(8,))
