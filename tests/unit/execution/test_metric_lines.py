"""Metrics in lines: the usual forms are found, what is none is left alone."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunebook.errors import TaskError
from tunebook.execution.metric_lines import MetricLines, is_counter

USUAL = MetricLines()


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("val_acc=0.93", {"val_acc": 0.93}),
        ("val_acc: 0.93", {"val_acc": 0.93}),
        ("val_acc = .93, loss: 1e-3", {"val_acc": 0.93, "loss": 1e-3}),
        ("Epoch 3/30 val/acc=0.5 (best 0.7)", {"val/acc": 0.5}),
        ("accuracy: 93%", {"accuracy": 93.0}),
        ("\x1b[32mval_acc\x1b[0m: \x1b[1m0.5\x1b[0m", {"val_acc": 0.5}),
        ("10%|#  | loss=9\r100%|###| loss=0.25", {"loss": 0.25}),
        (
            '{"val_acc": 0.5, "nested": {"f1": 0.25}, "name": "x"}',
            {"val_acc": 0.5, "nested.f1": 0.25},
        ),
        ("epoch: 3 step=4", {"epoch": 3.0, "step": 4.0}),
        ("val_acc=-inf", {"val_acc": -math.inf}),
        ("loss=1 loss=2", {"loss": 2.0}),
        ("genauigkeit=0.5 größer", {"genauigkeit": 0.5}),
    ],
)
def test_usual_forms_are_found(line, found):
    assert USUAL.read(line) == found


@pytest.mark.parametrize(
    "line",
    [
        "",
        "12:30:45 starting",
        "path=/data/3",
        "version: 1.2.3",
        "date=2024-01-02",
        "x=0x1f",
        "acc=abc",
        "{not json}",
        "time: 12:30",
    ],
)
def test_what_is_no_metric_is_left_alone(line):
    assert USUAL.read(line) == {}


def test_nan_is_a_metric_and_no_score():
    assert math.isnan(USUAL.read("loss=nan")["loss"])
    assert math.isnan(USUAL.read('{"loss": null}')["loss"])


def test_pattern_of_the_user_replaces_the_usual_forms():
    lines = MetricLines((r"accuracy is (?P<val_acc>[\d.]+)",))
    assert lines.read("loss=3, accuracy is 0.75") == {"val_acc": 0.75}
    pairs = MetricLines((r"(?P<name>\w+) -> (?P<value>[\d.]+)",))
    assert pairs.read("a -> 1 and b -> 2") == {"a": 1.0, "b": 2.0}


@pytest.mark.parametrize("pattern", ["(", "no group", "(unnamed)"])
def test_pattern_that_cannot_find_anything_is_refused(pattern):
    with pytest.raises(TaskError):
        MetricLines((pattern,))


def test_counters_are_told_from_metrics():
    assert is_counter("Epoch")
    assert not is_counter("val_acc")


@given(st.text(max_size=300))
def test_any_line_is_read_without_an_error(line: str):
    assert all(isinstance(value, float) for value in USUAL.read(line).values())


@given(value=st.floats(allow_nan=False), name=st.from_regex(r"[a-z_]{1,8}", fullmatch=True))
def test_printed_number_reads_back_exactly(value: float, name: str):
    assert USUAL.read(f"{name}={value}") == {name: value}
