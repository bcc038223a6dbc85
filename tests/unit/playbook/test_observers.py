"""Stopping rules report what they would have done, and lose nothing over a resume."""

from __future__ import annotations

import numpy as np

from tunebook.playbook.observers import observe, patience, plateau_drops

# Falls for 20 evaluations, stays for 15, falls again.
CURVE = [1 - i / 40 for i in range(20)] + [0.6] * 15 + [0.5 - i / 100 for i in range(10)]
STEPS = [10 * (i + 1) for i in range(len(CURVE))]


def test_s0_32_ten_stops_on_a_plateau_of_fifteen_and_twenty_does_not():
    ten = patience(STEPS, CURVE, 10)
    assert ten.stopped_at == 300
    assert ten.steps_saved == 150
    assert ten.would_have_missed > 0
    assert patience(STEPS, CURVE, 20) is None


def test_c4_the_observers_report_on_each_patience_that_would_have_stopped():
    assert [o.rule for o in observe(STEPS, CURVE)] == ["patience 10"]
    flat = [0.5] * 30
    assert [o.rule for o in observe(range(30), flat)] == ["patience 10", "patience 20"]


def test_s0_34_the_rate_falls_at_exactly_these_evaluations():
    scores = [0.1, 0.2, 0.3, 0.3, 0.3, 0.4] + [0.4] * 30
    assert plateau_drops(scores, n=2, factor=0.5) == (4, 7, 9, 11, 13, 15, 17, 19, 21, 23)
    assert len(plateau_drops([0.5] * 200, n=10, factor=0.5)) == 10


def test_s0_34_a_resume_continues_where_it_was():
    scores = np.random.default_rng(0).random(60).tolist()
    whole, part = (plateau_drops(told, n=3, factor=0.5) for told in (scores, scores[:30]))
    assert part
    assert whole[: len(part)] == part
