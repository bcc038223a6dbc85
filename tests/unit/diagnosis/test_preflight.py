"""Each planted fault is caught by its own line, and a clean model passes all of them."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from tunebook.diagnosis.preflight import PreflightFigures, judge_preflight
from tunebook.diagnosis.preflight_data import DataFigures
from tunebook.records.finding import Verdict

DATA = DataFigures(
    means=(0.01, -0.02),
    deviations=(1.0, 0.98),
    lowest=-2.0,
    highest=2.5,
    label_range=(0, 4),
    n_classes=5,
    batch_size=40,
    initial_loss=1.62,
    chance_loss=math.log(5),
)
CLEAN = PreflightFigures(
    data=DATA,
    n_parameters=1000,
    n_unregistered=0,
    not_optimized=(),
    output_shape=(40, 5),
    target_shape=(40,),
    loss_shape=(),
    dtypes={"inputs": "float32", "parameters": "float32", "targets": "int64"},
    n_nonfinite={"inputs": 0, "outputs": 0},
    outputs_are_probabilities=False,
    evaluated_twice_difference=0.0,
    trained_twice_difference=0.3,
    has_dropout=True,
    gradient_norms={"a.weight": 0.1, "b.weight": 0.2},
    reordered_difference=1e-7,
    evaluates_in_training_mode=False,
    trains_in_evaluation_mode=False,
)


def bad_lines(figures: PreflightFigures) -> list[str]:
    return [f.check for f in judge_preflight(figures) if f.verdict is Verdict.PROBLEM]


def test_s2_7_a_clean_model_passes_every_line():
    findings = judge_preflight(CLEAN)
    assert len(findings) == 15
    assert {f.verdict for f in findings} == {Verdict.PASS}
    assert len({f.check for f in findings}) == 15


@pytest.mark.parametrize(
    ("check", "change"),
    [
        ("parameters", {"n_parameters": 0}),
        ("registered", {"n_unregistered": 4}),
        ("optimizer", {"not_optimized": ("a.weight",)}),
        ("shapes", {"output_shape": (40, 1), "target_shape": (40,), "is_classification": False}),
        ("shapes", {"output_shape": (40, 1), "target_shape": (40,)}),
        ("loss-shape", {"loss_shape": (40,)}),
        ("dtypes", {"dtypes": {"inputs": "float64", "parameters": "float32"}}),
        ("finite", {"n_nonfinite": {"inputs": 3, "outputs": 1}}),
        ("logits", {"outputs_are_probabilities": True}),
        ("evaluation-mode", {"evaluated_twice_difference": 0.2}),
        ("evaluation-mode", {"evaluates_in_training_mode": True}),
        ("training-mode", {"trained_twice_difference": 0.0}),
        ("gradients", {"gradient_norms": {"a.weight": 0.1, "b.weight": 0.0}}),
        ("gradients", {"gradient_norms": {"a.weight": 0.1, "b.weight": None}}),
        ("gradients", {"vanishing": ("a.weight",)}),
        ("batch-leak", {"reordered_difference": 0.1}),
    ],
)
def test_s2_7_a_planted_fault_is_caught_by_its_own_line(check, change):
    assert bad_lines(replace(CLEAN, **change)) == [check]


@pytest.mark.parametrize(
    ("check", "change", "words"),
    [
        ("inputs", {"means": (120.0, 90.0), "deviations": (60.0, 50.0), "highest": 255.0}, "not"),
        (
            "inputs",
            {"means": (0.001,) * 2, "deviations": (0.001,) * 2, "lowest": 0.0, "highest": 0.004},
            "twice",
        ),
        ("inputs", {"means": (0.0, 0.0), "deviations": (0.0, 0.0)}, "the same"),
        ("labels", {"label_range": (1, 5)}, "outside"),
        ("initial-loss", {"initial_loss": 3.7}, "ln(batch size)"),
        ("initial-loss", {"initial_loss": 12.0}, "above"),
    ],
)
def test_s2_5_and_s2_7_faults_of_the_data_are_named(check, change, words):
    figures = replace(CLEAN, data=replace(DATA, **change))
    assert bad_lines(figures) == [check]
    title = next(f.title for f in judge_preflight(figures) if f.check == check)
    assert words in title


def test_s2_5_images_scaled_to_a_range_of_one_pass():
    scaled = replace(DATA, means=(0.4, 0.5), deviations=(0.2, 0.3), lowest=0.0, highest=1.0)
    assert bad_lines(replace(CLEAN, data=scaled)) == []


def test_s2_7_what_was_not_measured_gives_no_line():
    blind = {"output_shape": None, "gradient_norms": None, "reordered_difference": None}
    checks = {f.check for f in judge_preflight(replace(CLEAN, data=DataFigures(), **blind))}
    assert len(checks) == 9
    assert not checks & {"inputs", "labels", "initial-loss", "shapes", "gradients", "batch-leak"}


def test_s2_7_bias_whose_gradient_cancels_out_is_no_dead_tensor():
    norms = {"a.weight": 0.1, "a.bias": 0.0, "b.weight": 0.2, "b.bias": None}
    found = [f for f in judge_preflight(replace(CLEAN, gradient_norms=norms)) if f.items]
    assert [f.items for f in found] == [("b.bias",)]
