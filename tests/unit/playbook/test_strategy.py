"""Situations have their strategy, and rankings at two lengths are compared."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tunebook.playbook.strategy import (
    METHODS,
    TRANSFER,
    Situation,
    Transfer,
    advise,
    after_regularization,
    carried,
    grid_warning,
    next_strength,
    rank_agreement,
    stretched,
)
from tunebook.search import searcher_names
from tunebook.testing.quadratics import noisy_losses


@pytest.mark.parametrize(
    ("situation", "searcher", "words"),
    [
        (Situation(40, 8), "halton", "even points"),
        (Situation(100, 4, is_exploring=False), "bayes", "feedback"),
        (Situation(40, 20, is_exploring=False), "halton", "at once"),
        (Situation(40, 8, wants_trained_model=True), "evolution", "trained model"),
        (
            Situation(40, 8, wants_trained_model=True, searches_structure=True),
            "halton",
            "structure",
        ),
    ],
)
def test_s0_27_and_c8_a_situation_has_its_strategy_with_a_reason(situation, searcher, words):
    advice = advise(situation)
    assert advice.searcher == searcher
    assert words in advice.reason
    assert searcher in searcher_names()
    if situation.searches_structure:
        assert "not possible" in advice.warning


def test_s2_18_five_methods_and_a_grid_warns_with_its_count():
    assert set(METHODS) - {"manual"} <= set(searcher_names())
    assert grid_warning([5, 4]) is None
    assert "60" in grid_warning([5, 4, 3])


@pytest.mark.parametrize("best", [-3, -2, -1, 0, 1, 2])
def test_s0_35_the_magnitude_is_found_in_six_trials_and_the_rate_tuned_again(best):
    errors: dict[float, float] = {}
    while (lam := next_strength(errors)) is not None:
        errors[lam] = (math.log10(lam) - best) ** 2
    assert len(errors) <= 6
    assert min(errors, key=errors.get) == pytest.approx(10**best)
    assert after_regularization() == ("lr",)


def test_s4_33_a_rank_flip_between_lengths_is_reported():
    rates = np.geomspace(0.01, 1.0, 7)
    # A high rate wins early and stops at its floor, where a low one gets below.
    short = [float(noisy_losses(2, lr, 30)[-1]) for lr in rates]
    long = [float(noisy_losses(2, lr, 20_000)[-1]) for lr in rates]
    agreement = rank_agreement(short, long)
    assert agreement.is_flipped
    assert "did not hold" in agreement.sentence
    assert rank_agreement(short, short).tau == 1.0


def test_s4_33_the_transfer_table_says_what_is_carried():
    assert TRANSFER["warmup"] is Transfer.VERY_LIKELY
    assert carried(["initialization", "depth", "lr", "weight_decay"]) == {
        "initialization": True,
        "depth": True,
        "lr": False,
        "weight_decay": False,
    }
    assert stretched(1_000, 5_000, schedule="linear", decay_steps=400) == (4_600, 400)
    assert stretched(1_000, 5_000, schedule="cosine", decay_steps=1_000) == (0, 5_000)
