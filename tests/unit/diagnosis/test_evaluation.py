"""Evaluation is regular, weighs every example once, and is large enough."""

from __future__ import annotations

import numpy as np
import pytest

from tunebook.diagnosis.evaluation import (
    evaluation_size,
    evaluation_steps,
    judge_evaluation_size,
    judge_periodicity,
    weighted_mean,
)
from tunebook.records.finding import Verdict


def test_s4_35_fifty_evaluations_and_every_one_of_the_first_twenty():
    steps = evaluation_steps(5_000)
    assert steps[:20] == list(range(1, 21))
    assert len(steps) == 70
    assert steps[-1] == 5_000
    assert evaluation_steps(5) == [1, 2, 3, 4, 5]


def test_s4_35_a_last_batch_of_three_counts_for_three():
    values = np.random.default_rng(0).random(103)
    batches = [values[i : i + 10] for i in range(0, 103, 10)]
    mean = weighted_mean([b.mean() for b in batches], [len(b) for b in batches])
    assert mean == pytest.approx(values.mean(), abs=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_s4_35_data_sorted_by_class_raise_the_flag_and_shuffled_do_not(seed):
    rng = np.random.default_rng(seed)
    loss_of_class = np.repeat(rng.random(10), 4)
    trend = 1 / np.sqrt(1 + np.arange(400) / 40)
    ordered = np.tile(loss_of_class, 10) + trend + rng.normal(scale=0.1, size=400)
    shuffled = np.concatenate([rng.permutation(loss_of_class) for _ in range(10)]) + trend
    assert judge_periodicity(ordered.tolist(), 40).verdict is Verdict.PROBLEM
    assert judge_periodicity(shuffled.tolist(), 40).verdict is Verdict.PASS
    assert judge_periodicity(ordered[:100].tolist(), 40) is None


def test_s4_36_the_sample_s_error_is_a_third_of_the_smallest_gain():
    n = evaluation_size(0.1, 0.01, 1_000_000)
    assert (0.09 / n) ** 0.5 == pytest.approx(0.01 / 3, rel=1e-3)
    assert judge_evaluation_size(0.1, n, 0.01).verdict is Verdict.PASS
    assert judge_evaluation_size(0.1, n // 4, 0.01).verdict is Verdict.NOTICE
    assert evaluation_size(0.1, 0.001, 5_000) == 5_000
