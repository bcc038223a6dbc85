"""The first values follow from the data, and each says why."""

from __future__ import annotations

import pytest

from tunebook.playbook.hyperparameters import Mark
from tunebook.playbook.starting import (
    default_values,
    first_batch_size,
    initialization,
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
