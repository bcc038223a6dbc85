"""State trees come back as they were, or are refused with the path to what is in the way."""

from __future__ import annotations

import random
from collections import Counter, OrderedDict, defaultdict
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from tunebook.errors import CheckpointError
from tunebook.storage import checkpoint_file
from tunebook.storage.state_tree import TreeReader, TreeWriter

keys = st.integers() | st.text(max_size=5) | st.booleans() | st.none() | st.just("$")
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=[]), max_size=5)
    | st.binary(max_size=5)
)
trees = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(keys, inner, max_size=3)
        | st.dictionaries(keys, inner, max_size=3).map(OrderedDict)
    ),
    max_leaves=12,
)


def through_a_file(value: object) -> Any:
    """Write a tree as a file's content and read it again, without any tensor library."""
    writer = TreeWriter(None)
    tree = writer.encode(value)
    content = b"".join(bytes(piece) for piece in checkpoint_file.write(tree, writer.buffers))
    tree, buffers = checkpoint_file.read(content)
    return TreeReader(buffers, None).decode(tree)


def types_in(value: object) -> Any:
    """Return the types of a tree, in its shape."""
    if isinstance(value, dict):
        return type(value), [(types_in(key), types_in(item)) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return type(value), [types_in(item) for item in value]
    return type(value)


@given(trees)
def test_tree_comes_back_equal_with_the_same_types(tree: object) -> None:
    again = through_a_file(tree)
    assert again == tree
    assert types_in(again) == types_in(tree)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.arange(6).reshape(2, 3).T,
        np.arange(10)[::3],
        np.array(3.5),
        np.empty((0, 4), dtype=np.int8),
        np.array([True, False]),
        np.array([1 + 2j]),
        np.array([1.5], dtype=np.float16),
        np.array([1, 2], dtype=">i4"),
        np.array(["é", "longer"]),
        np.array([b"ab"]),
        np.array(["2024-01-01"], dtype="datetime64[D]"),
        np.array([np.nan, np.inf]),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_array_keeps_type_shape_and_numbers(array: Any) -> None:
    again = through_a_file({"a": [array]})["a"][0]
    assert (again.dtype, again.shape) == (array.dtype, array.shape)
    np.testing.assert_array_equal(again, array)
    assert again.flags.writeable


@pytest.mark.parametrize("scalar", [np.float64(1.5), np.int8(3), np.bool_(True), np.float32(0.1)])
def test_scalar_of_numpy_keeps_its_type(scalar: Any) -> None:
    again = through_a_file(scalar)
    assert type(again) is type(scalar)
    assert again == scalar


def test_one_array_in_two_places_stays_one() -> None:
    array = np.zeros(3)
    again = through_a_file({"a": array, "b": array, "c": np.zeros(3)})
    assert again["a"] is again["b"]
    assert again["a"] is not again["c"]


def test_states_of_random_generators_come_back() -> None:
    generator, twister = random.Random(3), np.random.default_rng(3)
    state = {"python": generator.getstate(), "numpy": twister.bit_generator.state}
    state["legacy"] = np.random.RandomState(3).get_state(legacy=True)
    again = through_a_file(state)
    generator.setstate(again["python"])
    twister.bit_generator.state = again["numpy"]
    assert generator.random() == random.Random(3).random()
    assert twister.random() == np.random.default_rng(3).random()
    np.random.RandomState().set_state(again["legacy"])


def test_counter_of_milestones_stays_a_counter() -> None:
    again = through_a_file({"milestones": Counter([30, 60])})
    assert again == {"milestones": Counter([30, 60])}
    assert type(again["milestones"]) is Counter


def test_not_finite_numbers_are_kept() -> None:
    assert repr(through_a_file([float("nan"), float("-inf")])) == "[nan, -inf]"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (lambda: 1, "function"),
        (object(), "object"),
        ({1, 2}, "set"),
        (defaultdict(int), "defaultdict"),
        (np.array([object()]), "array of object"),
        (1j, "complex"),
        (type("Schedule", (), {})(), "Schedule"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_the_path_to_it(value: object, says: str) -> None:
    state = {"param_groups": [{"lr": 0.1}, {"hook": value}]}
    with pytest.raises(CheckpointError, match=says) as refusal:
        TreeWriter(None).encode(state, ("optimizer",))
    assert "optimizer['param_groups'][1]['hook']" in str(refusal.value)
    assert "state_dict()" in str(refusal.value)


def test_tree_that_holds_itself_is_refused() -> None:
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(CheckpointError, match="holds itself"):
        TreeWriter(None).encode(loop, ("net",))


def test_buffers_are_named_after_their_paths_and_never_clash() -> None:
    writer = TreeWriter(None)
    writer.encode({"a": {"b": np.zeros(1)}, "a.b": np.ones(1), "__metadata__": np.ones(2)})
    names = list(writer.buffers)
    assert names[0] == "a.b"
    assert len(set(names)) == 3
    assert through_a_file({"__metadata__": np.ones(2)})["__metadata__"].sum() == 2


@pytest.mark.parametrize("content", [b"", b"12345678", b"\xff" * 64, b"\x02" + b"\x00" * 7 + b"{}"])
def test_content_that_is_no_checkpoint_is_an_error_of_value_or_key(content: bytes) -> None:
    with pytest.raises((ValueError, KeyError)):
        checkpoint_file.read(content)
