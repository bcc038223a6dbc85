"""Steps, speed, memory, seeds, errors and gradients, on tasks whose answers are known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from benchmarks.stories.known_tasks import SGD, Waiting, WrongBackward, digits, regression
from torch import nn

from tunebook.diagnosis.batch_size import scaling
from tunebook.diagnosis.decomposition import ErrorRate, TermName
from tunebook.diagnosis.gradient_check import judge_gradients
from tunebook.diagnosis.step_count import first_steps
from tunebook.diagnosis.throughput import is_input_bound, judge_throughput
from tunebook.errors import TaskError
from tunebook.probes.batch_size import accuracy_by_time, steps_by_batch_size
from tunebook.probes.error_rates import error_rates, measure_errors
from tunebook.probes.gradient_check import gradient_check
from tunebook.probes.seed_noise import seed_noise
from tunebook.probes.step_count import fit_sweep, training_curve
from tunebook.probes.throughput import input_pipeline, throughput
from tunebook.recipes.loop import Training
from tunebook.records.finding import Verdict


def test_s1_10_curve_converges_or_says_that_it_still_falls():
    done = training_curve(digits(), {"lr": 0.01}, n_updates=600)
    assert done.convergence.step is not None
    assert done.convergence.n_steps == pytest.approx(1.5 * done.convergence.step, abs=1)
    short = training_curve(digits(), {"lr": 3e-4}, n_updates=100)
    assert short.convergence.still_falling


def test_s4_31_fastest_perfect_fit_gives_the_steps_and_small_rates_are_refused():
    found = fit_sweep(digits(), {"dropout": 0.5, "weight_decay": 1.0}, n_updates=600)
    steps, judged = first_steps(found.steps_by_rate)
    assert steps is not None, judged
    assert all(n is None or steps <= n for n in found.steps_by_rate.values())
    narrow = fit_sweep(digits(), {}, rates=(1e-5, 1e-4), n_updates=200)
    assert first_steps(narrow.steps_by_rate)[0] is None


def test_s4_31_regression_is_fitted_at_a_hundredth_of_the_variance():
    found = fit_sweep(regression(), {}, rates=(0.01,), n_updates=1000)
    assert found.level == pytest.approx(0.01 * 2, rel=0.3)
    assert found.steps_by_rate[0.01] is not None


def test_s4_6_speed_rises_with_the_batch_and_a_loader_that_sleeps_is_told():
    timings = throughput(digits(), {}, sizes=(8, 64), n_timed=8)
    assert [t.batch_size for t in timings] == [8, 64]
    assert judge_throughput(timings)[0].verdict is not Verdict.PROBLEM
    task = digits()
    waiting = replace(task, data=lambda split: Waiting(task.data(split)))
    assert is_input_bound(input_pipeline(waiting, {"batch_size": 16}, n_timed=5))


def test_s4_6_memory_that_runs_out_ends_the_list_and_nothing_else():
    config = {"width": 2000}
    timings = throughput(digits(), config, sizes=(1, 1_000_000), n_timed=2, memory_limit=60_000_000)
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


def test_s4_7_larger_batches_need_fewer_updates_with_less_and_less_gain():
    found = steps_by_batch_size(digits(), SGD, sizes=(4, 8, 64), n_updates=300)
    steps = found.reached
    assert set(steps) == {4, 8, 64}
    assert steps[64] < steps[4]
    assert scaling(steps).largest_useful == 64


def test_s0_36_every_size_is_timed_with_every_seed():
    found = accuracy_by_time(digits(), {"lr": 0.01}, sizes=(16, 64), seconds=0.1, n_seeds=2)
    assert [run.batch_size for run in found] == [16, 16, 64, 64]
    assert max(found[-1].accuracies) > 0.5
    assert list(found[0].seconds) == sorted(found[0].seconds)


def test_s4_28_seeds_after_the_one_that_won_are_trained():
    found = seed_noise(digits(), {"lr": 0.01}, n_updates=60, n_seeds=3, seed=7)
    assert list(found.values) == [8, 9, 10]
    assert 0 < found.deviation < 0.1
    assert found.errors == [-value for value in found.values.values()]


def test_s2_10_terms_add_up_to_the_test_error():
    found = error_rates(digits(), {"lr": 0.01}, n_updates=100, with_test=True)
    terms = found.decompose(ErrorRate(0.01))
    assert found.test is not None
    assert terms.total == pytest.approx(found.test.rate, abs=1e-12)
    assert terms.unknown == (TermName.SHIFT,)
    assert found.train.n == found.train_val.n == 300


def test_s2_10_test_set_stays_closed_and_dropout_is_off():
    training = Training(digits(), {"lr": 0.01, "dropout": 0.5}, n_updates=200)
    for _ in range(200):
        training.update()
    found = measure_errors(training)
    assert found.test is None
    assert found.train.rate <= found.train_val.rate + 0.03


def test_s2_10_metric_that_is_no_rate_is_refused():
    with pytest.raises(TaskError, match="no rate"):
        error_rates(regression(), {"lr": 1e-6}, n_updates=1)


def test_s2_7_gradients_are_right_and_a_wrong_backward_pass_is_found():
    found = gradient_check(digits(), {"dropout": 0.5})
    assert judge_gradients(found.analytic, found.numeric).verdict is Verdict.PASS

    class Doubled(nn.Linear):
        def forward(self, inputs):
            return super().forward(WrongBackward.apply(inputs))

    task = digits()
    wrong = replace(
        task,
        network=lambda config: nn.Sequential(nn.Linear(64, 8), nn.Tanh(), Doubled(8, 10)),
    )
    found = gradient_check(wrong, {})
    assert judge_gradients(found.analytic, found.numeric).verdict is Verdict.PROBLEM
    assert torch.tensor(found.analytic).isfinite().all()
