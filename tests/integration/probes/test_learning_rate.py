"""Sweeps, thresholds and update ratios on tasks whose good rates are known."""

from __future__ import annotations

import pytest
from benchmarks.stories.known_tasks import SGD, digits, regression

from tunebook.diagnosis.update_ratio import judge_ratios
from tunebook.probes.learning_rate import rate_sweep
from tunebook.probes.update_ratio import update_ratios
from tunebook.records.finding import Verdict


@pytest.mark.parametrize("seed", range(3))
def test_s1_9_sweep_chooses_a_rate_near_the_best_of_a_fine_grid(seed):
    fine = rate_sweep(
        digits(),
        SGD,
        rates=[10 ** (-3 + k / 5) for k in range(16)],
        n_updates=150,
        max_extensions=0,
        seed=seed,
    )
    depths = {row.lr: row.depth for row in fine.choice.rows if row.depth is not None}
    best = min(depths, key=depths.__getitem__)
    coarse = rate_sweep(digits(), SGD, n_updates=150, seed=seed).choice
    assert coarse.best is not None
    assert best / 3.2 <= coarse.best <= best * 3.2


def test_s1_9_best_rate_at_the_edge_is_refused_and_the_sweep_goes_on():
    narrow = rate_sweep(digits(), SGD, rates=(1e-5, 1e-4), n_updates=100, max_extensions=0)
    assert narrow.choice.lr is None
    assert narrow.choice.extension == pytest.approx((1e-3, 1e-2))
    wider = rate_sweep(digits(), SGD, rates=(1e-5, 1e-4), n_updates=100, max_extensions=3)
    assert len(wider.runs) > 4
    assert wider.choice.lr is not None


@pytest.mark.parametrize("lr", [1e-5, 1e-3, 0.1])
def test_s1_12_update_ratio_finds_a_rate_that_trains_within_50_updates(lr):
    task, config = regression(), {**SGD, "batch_size": 128}
    found = update_ratios(task, config, lr=lr)
    assert len(found.rounds) <= 5
    assert 0.5e-3 <= found.rounds[-1].step.median <= 2e-3
    again = update_ratios(task, config, lr=found.lr, max_rounds=1)
    assert judge_ratios(again.ratios).verdict is Verdict.PASS
    (trained,) = rate_sweep(task, config, rates=(found.lr,), n_updates=300, max_extensions=0).runs
    assert trained.losses[-1] < 0.9 * trained.losses[0]


def test_s1_12_tensor_that_no_gradient_reaches_is_named():
    found = update_ratios(regression(is_frozen=True), SGD, max_rounds=1)
    judged = judge_ratios(found.ratios)
    assert judged.verdict is Verdict.PROBLEM
    assert judged.items == ("network.0.weight",)
