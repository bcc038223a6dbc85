"""Interactions find the pair that matters together, and only that."""

from __future__ import annotations

import numpy as np

from results import sample_result
from tunebook.analysis.interactions import interactions
from tunebook.records import Objective
from tunebook.space import Float, Space

SPACE = Space(a=Float(0.0, 1.0), b=Float(0.0, 1.0), c=Float(0.0, 1.0))
LOWER = Objective.of(minimize="error")


def study(n: int) -> list:
    rng = np.random.default_rng(0)
    configs = [SPACE.sample(rng) for _ in range(n)]
    errors = [(c.a - 0.5) * (c.b - 0.5) + 0.3 * c.c for c in configs]
    return [sample_result(i, c, e) for i, (c, e) in enumerate(zip(configs, errors, strict=True))]


def test_pair_that_matters_together_comes_first():
    found = interactions(study(120), SPACE, LOWER)
    assert (found[0].first, found[0].second) == ("a", "b")
    assert found[0].share > 0.5
    assert all(i.share < 0.35 for i in found[1:])


def test_small_study_has_none():
    assert interactions(study(10), SPACE, LOWER) == []
