"""Chance and simple baselines are told from learning."""

from __future__ import annotations

import numpy as np

from tunebook.diagnosis.baselines import Reference, Rung, judge_chance, judge_ladder, lower_bound
from tunebook.records.finding import Verdict

SIMPLE = Rung(Reference.SIMPLE, "linear model", 0.85, 0.01)
PAPER = Rung(Reference.PAPER, "paper", 0.97, 0.01)


def test_s0_30_a_guesser_is_no_better_than_chance_in_nearly_all_cases():
    hits = np.random.default_rng(0).binomial(200, 0.3, size=2_000)
    passed = sum(
        judge_chance(h / 200, 200, majority_share=0.3).verdict is Verdict.PASS for h in hits
    )
    assert passed / 2_000 <= 0.04
    assert judge_chance(0.6, 200, majority_share=0.3).verdict is Verdict.PASS
    assert lower_bound(0.5, 100) < 0.5 < lower_bound(0.6, 100)


def test_s2_9_worse_than_the_linear_baseline_is_a_problem():
    finding = judge_ladder(0.7, [SIMPLE, PAPER])
    assert finding.verdict is Verdict.PROBLEM
    assert finding.items == ("linear model",)


def test_s2_9_the_best_rung_reached_is_named():
    assert judge_ladder(0.9, [SIMPLE, PAPER]).verdict is Verdict.NOTICE
    assert "linear model" in judge_ladder(0.9, [SIMPLE, PAPER]).title
    assert judge_ladder(0.965, [SIMPLE, PAPER]).verdict is Verdict.PASS
    assert judge_ladder(0.9, []).verdict is Verdict.NOTICE
