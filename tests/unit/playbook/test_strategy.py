"""Situations have their strategy, and rankings at two lengths are compared."""

from __future__ import annotations

import numpy as np
import pytest

from noisy_quadratic import noisy_losses
from tunebook.playbook.strategy import advise, rank_agreement
from tunebook.search import searcher_names


@pytest.mark.parametrize(
    ("trials", "parallel", "goal", "searcher", "words"),
    [
        (40, 8, {}, "halton", "even points"),
        (100, 4, {"is_exploring": False}, "bayes", "feedback"),
        (40, 20, {"is_exploring": False}, "halton", "at once"),
        (40, 8, {"wants_trained_model": True}, "evolution", "trained model"),
    ],
)
def test_s0_27_and_c8_a_situation_has_its_strategy_with_a_reason(
    trials, parallel, goal, searcher, words
):
    advice = advise(trials, parallel, **goal)
    assert advice.searcher == searcher
    assert words in advice.reason
    assert searcher in searcher_names()


def test_s4_33_a_rank_flip_between_lengths_is_reported():
    rates = np.geomspace(0.01, 1.0, 7)
    # A high rate wins early and stops at its floor, where a low one gets below.
    short = [float(noisy_losses(2, lr, 30)[-1]) for lr in rates]
    long = [float(noisy_losses(2, lr, 20_000)[-1]) for lr in rates]
    agreement = rank_agreement(short, long)
    assert agreement.is_flipped
    assert "did not hold" in agreement.sentence
    assert rank_agreement(short, short).tau == 1.0
