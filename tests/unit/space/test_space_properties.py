"""Claims that hold for every space: Hypothesis builds spaces with conditions of any depth."""

from __future__ import annotations

import json
import math
import pickle
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunebook.errors import SpaceError
from tunebook.records import Configuration
from tunebook.space import Bool, Choice, Constant, Float, Int, Kind, Parameter, Role, Space

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**6), 10**6),
    st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: x + 0.0),
    st.text(max_size=5),
)


@st.composite
def floats(draw: st.DrawFn, **common: object) -> Float:
    log = draw(st.sampled_from([False, True, "1-x"]))
    if log == "1-x":
        low = draw(st.floats(-5, 0.9))
        high = draw(st.floats(low + 0.01, 0.99999))
    else:
        low = draw(st.floats(1e-8, 1e3) if log else st.floats(-1e3, 1e3))
        high = low + draw(st.floats(abs(low) * 1e-3 + 1e-3, 1e4))
    step = draw(st.none() | st.floats((high - low) / 50, high - low)) if log is False else None
    return Float(low, high, log=log, step=step, **common)


@st.composite
def ints(draw: st.DrawFn, **common: object) -> Int:
    log = draw(st.booleans())
    low = draw(st.integers(1 if log else -100, 100))
    high = low + draw(st.integers(1, 10) | st.integers(1, 10**9))
    return Int(low, high, log=log, **common)


@st.composite
def choices(draw: st.DrawFn, **common: object) -> Choice:
    values = draw(st.lists(SCALARS, min_size=2, max_size=6, unique_by=lambda v: (type(v), v)))
    return Choice(*values, ordered=draw(st.booleans()), **common)


def _possible_values(parameter: Parameter) -> list[object]:
    match parameter:
        case Choice(values=values):
            return list(values)
        case Bool():
            return [False, True]
        case Int(low=low, high=high):
            return [low, high]
    return []


def _is_possible(parameters: dict[str, Parameter]) -> bool:
    """Say whether no two of the drawn conditions exclude each other, which is refused."""
    try:
        Space(parameters)
    except SpaceError as error:
        if "can never be active" not in error.what:
            raise
        return False
    return True


@st.composite
def spaces(draw: st.DrawFn) -> Space:
    names = draw(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=6, unique=True))
    parameters: dict[str, Parameter] = {}
    for name in names:
        parents = [n for n, p in parameters.items() if _possible_values(p)]
        when = None
        if parents and draw(st.booleans()):
            chosen = draw(st.lists(st.sampled_from(parents), min_size=1, max_size=2, unique=True))
            when = {
                parent: draw(
                    st.lists(
                        st.sampled_from(_possible_values(parameters[parent])),
                        min_size=1,
                        max_size=2,
                        unique_by=repr,
                    )
                )
                for parent in chosen
            }
        common = {
            "when": when,
            "role": draw(st.none() | st.sampled_from(Role)),
            "kind": draw(st.none() | st.sampled_from(Kind)),
        }
        maker = st.one_of(
            floats(**common),
            ints(**common),
            choices(**common),
            st.just(Bool(**common)),
            SCALARS.map(lambda v, common=common: Constant(v, **common)),
        )
        parameters[name] = draw(maker)
        if not _is_possible(parameters):
            parameters[name] = Bool()
    shuffled = draw(st.permutations(list(parameters)))
    return Space({name: parameters[name] for name in shuffled})


@st.composite
def spaces_with_points(draw: st.DrawFn) -> tuple[Space, list[float]]:
    space = draw(spaces())
    d = len(space.dimensions)
    return space, draw(st.lists(st.floats(0, 1), min_size=d, max_size=d))


def assert_same(a: Configuration, b: Configuration) -> None:
    """Equal values, floats but for the rounding of a logarithm there and back."""
    assert list(a) == list(b)
    for name, value in a.items():
        assert type(b[name]) is type(value)
        if isinstance(value, float):
            assert b[name] == pytest.approx(value, rel=1e-9, abs=1e-9)
        else:
            assert b[name] == value


@given(spaces_with_points())
def test_encoding_and_decoding_give_the_configuration_back(
    case: tuple[Space, list[float]],
) -> None:
    space, point = case
    config = space.decode(point)
    encoded = space.encode(config)
    assert all(math.isnan(u) or 0 <= u <= 1 for u in encoded)
    assert_same(config, space.decode([0.5 if math.isnan(u) else u for u in encoded]))


@given(spaces_with_points())
def test_decoded_configurations_are_in_the_space(case: tuple[Space, list[float]]) -> None:
    space, point = case
    config = space.decode(point)
    assert space.contains(config)
    assert space.check(config) == config


@given(spaces_with_points())
def test_inactive_parameters_are_absent_and_nan(case: tuple[Space, list[float]]) -> None:
    space, point = case
    config = space.decode(point)
    for name, parameter in space.parameters.items():
        wanted = (parameter.when or {}).items()
        is_active = all(
            parent in config and any(_is(config[parent], v) for v in values)
            for parent, values in wanted
        )
        assert (name in config) == is_active
    encoded = dict(zip(space.dimensions, space.encode(config), strict=True))
    assert {n for n, u in encoded.items() if not math.isnan(u)} == set(config) & set(encoded)


def _is(a: object, b: object) -> bool:
    return type(a) is type(b) and a == b


@given(spaces_with_points())
def test_coordinates_of_inactive_parameters_change_nothing(
    case: tuple[Space, list[float]],
) -> None:
    space, point = case
    config = space.decode(point)
    moved = [
        1 - u if math.isnan(e) else u for u, e in zip(point, space.encode(config), strict=True)
    ]
    assert space.decode(moved) == config


@given(spaces())
def test_json_form_is_lossless(space: Space) -> None:
    through_json = Space.from_dict(json.loads(json.dumps(space.to_dict())))
    assert through_json == space
    assert hash(through_json) == hash(space)
    assert through_json.names == space.names
    assert dict(through_json.parameters) == dict(space.parameters)
    assert through_json.difference(space) == []


@given(spaces())
def test_pickled_space_is_equal(space: Space) -> None:
    assert pickle.loads(pickle.dumps(space)) == space


@given(spaces_with_points(), st.randoms(use_true_random=False))
def test_order_of_the_dictionary_changes_no_decision_S4_43(
    case: tuple[Space, list[float]], shuffler: object
) -> None:
    space, point = case
    names = list(space.names)
    shuffler.shuffle(names)  # type: ignore[attr-defined]
    other = Space({name: space.parameters[name] for name in names})
    assert other == space
    assert other.dimensions == space.dimensions
    assert other.decode(point) == space.decode(point)
    assert other.default() == space.default()
    assert list(islice(other.grid(2), 20)) == list(islice(space.grid(2), 20))


@given(spaces())
def test_draws_and_default_are_in_the_space(space: Space) -> None:
    rng = np.random.default_rng(0)
    assert all(space.contains(space.sample(rng)) for _ in range(5))
    assert space.contains(space.default())


@given(spaces())
@settings(max_examples=60)
def test_grid_visits_distinct_configurations_as_many_as_the_size(space: Space) -> None:
    n = space.size()
    seen = list(islice(space.grid(3), 1_000))
    assert len(set(seen)) == len(seen)
    assert all(space.contains(config) for config in seen)
    if n is not None:
        assert len(seen) == min(n, 1_000)


@given(st.data())
def test_decode_never_leaves_the_range_of_a_float(data: st.DataObject) -> None:
    parameter = data.draw(floats())
    space = Space(x=parameter)
    low, high = space.parameters["x"].low, space.parameters["x"].high
    u = data.draw(st.floats(-0.5, 1.5) | st.sampled_from([0.0, 1.0, 1e-300, 1 - 2**-53]))
    assert low <= space.decode([u]).x <= high
    assert space.decode([0.0]).x == low
    if parameter.step is None:
        assert space.decode([1.0]).x == high


@given(st.integers(-50, 50), st.integers(1, 60), st.booleans())
def test_every_whole_number_is_reached_from_its_own_cell(low: int, n: int, log: bool) -> None:
    low = abs(low) + 1 if log else low
    space = Space(x=Int(low, low + n, log=log))
    cells = [space.encode(Configuration({"x": x})) for x in range(low, low + n + 1)]
    assert [space.decode(cell).x for cell in cells] == list(range(low, low + n + 1))
    assert space.decode([0.0]).x == low
    assert space.decode([1.0]).x == low + n
    assert cells == sorted(cells)


@given(st.text(max_size=60))
def test_any_text_as_a_constraint_is_read_or_refused(text: str) -> None:
    try:
        space = Space(a=Int(1, 3), b=Float(0, 1), constraints=[text])
    except SpaceError:
        return
    assert space.satisfies(space.decode([0.5, 0.5])) in (True, False)


@given(st.text(alphabet="ab0123456789.+-*/()<>=, minmaxlogabsandornot", max_size=60))
def test_texts_that_look_like_constraints_are_read_or_refused(text: str) -> None:
    test_any_text_as_a_constraint_is_read_or_refused.hypothesis.inner_test(text)


@given(st.text(max_size=40))
def test_any_text_on_the_command_line_is_read_or_refused(text: str) -> None:
    try:
        space = Space.parse([f"x={text}"])
    except SpaceError:
        return
    assert space.contains(space.default())
