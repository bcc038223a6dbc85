"""Every event survives the way into a store and back, and the table of kinds is complete."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any, get_args

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from tunebook import records
from tunebook.errors import StoreError, StoreVersionError
from tunebook.records import Configuration, TrialCreated, TrialNumber, TrialReported
from tunebook.storage.encoding import (
    KINDS,
    decode,
    decode_name,
    decode_object,
    encode,
    encode_name,
    encode_object,
    pack,
    unpack,
)
from tunebook.testing.samples import sample_report, sample_start

ALL_EVENTS = set(get_args(records.Event))

texts = st.text(st.characters(exclude_categories=[]), max_size=12)
numbers = st.integers(0, 2**40)
floats = st.floats(allow_nan=False)
scalars = st.none() | st.booleans() | st.integers() | floats | texts
objects = st.dictionaries(
    texts,
    st.recursive(scalars, lambda inner: st.lists(inner, max_size=3), max_leaves=4),
    max_size=3,
)
limits = st.none() | st.integers(1, 10**9)

fact_strategies: dict[str, st.SearchStrategy[Any]] = {
    "config": st.dictionaries(texts, scalars, max_size=4).map(Configuration),
    "failure": st.builds(
        records.Failure,
        st.sampled_from(records.FailureKind),
        texts,
        st.none() | texts,
        st.none() | texts,
    ),
    "checkpoint": st.builds(records.CheckpointRef, numbers, numbers, texts, numbers),
    "budget": st.builds(records.Budget, limits, limits, target=st.none() | st.floats(-9, 9)),
    "outcome": st.sampled_from(records.TrialState),
    "state": st.sampled_from(records.StudyState),
    "metrics": st.dictionaries(texts, floats, max_size=3),
    "space": objects,
    "spec": st.builds(
        records.StudySpec,
        name=texts,
        space=objects,
        objective=st.builds(
            records.Objective,
            st.text(min_size=1),
            st.sampled_from(records.Direction),
            st.sampled_from(["best", "last", "mean_last_3"]),
        ),
        budget=st.builds(records.Budget, limits, limits, hours=st.none() | st.floats(1, 9)),
        search=objects,
        task=st.builds(
            records.TaskRef, st.sampled_from(records.TaskKind), texts, st.booleans(), objects
        ),
        notes=texts,
        environment=objects,
    ),
}
plain_strategies: dict[str, st.SearchStrategy[Any]] = {
    "float": floats,
    "float | None": st.none() | floats,
    "int": numbers,
    "int | None": st.none() | numbers,
    "TrialNumber": numbers,
    "TrialNumber | None": st.none() | numbers,
    "str": texts,
    "str | None": st.none() | texts,
    "bool": st.booleans(),
}


def events_of(cls: Any) -> st.SearchStrategy[Any]:
    """Build events of a class from what the names and types of its fields ask for."""
    return st.builds(
        cls,
        **{
            f.name: fact_strategies[f.name]
            if f.name in fact_strategies
            else plain_strategies[f.type]
            for f in fields(cls)
        },
    )


def test_table_of_kinds_has_every_event_once() -> None:
    assert set(KINDS.values()) == ALL_EVENTS
    assert len(KINDS) == len(ALL_EVENTS)


def test_names_of_kinds_are_those_that_logs_have_been_written_with() -> None:
    assert set(KINDS) == {
        *("study created", "study renamed", "study state changed", "driver started"),
        *("driver stopped", "dry run measured", "budget changed", "space changed", "notes changed"),
        *("request obeyed", "trial created", "trial launched", "trial began", "trial reported"),
        *("trial reached", "trial released", "trial checkpointed", "checkpoint rejected"),
        *("trial halt asked", "trial set aside", "trial ended", "trial stopped", "trial failed"),
        "trial lost",
    }


@settings(max_examples=150, deadline=None)
@given(st.one_of([events_of(cls) for cls in sorted(ALL_EVENTS - {TrialReported}, key=str)]))
def test_every_event_decodes_to_what_was_encoded(event: Any) -> None:
    kind, trial, body = encode(event)
    decoded = decode(kind, event.at, trial, body)
    assert decoded == event
    assert type(decoded) is type(event)
    assert body.isascii()


@pytest.mark.parametrize("cls", sorted(ALL_EVENTS - {TrialReported}, key=str))
def test_each_kind_of_event_is_covered_by_an_example(cls: Any) -> None:
    @settings(max_examples=5, deadline=None, database=None)
    @given(events_of(cls))
    def round_trips(event: Any) -> None:
        kind, trial, body = encode(event)
        assert decode(kind, event.at, trial, body) == event

    round_trips()


def test_values_that_are_not_finite_are_kept() -> None:
    config = Configuration({"a": math.inf, "b": -math.inf, "c": math.nan, "d": -0.0})
    event = TrialCreated(1.0, TrialNumber(0), config)
    kind, trial, body = encode(event)
    decoded = decode(kind, 1.0, trial, body)
    assert isinstance(decoded, TrialCreated)
    assert str(decoded.config) == str(config)


def test_booleans_integers_and_floats_of_a_configuration_stay_apart() -> None:
    config = Configuration({"a": True, "b": 1, "c": 1.0, "d": "1", "e": None})
    kind, trial, body = encode(TrialCreated(1.0, TrialNumber(0), config))
    decoded = decode(kind, 1.0, trial, body)
    assert isinstance(decoded, TrialCreated)
    assert decoded.config == config


def test_measurements_are_packed_as_columns_of_eight_bytes() -> None:
    series = sample_report(0, 1, 3).series["val_accuracy"]
    series.values[1] = math.nan
    columns = pack(series)
    assert [len(column) for column in columns] == [24, 24, 24]
    assert columns[0] == np.array([1, 2, 3], dtype="<i8").tobytes()
    again = unpack(*columns)
    assert (again.steps, again.seconds) == (series.steps, series.seconds)
    assert repr(again.values) == repr(series.values)


def test_unknown_kind_asks_for_a_newer_version() -> None:
    with pytest.raises(StoreVersionError, match="trial teleported"):
        decode("trial teleported", 1.0, 0, "{}")


@pytest.mark.parametrize("body", ['{"device":"cpu","step":0,"mood":1}', "{}", "[]", "{", '"x"'])
def test_unknown_form_of_a_known_kind_asks_for_a_newer_version(body: str) -> None:
    with pytest.raises(StoreVersionError, match="trial began"):
        decode("trial began", 1.0, 0, body)


def test_field_with_a_default_may_be_missing_from_an_older_log() -> None:
    decoded = decode("trial began", 1.0, 0, '{"step":0}')
    assert decoded == sample_start(0, at=0.0)[1]


@pytest.mark.parametrize("value", [object(), np.int64(3), {1, 2}, b"x"])
def test_value_without_a_json_form_is_refused(value: Any) -> None:
    with pytest.raises(StoreError, match=type(value).__name__):
        encode(TrialCreated(1.0, TrialNumber(0), Configuration({"a": value})))


@given(objects)
def test_requests_bodies_survive(body: Any) -> None:
    assert decode_object(encode_object(body)) == body


@given(texts)
def test_names_survive_as_text_that_databases_take(name: str) -> None:
    text = encode_name(name)
    assert decode_name(text) == name
    assert "\x00" not in text
    text.encode("utf-8")


def test_ordinary_names_are_stored_as_they_are() -> None:
    assert encode_name('données "2"') == 'données "2"'
