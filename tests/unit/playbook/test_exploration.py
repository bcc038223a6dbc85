"""What a round says about the next round's space."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import pytest

from tunebook.playbook.exploration import ChangeKind, SpaceChange, changed_space, propose_changes
from tunebook.records import Objective, Trial, Value
from tunebook.search import make_searcher
from tunebook.space import Choice, Constant, Float, Space
from tunebook.testing.simulation import Problem, simulate

LOSS = Objective.of(minimize="loss")


def trials_of(
    space: Space, function: Callable[[Mapping[str, Value]], float], n: int = 40, seed: int = 0
) -> list[Trial]:
    return list(
        simulate(make_searcher("halton"), Problem(space, function), trials=n, seed=seed).trials
    )


def changes_of(
    space: Space, function: Callable[[Mapping[str, Value]], float], **options: object
) -> dict[str, SpaceChange]:
    found = propose_changes(
        trials_of(space, function), space, LOSS, **{"round_number": 2, **options}
    )
    return {change.parameter: change for change in found}


def test_s4_21_range_is_widened_where_the_best_lie_at_its_edge():
    space = Space(lr=Float(1e-5, 2e-4, log=True))
    change = changes_of(space, lambda c: abs(math.log10(c["lr"] / 2e-3)))["lr"]
    assert change.kind is ChangeKind.WIDEN
    assert (change.low, change.high) == (None, pytest.approx(2e-4 * math.sqrt(20)))
    assert changed_space(space, [change]).parameters["lr"] == Float(1e-5, change.high, log=True)


def test_s4_27_space_is_cut_within_a_factor_of_two_of_the_cliff():
    space = Space(lr=Float(1e-5, 1.0, log=True), x=Float(0.0, 1.0))
    change = changes_of(space, lambda c: math.inf if c["lr"] > 0.1 else (c["x"] - 0.5) ** 2)["lr"]
    assert change.kind is ChangeKind.CUT
    assert 0.05 <= change.high <= 0.2
    assert "infeasible" in change.reason


def test_s2_19_useless_axis_is_fixed_and_others_are_narrowed_to_the_best():
    space = Space(a=Float(0.0, 1.0), b=Float(0.0, 1.0), idle=Float(0.0, 1.0))
    rng = np.random.default_rng(0)
    found = changes_of(
        space, lambda c: (c["a"] - 0.4) ** 2 + (c["b"] - 0.6) ** 2 + 1e-3 * rng.random()
    )
    assert found["idle"].kind is ChangeKind.FIX
    assert isinstance(changed_space(space, [found["idle"]]).parameters["idle"], Constant)
    assert found["a"].low < 0.4 < found["a"].high
    assert found["a"].high - found["a"].low < 1.0


def test_values_of_a_choice_that_the_best_do_not_have_are_left_out():
    space = Space(kind=Choice("good", "fair", "bad"), x=Float(0.0, 1.0))
    change = changes_of(space, lambda c: (c["x"] - 0.5) ** 2 + (c["kind"] == "bad"))["kind"]
    assert change.kind is ChangeKind.NARROW
    assert changed_space(space, [change]).parameters["kind"] == Choice("good", "fair")


def test_last_value_of_a_choice_is_proposed_for_fixing():
    space = Space(kind=Choice("good", "bad"), x=Float(0.0, 1.0))
    change = changes_of(space, lambda c: (c["x"] - 0.5) ** 2 + (c["kind"] == "bad"))["kind"]
    assert (change.kind, change.value) == (ChangeKind.FIX, "good")
    assert changed_space(space, [change]).parameters["kind"] == Constant("good")


@pytest.mark.parametrize(
    ("name", "high", "end"), [("dropout", 0.8, 0.9), ("dropout", 0.9, None), ("x", 0.8, 1.2)]
)
def test_share_is_not_widened_to_the_whole(name, high, end):
    space = Space({name: Float(0.0, high)})
    change = changes_of(space, lambda c: -c[name]).get(name)
    assert (change.high if change else None) == (end if end is None else pytest.approx(end))


def test_range_from_zero_is_not_widened_below_it():
    space = Space(dropout=Float(0.0, 0.5))
    assert not changes_of(space, lambda c: c["dropout"])


def test_parameters_of_a_choice_that_is_gone_are_left_out():
    space = Space(
        optimizer=Choice("sgd", "adam"),
        sgd_lr=Float(1e-3, 1.0, when={"optimizer": "sgd"}),
        adam_lr=Float(1e-5, 1e-1, when={"optimizer": ["adam"]}),
        beta=Choice(1, 2, when={"optimizer": ["sgd", "adam"]}),
    )
    fixed = changed_space(space, [SpaceChange("optimizer", ChangeKind.FIX, "", value="adam")])
    assert fixed.dimensions == ("adam_lr", "beta")
