"""The first values follow from the data, and each says why."""

from __future__ import annotations

import pytest

from tunebook.playbook.hyperparameters import Mark
from tunebook.playbook.starting import (
    architecture,
    decay_of_lambda,
    default_values,
    first_batch_size,
    held_out_sizes,
    initialization,
    reduced_problem,
    rescaled_lambda,
    switched_off,
)


@pytest.mark.parametrize(
    ("imbalance", "n", "parameters", "size"),
    [(5.0, 50_000, 1_000, 128), (1.0, 2_000, 10_000, 32), (1.0, 50_000, 1_000, 64)],
)
def test_s1_7_three_descriptions_give_three_sizes(imbalance, n, parameters, size):
    advice = first_batch_size(imbalance, n, parameters)
    assert advice.value == size
    assert advice.reason
    assert first_batch_size(5.0, 2_000, 10_000).value == 64


def test_s2_3_the_input_gives_the_architecture():
    assert "LeNet" in architecture(["images"])[0].value
    assert architecture(["images"])[1] == "a ResNet"
    assert "LSTM" in architecture(["sequences"])[0].value
    assert "one hidden layer" in architecture(["table"])[0].value
    assert "concatenate" in architecture(["images", "sequences"])[0].value


def test_s2_4_a_new_image_project_has_exactly_these_values():
    values = default_values("images")
    assert {name: value for name, (value, _) in values.items()} == {
        "optimizer": "adam",
        "lr": 3e-4,
        "activation": "relu",
        "initialization": "he",
        "normalization": "none",
        "weight_decay": 0.0,
        "dropout": 0.0,
        "augmentation": False,
        "schedule": "constant",
    }
    assert all("untuned" in mark for _, mark in values.values())


def test_c15_sgd_starts_by_batch_size_which_is_our_rule():
    assert default_values("images", optimizer="sgd", batch_size=128)["lr"] == (0.05, Mark.RULE)


def test_s1_8_relu_takes_he_and_tanh_glorot():
    assert initialization("ReLU").value == "he"
    assert initialization("tanh").value == "glorot"
    assert default_values("sequences")["initialization"][0] == "glorot"


def test_s1_6_generalization_is_off_and_the_banner_names_it():
    values, banner = switched_off({"lr": 0.1, "weight_decay": 5e-4, "augmentation": True})
    assert values == {"lr": 0.1, "weight_decay": 0.0, "augmentation": False}
    assert "weight_decay" in banner
    assert "augmentation" in banner
    assert "6" in banner


def test_s0_30_lambda_shrinks_with_the_data():
    assert rescaled_lambda(1_000, 50_000, 1_000) == pytest.approx(20)
    tiny = reduced_problem(50_000, 10, 1_000, is_tiny=True)
    assert tiny.weight_decay == pytest.approx(20)
    assert (tiny.n_examples, tiny.n_classes, tiny.n_validation) == (1_000, 2, 100)
    assert len(tiny.to_undo) == 3
    assert tiny.speed_up == 50


def test_s2_6_the_switch_leaves_ten_thousand_examples_and_says_so():
    reduced = reduced_problem(60_000, 10, 0.0)
    assert reduced.n_examples == 10_000
    assert reduced.to_undo == ("10000 of 60000 examples",)
    assert reduced_problem(500, 10, 0.0).to_undo == ()


def test_s0_35_lambda_becomes_a_weight_decay():
    assert decay_of_lambda(5.0, 50_000) == pytest.approx(1e-4)


def test_s2_11_two_validation_sets_have_their_sizes():
    assert held_out_sizes(50_000, 3_000) == (5_000, 1_500)
    assert held_out_sizes(500_000) == (10_000, 0)
