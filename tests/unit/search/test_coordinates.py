"""Units and coordinates: what models see is what spaces mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunebook.search.coordinates import CHOICE_DISTANCE, Coordinates
from tunebook.space import Bool, Choice, Constant, Float, Int, Space
from tunebook.testing.searcher_suite import mixed_space


def nested_space() -> Space:
    return Space(
        kind=Choice("a", "b", "c"),
        depth=Int(1, 4, when={"kind": ("a", "b")}),
        fixed=Constant(7, when={"kind": "a"}),
        width=Int(1, 2000, log=True, when={"depth": (2, 3)}),
        rate=Float(0.1, 0.7, step=0.1, when={"fixed": 7}),
        bias=Bool(when={"kind": "c"}),
    )


def flat_space() -> Space:
    return Space(
        a=Float(-3.0, 5.0),
        b=Float(1e-6, 1e3, log=True),
        c=Float(0.0, 0.9999, log="1-x"),
        d=Float(0.0, 1.0, step=0.3),
        e=Int(-5, 60),
        f=Int(1, 7, log=True),
        g=Choice(1, 2, 4, ordered=True),
        h=Choice(*range(100)),
        i=Bool(),
        j=Constant("it"),
    )


SPACES = {"flat": flat_space(), "mixed": mixed_space(), "nested": nested_space()}


@pytest.mark.parametrize("name", SPACES)
@given(seed=st.integers(0, 2**32 - 1))
def test_snapping_is_decoding_and_encoding_again(name: str, seed: int) -> None:
    space = SPACES[name]
    coordinates = Coordinates(space)
    points = np.random.default_rng(seed).random((5, len(space.dimensions)))
    points[0] = np.round(points[0])
    units = coordinates.snap(points)
    configs = [space.decode(point) for point in points]
    np.testing.assert_allclose(units, coordinates.encode(configs), atol=1e-9)
    assert [space.decode(row) for row in units] == configs
    np.testing.assert_allclose(coordinates.snap(units), units, atol=1e-12)


@pytest.mark.parametrize("name", SPACES)
def test_activity_is_that_of_configurations(name: str) -> None:
    space = SPACES[name]
    coordinates = Coordinates(space)
    points = np.random.default_rng(0).random((200, len(space.dimensions)))
    active = coordinates.active(coordinates.snap(points))
    for row, point in zip(active, points, strict=True):
        config = space.decode(point)
        assert row.tolist() == [dimension in config for dimension in space.dimensions]


def test_any_two_values_of_an_unordered_choice_are_equally_far() -> None:
    coordinates = Coordinates(Space(a=Choice("x", "y", "z")))
    rows = coordinates.expand(np.array([[1 / 6], [3 / 6], [5 / 6]]))
    away = ((rows[:, None, :] - rows[None, :, :]) ** 2).sum(2)
    np.testing.assert_allclose(away, CHOICE_DISTANCE**2 * (1.0 - np.eye(3)), atol=1e-12)


def test_many_unordered_values_are_nearly_equally_far() -> None:
    coordinates = Coordinates(Space(a=Choice(*range(300))))
    rows = coordinates.expand((np.arange(300.0)[:, None] + 0.5) / 300)
    away = ((rows[:, None, :] - rows[None, :, :]) ** 2).sum(2)[np.triu_indices(300, 1)]
    assert away.min() > 0.4 * CHOICE_DISTANCE**2
    assert away.max() < 1.6 * CHOICE_DISTANCE**2


@pytest.mark.parametrize("name", SPACES)
def test_neighbours_differ_in_one_discrete_value(name: str) -> None:
    space = SPACES[name]
    coordinates = Coordinates(space)
    row = coordinates.snap(np.full((1, len(space.dimensions)), 0.3))[0]
    near = coordinates.neighbours(row)
    assert len(near)
    np.testing.assert_allclose(coordinates.snap(near), near, atol=1e-12)
    assert (near != row)[:, ~coordinates.movable].any(1).all()


def test_neighbours_take_every_value_of_a_list() -> None:
    coordinates = Coordinates(Space(a=Choice(1, 2, 3, ordered=True), b=Int(1, 5, log=True)))
    near = coordinates.neighbours(coordinates.snap(np.array([[0.5, 0.0]]))[0])
    assert len(near) == 2 + 4


def test_configurations_of_different_branches_differ_by_their_indicators() -> None:
    coordinates = Coordinates(nested_space())
    kernel, rows = coordinates.kernel, coordinates.expand(coordinates.snap(np.eye(5)))
    assert rows.shape == (5, len(kernel.group_of))
    # depth, width, rate and bias each exist under a condition of their own.
    assert kernel.n_groups == 5 + 4


def test_parameters_under_one_condition_share_an_indicator() -> None:
    space = Space(
        o=Choice("p", "q"), a=Float(0, 1, when={"o": "p"}), b=Float(0, 1, when={"o": "p"})
    )
    assert Coordinates(space).kernel.n_groups == 3 + 1


def test_only_what_moves_has_a_gradient() -> None:
    coordinates = Coordinates(nested_space())
    units = coordinates.snap(np.random.default_rng(1).random((50, 5)))
    pulled = coordinates.pull_back(np.ones((50, len(coordinates.kernel.group_of))), units)
    is_width = np.array([name == "width" for name in coordinates.space.dimensions])
    assert (pulled[:, ~is_width] == 0.0).all()
    np.testing.assert_array_equal(pulled[:, is_width], coordinates.active(units)[:, is_width])


def test_a_space_of_constants_has_no_coordinates() -> None:
    coordinates = Coordinates(Space(a=Constant(1)))
    assert coordinates.expand(coordinates.encode([coordinates.space.default()])).shape == (1, 0)
