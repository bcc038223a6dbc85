"""The first values follow from the data, and each says why."""

from __future__ import annotations

import pytest

from tunebook.playbook.starting import default_values, first_batch_size, switched_off


@pytest.mark.parametrize(
    ("imbalance", "n", "parameters", "size"),
    [(5.0, 50_000, 1_000, 128), (1.0, 2_000, 10_000, 32), (1.0, 50_000, 1_000, 64)],
)
def test_s1_7_three_descriptions_give_three_sizes(imbalance, n, parameters, size):
    found, reason = first_batch_size(imbalance, n, parameters)
    assert found == size
    assert reason
    assert first_batch_size(5.0, 2_000, 10_000)[0] == 64


def test_s2_4_a_new_project_has_exactly_these_values():
    assert default_values() == {
        "optimizer": "adam",
        "lr": 3e-4,
        "weight_decay": 0.0,
        "schedule": "constant",
    }


def test_c15_sgd_starts_by_batch_size_which_is_our_rule():
    values = default_values(optimizer="sgd", batch_size=128)
    assert (values["lr"], values["momentum"]) == (0.05, 0.9)


def test_s1_6_generalization_is_off_and_the_banner_names_it():
    values, banner = switched_off({"lr": 0.1, "weight_decay": 5e-4, "augmentation": True})
    assert values == {"lr": 0.1, "weight_decay": 0.0, "augmentation": False}
    assert "weight_decay" in banner
    assert "augmentation" in banner
    assert "6" in banner
