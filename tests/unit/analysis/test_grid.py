"""S3.6: a grid of two factors, its main effects and its front."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tunebook.analysis.grid import effect, two_factor_grid
from tunebook.records import Configuration, Objective, Trial, TrialNumber, TrialState

ACCURACY = Objective.of(maximize="val_accuracy")
SIZES, FEATURES = (224, 336, 448), (1024, 2048, 4096, 8192)


def trial(number: int, size: int, features: int, *, step: int = 10, bonus: float = 0.0) -> Trial:
    return Trial(
        TrialNumber(number),
        TrialState.DONE,
        Configuration({"resolution": size, "features": features}),
        0.0,
        step=step,
        value=0.5 + 0.1 * SIZES.index(size) + 0.005 * FEATURES.index(features) + bonus,
        seconds=(size / 448) ** 2 * 100 + features / 1000,
    )


def grid_of(*more: Trial):
    whole = [
        trial(n, size, features)
        for n, (size, features) in enumerate((s, f) for s in SIZES for f in FEATURES)
    ]
    found = two_factor_grid([*whole, *more], "resolution", "features")
    assert found is not None
    return found


def test_s3_6_main_effects_are_means_over_the_other_factor():
    grid = grid_of()
    assert (list(grid.rows), list(grid.columns)) == (list(SIZES), list(FEATURES))
    assert effect(grid.row_means) == pytest.approx(0.2)
    assert effect(grid.column_means) == pytest.approx(0.015)
    assert effect(grid.row_means) > 5 * effect(grid.column_means)


def test_s3_6_run_with_other_steps_is_left_out_and_named():
    longer = trial(12, 224, 1024, step=20, bonus=0.4)
    grid = grid_of(longer)
    assert (list(grid.excluded), grid.n_steps) == ([12], 10)
    assert grid.row_means == grid_of().row_means


def test_s3_6_repeats_are_averaged_and_an_incomplete_value_has_no_mean():
    grid = grid_of(trial(12, 224, 1024, bonus=0.2))
    assert next(c for c in grid.cells if (c.row, c.column) == (224, 1024)).n == 2
    assert grid.row_means[224] == pytest.approx(0.5 + 0.0075 + 0.1 / 4)
    lone = Trial(
        TrialNumber(13),
        TrialState.DONE,
        Configuration({"resolution": 112, "features": 1024}),
        0.0,
        step=10,
        value=0.1,
    )
    assert 112 not in grid_of(lone).row_means


def test_s3_6_front_has_what_nothing_beats_in_cost_and_value():
    front = grid_of().front(ACCURACY)
    assert (front[0].row, front[0].column) == (224, 1024)
    assert (front[-1].row, front[-1].column) == (448, 8192)
    assert all(a.seconds < b.seconds and a.value < b.value for a, b in pairwise(front))
    cheap = [c.value for c in grid_of().front(Objective.of(minimize="loss"))]
    assert cheap == [0.5]


def test_no_trial_no_grid():
    assert two_factor_grid([], "resolution", "features") is None
