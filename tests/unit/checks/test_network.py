"""Each planted fault of a network is told by its own line, and a clean one passes (S2.7)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tunebook.checks.check import Conclusion
from tunebook.checks.experiments import Look
from tunebook.checks.network import CHECK, NetworkFigures, judge_network
from tunebook.checks.readings import Raised
from tunebook.records import Configuration
from tunebook.records.finding import Verdict

CLEAN = NetworkFigures(
    norms={"a.weight": 0.1, "a.bias": 0.2, "b.weight": 0.3},
    types={"inputs": "float32", "outputs": "float32", "weights": "float32"},
    n_nonfinite={"inputs": 0, "outputs": 0, "loss": 0, "gradients": 0},
)
NONE = {"a.weight": 0.1, "b.weight": None}
ZERO = {"a.weight": 0.1, "b.weight": 0.0}


def test_s2_7_clean_network_passes_with_what_was_measured():
    (found,) = judge_network(CLEAN)
    assert (found.verdict, found.value) == (Verdict.PASS, "3 tensors")


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"n_unregistered": 4}, "layers kept in a plain list or dict"),
        ({"missing": ("a.weight",)}, "they are not given to the optimizer"),
        ({"missing": ("a.weight",), "n_foreign": 1}, "its tensors are stale"),
        ({"types": {"inputs": "float64", "weights": "float64"}}, "not converted to float32"),
        ({"types": {"inputs": "float16", "weights": "float16"}}, "float16 lose small updates"),
        ({"n_nonfinite": {"inputs": 3, "outputs": 1}}, "missing values"),
        ({"n_nonfinite": {"inputs": 0, "outputs": 1}}, "a numerical problem"),
        ({"norms": NONE}, "the graph is cut"),
        ({"norms": NONE, "uncalled": ("b.weight",)}, "never used"),
        ({"norms": ZERO}, "but zeros"),
        ({"norms": ZERO, "inputs_are_zero": True}, "inputs are zeroed"),
        ({"vanishing": ("a.weight",)}, "the gradient vanishes"),
    ],
)
def test_s2_7_planted_fault_is_told_with_its_cause_and_no_pass(change, cause):
    (found,) = judge_network(replace(CLEAN, **change))
    assert found.verdict is Verdict.PROBLEM
    assert cause in found.causes[0]


@pytest.mark.parametrize(
    "change",
    [
        {"types": {"inputs": "uint8", "outputs": "float32", "weights": "float32"}},
        {"types": {"inputs": "float64", "outputs": "float32", "weights": "float32"}},
        {"copies": ("embed.weight and out.weight",)},
    ],
)
def test_what_runs_all_the_same_is_a_notice_beside_the_pass(change):
    assert [f.verdict for f in judge_network(replace(CLEAN, **change))] == [
        Verdict.NOTICE,
        Verdict.PASS,
    ]


def test_types_of_tokens_are_left_out_and_one_narrow_type_passes():
    narrow = replace(CLEAN, types={"outputs": "bfloat16", "weights": "bfloat16"})
    assert [f.verdict for f in judge_network(narrow)] == [Verdict.PASS]


def test_layer_that_makes_nan_is_named():
    bad = replace(CLEAN, n_nonfinite={"inputs": 0, "outputs": 5}, first_bad="body.2")
    (found,) = judge_network(bad)
    assert found.title == "NaN or infinity appears, first in the outputs of body.2."


def test_s2_7_bias_whose_gradient_cancels_out_is_no_dead_tensor():
    norms = {"a.weight": 0.1, "a.bias": 0.0, "b.weight": 0.2, "b.bias": None}
    (found,) = judge_network(replace(CLEAN, norms=norms))
    assert found.items == ("b.bias",)
    assert "from b.bias to the loss" in found.advice


def test_measurement_that_raised_is_unknown_and_no_pass():
    config = Configuration({})
    seen = replace(CLEAN, failed={"which layers are called": "TypeError: hooks"})
    asked = CHECK.next(config, 100, {Look("network", config): seen})
    assert isinstance(asked, Conclusion)
    (found,) = asked.findings
    assert found.verdict is Verdict.UNKNOWN
    assert found.items == ("which layers are called: TypeError: hooks",)


def test_backward_pass_that_raises_is_a_problem():
    config = Configuration({})
    raised = Raised("The backward pass", "RuntimeError: modified by an inplace operation")
    asked = CHECK.next(config, 100, {Look("network", config): raised})
    assert isinstance(asked, Conclusion)
    assert asked.findings[0].title == "The backward pass raised an error."
