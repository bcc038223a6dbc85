"""Instability is seen at every update; warm-up and clipping are tried in order (S4.46 to S4.49)."""

from __future__ import annotations

from benchmarks.stories.known_tasks import SGD, Steep, digits, regression

from tunebook.diagnosis.stability import Instability, clipping, instability, judge_stability
from tunebook.probes.learning_rate import rate_sweep
from tunebook.probes.stability import (
    clipping_sweep,
    stability,
    warm_up_sweep,
)
from tunebook.records.finding import Verdict


def test_s4_46_healthy_task_is_stable_at_twice_its_best_rate():
    choice = rate_sweep(digits(), SGD, n_updates=150).choice
    assert choice.best is not None
    found = stability(digits(), SGD, lr=choice.best, n_updates=200)
    assert judge_stability(found.losses).verdict is not Verdict.PROBLEM


def test_s4_46_dense_probe_sees_the_spike_that_sparse_evaluation_misses():
    found = stability(regression(Steep), SGD, lr=0.01, factors=(2.0,), n_updates=400)
    losses = found.losses[2.0]
    assert instability(losses) is Instability.EARLY
    assert losses[-1] < losses[0]
    assert instability([losses[0], losses[-1]]) is Instability.NONE


def test_s4_48_warm_up_makes_a_task_trainable_at_five_times_its_unstable_rate():
    task = regression(Steep)
    doublings = [2.0**k for k in range(1, 8)]
    losses = stability(task, SGD, lr=0.0005, factors=doublings, n_updates=100).losses
    unstable = 0.0005 * next(f for f in doublings if instability(losses[f]) is not Instability.NONE)
    found = warm_up_sweep(task, SGD, unstable_rate=unstable / 2, max_steps=8000)
    assert all(n <= 800 for n in found.survived)
    assert not found.survived[10]
    assert found.chosen is not None
    assert found.chosen.base == 5 * unstable
    losses = found.losses[found.chosen.n_steps]
    assert losses[-1] < losses[0] / 100


def test_s4_49_first_threshold_clips_a_tenth_and_halves_until_training_holds():
    norms = stability(digits(), SGD, lr=0.1, factors=(), n_updates=200).norms
    assert len(norms) == 200
    assert 0.08 <= clipping(norms).clipped_share <= 0.12
    task = regression(Steep)
    found = clipping_sweep(task, SGD, lr=0.02, n_updates=200)
    tried = list(found.tried)
    assert tried[1:] == [level / 2 for level in tried[:-1]]
    assert found.chosen is None or found.tried[found.chosen] is Instability.NONE
