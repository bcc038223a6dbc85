"""Planted instability is seen, and its remedies are tried in their order."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tunebook.checks.check import Conclusion
from tunebook.checks.first_batch import FirstBatch, first_batch
from tunebook.checks.readings import NotFinite, Trained
from tunebook.checks.shape import TargetKind, TaskShape
from tunebook.checks.stability import (
    CHECK,
    FACTORS,
    Instability,
    clipped_share,
    instability,
    survives,
    thresholds,
    warm_ups,
)
from tunebook.records import Configuration
from tunebook.records.finding import Verdict

STEADY = [2.0 * 0.99**t + 0.1 for t in range(500)]
WILD = [2.0, 50.0, *[90.0] * 50]
SUDDEN = [*STEADY, *([1.5] * 40)]
NORMS = tuple(np.random.default_rng(0).lognormal(sigma=2.0, size=500).tolist())
CONFIG = Configuration({"lr": 0.1})


def concluded(is_stable, *, wild=WILD, config=CONFIG, length=3000, **facts):
    """Ask the check, with trainings that are wild where ``is_stable`` of them says no."""
    readings = {first_batch(config): FirstBatch(TaskShape(TargetKind.CLASSES), True, **facts)}
    asked = CHECK.next(config, length, readings)
    while not isinstance(asked, Conclusion):
        for e in asked:
            curve = STEADY if is_stable(e) else wild
            readings[e] = Trained(tuple(curve), sample=tuple(curve), norms=NORMS)
        asked = CHECK.next(config, length, readings)
    return asked, [e for e in readings if e != first_batch(config)]


def test_s4_46_the_dense_probe_sees_a_spike_that_sparse_evaluation_misses():
    spiked = list(STEADY)
    spiked[3:12] = [9.0] * 9
    assert instability(spiked) is Instability.EARLY
    assert instability(STEADY) is Instability.NONE
    assert instability(spiked[::50]) is Instability.NONE


def test_s4_46_a_sudden_rise_after_a_steady_fall_is_unstable():
    assert instability(SUDDEN) is Instability.SUDDEN
    assert instability([*STEADY, math.nan]) is Instability.SUDDEN
    assert instability([-1.0, -2.0, -2.5]) is Instability.NONE


def test_s4_46_instability_at_twice_the_rate_matters_higher_up_it_is_a_notice():
    found, trained = concluded(lambda e: True)
    assert (found.findings[0].verdict, len(trained)) == (Verdict.PASS, len(FACTORS))
    high, trained = concluded(lambda e: e.factor < 5)
    assert (high.findings[0].verdict, high.change) == (Verdict.NOTICE, {})
    assert len(trained) == len(FACTORS)


def test_s4_48_the_shortest_warm_up_that_survives_is_adopted():
    found, trained = concluded(lambda e: e.factor < 2 or (e.config["warmup"] and e.updates >= 300))
    assert found.change == {"warmup": round(100 / 3000, 4)}
    ramps = [e for e in trained if e.config["warmup"]]
    assert [(e.updates, e.factor) for e in ramps] == [(30, 20.0), (300, 20.0)]
    assert found.findings[0].verdict is Verdict.NOTICE
    assert "A warm-up makes it stable" in found.findings[0].title


def test_s4_48_the_sweep_is_capped_at_a_tenth_of_the_updates():
    assert warm_ups(20_000) == (10, 100, 1_000)
    assert max(warm_ups(5_000)) == 500
    assert max(warm_ups(50)) == 5


def test_s4_48_bump_on_the_ramp_is_survived():
    assert survives([2.0, 4.0, 1.5, *[0.5] * 20], 2)
    assert not survives([2.0, 7.0, 1.5, *[0.5] * 20], 2)
    assert not survives([2.0, 1.5, *[3.0] * 20], 2)


def test_s4_49_clipping_follows_where_no_warm_up_helps():
    def is_stable(e):
        return e.factor < 2 or (e.config.get("clip_norm") or 1e9) < 8

    found, trained = concluded(is_stable)
    tried = [e.config["clip_norm"] for e in trained if e.config.get("clip_norm")]
    assert tried[1:] == [level / 2 for level in tried[:-1]]
    assert found.change == {"clip_norm": tried[-1]}
    assert tried[-1] < 8 <= tried[-2]
    sudden, trained = concluded(is_stable, wild=SUDDEN)
    assert not [e for e in trained if e.config["warmup"]]
    assert sudden.change == found.change


def test_s4_49_norms_are_measured_without_the_clipping_of_the_configuration():
    config = Configuration({"lr": 0.1, "clip_norm": 0.5})
    _, trained = concluded(lambda e: e.factor < 2, wild=SUDDEN, config=config)
    assert any(e.config["clip_norm"] is None and e.factor == 2 for e in trained)


def test_s4_47_the_rate_is_lowered_as_the_last_resort():
    found, _ = concluded(lambda e: e.factor <= 1)
    assert found.change == {"lr": 0.05}
    worse, _ = concluded(lambda e: e.factor < 1)
    assert worse.change == {"lr": 0.025}
    own, _ = concluded(lambda e: e.factor <= 1, has_own_optimizer=True)
    assert (own.change, own.findings[0].verdict) == ({}, Verdict.NOTICE)
    assert "Divide the rate of the task's own optimizer by 2" in own.findings[0].advice


def test_s4_47_instability_that_nothing_helps_is_a_problem():
    found, trained = concluded(lambda e: False)
    assert (found.findings[0].verdict, found.change) == (Verdict.PROBLEM, {})
    assert len(trained) <= CHECK.most


def test_loss_that_is_not_finite_is_unstable():
    readings = {first_batch(CONFIG): FirstBatch(TaskShape(TargetKind.CLASSES), True)}
    asked = CHECK.next(CONFIG, 300, readings)
    readings |= {e: NotFinite(2, (2.0, math.nan), sample=(2.0, 2.1)) for e in asked[1:]}
    assert isinstance(CHECK.next(CONFIG, 300, readings), tuple)


def test_s4_49_the_90th_percentile_clips_a_tenth_and_halves_end_at_half():
    first, *more = thresholds(NORMS)
    assert clipped_share(NORMS, first) == pytest.approx(0.1, abs=0.02)
    assert len(more) >= 2
    assert clipped_share(NORMS, more[-1]) <= 0.5
    assert list(thresholds([0.0, math.inf])) == []
