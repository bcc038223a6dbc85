"""Plans have equal counts, and their numbers agree."""

from __future__ import annotations

from collections import Counter

import pytest

from tunebook.playbook.plans import (
    exercise,
    fair_comparison_refusal,
    joint_study,
    optimizer_verdict,
    separate_studies,
    trials_affordable,
)
from tunebook.search.sequences import halton_point
from tunebook.space import Float, Space

NUISANCES = Space(lr=Float(1e-4, 1e-1, log=True), momentum=Float(0.5, 0.995, log="1-x"))


def test_s4_17_separate_studies_have_equal_trials():
    adam = Space({"adam.lr": Float(1e-4, 1e-2, log=True)})
    plan = separate_studies(
        "optimizer", {"adam": adam, "nesterov": NUISANCES}, trials_per_value=20, steps_per_trial=100
    )
    assert {s.n_trials for s in plan.studies} == {20}
    assert plan.n_trials == 40
    assert plan.n_steps == 4_000
    assert plan.studies[0].held == {"optimizer": "adam"}


def test_s4_17_a_joint_study_samples_its_values_evenly():
    plan = joint_study("depth", list(range(8)), NUISANCES, trials_per_value=10, steps_per_trial=100)
    space = plan.studies[0].space
    counts = Counter(space.decode(halton_point(3, 0, i))["depth"] for i in range(80))
    assert plan.n_trials == 80
    assert all(abs(n - 10) <= 2 for n in counts.values())
    assert len(counts) == 8


def test_s4_18_trials_cost_and_density_agree():
    plan = joint_study("depth", [1, 2, 3], NUISANCES, trials_per_value=12, steps_per_trial=500)
    assert plan.n_trials == 3 * 12
    assert plan.n_steps == 36 * 500
    assert plan.density["lr"] == pytest.approx(12 / 3)
    assert plan.density["momentum"] == pytest.approx(12 / 2)
    assert trials_affordable(plan.n_steps, steps_per_trial=500, n_values=3) == 12


def test_s4_19_and_s1_14_a_best_at_an_edge_forbids_the_comparison():
    at_edge = {"adam": ["adam.lr"], "nesterov": []}
    assert fair_comparison_refusal(at_edge).startswith("best at edge, comparison not fair")
    sentence = optimizer_verdict({"adam": 0.2, "nesterov": 0.1}, at_edge)
    assert "nesterov reached" not in sentence
    fair = optimizer_verdict({"adam": 0.2, "nesterov": 0.1}, {"adam": [], "nesterov": []})
    assert fair.startswith("nesterov reached 0.1")


def test_s3_10_the_exercise_lists_seventeen_distinct_runs():
    baseline = {"transfer": "last layer", "resolution": 448, "d": 8192, "wd": 0.0}
    plan = exercise(
        baseline,
        one_at_a_time={
            "transfer": ["last layer", "last layer, then all", "all at once", "no bilinear"],
            "wd": [0.0, 1e-5, 1e-3],
        },
        grid={"resolution": [448, 336, 224], "d": [8192, 4096, 2048, 1024]},
        steps_per_run=60_000,
    )
    assert len(plan.runs) == 1 + 1 + 2 + 11 + 2
    assert plan.runs[0] == baseline
    assert plan.n_steps == 17 * 60_000
