"""Metrics in lines: the usual forms are found, what is none is left alone."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunebook.errors import TaskError
from tunebook.execution.metric_lines import MetricLines
from tunebook.execution.readings import Reading

USUAL = MetricLines()


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("val_acc=0.93", {"val_acc": 0.93}),
        ("val_acc: 0.93", {"val_acc": 0.93}),
        ("val_acc = .93, loss: 1e-3", {"val_acc": 0.93, "loss": 1e-3}),
        ("The end: val_acc=0.93.", {"the_end.val_acc": 0.93}),
        ("val/acc=0.5 (best 0.7)", {"val/acc": 0.5}),
        ("mAP@0.5: 0.43", {"map@0.5": 0.43}),
        ("accuracy: 93%", {"accuracy": 93.0}),
        ("\x1b[32mval_acc\x1b[0m: \x1b[1m0.5\x1b[0m", {"val_acc": 0.5}),
        (
            '{"val_acc": 0.5, "nested": {"f1": 0.25}, "name": "x"}',
            {"val_acc": 0.5, "nested.f1": 0.25},
        ),
        ("{'eval_loss': 0.5, 'eval_runtime': '3.25'}", {"eval_loss": 0.5, "eval_runtime": 3.25}),
        ('INFO {"val_acc": 0.5}', {"val_acc": 0.5}),
        ("val_acc=-inf", {"val_acc": -math.inf}),
        ("loss=1 loss=2", {"loss": 2.0}),
        ("größe=0.5 groß", {"größe": 0.5}),
        ("准确率: 0.5", {"准确率": 0.5}),
        ("100%|###| 3/3 [00:01<00:00, 2.9it/s, loss=0.25]", {"loss": 0.25}),
    ],
)
def test_usual_forms_are_found(line, found):
    assert USUAL.read(line).metrics == found


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
        "correct: 9829/10000",
        "model=50-layer",
        "epochs: 30 batches",
        '{"loss": null, "ok": true}',
    ],
)
def test_what_is_no_metric_is_left_alone(line):
    found = USUAL.read(line)
    assert set(found.metrics) <= {"epochs"}
    assert found.counters == {}


@pytest.mark.parametrize(
    ("line", "counters"),
    [
        ("epoch=3", {"epoch": 3}),
        ("Epoch 3/30", {"epoch": 3}),
        ("[Epoch 3] loss: 0.5", {"epoch": 3}),
        ("Train Epoch: 1 [0/60000 (0%)]\tLoss: 2.30", {"epoch": 1}),
        ("Epoch [3/30], Step [100/600]", {"epoch": 3, "step": 100}),
        ("step: 120 loss: 1", {"step": 120}),
        ("Iteration #5", {"iteration": 5}),
        ("{'loss': 0.5, 'epoch': 1.5}", {"epoch": 1.5}),
        ('{"loss": 0.5, "epoch": 2}', {"epoch": 2}),
        ("epochs: 30, steps 500, epoch_time: 3.2, multistep 4, 5 steps", {}),
        ("best in epoch 3.5x", {}),
    ],
)
def test_counters_are_found_and_are_no_metrics(line, counters):
    found = USUAL.read(line)
    assert found.counters == counters
    assert {type(value) for value in found.counters.values()} == {
        type(value) for value in counters.values()
    }
    assert not set(found.metrics) & {"epoch", "step", "iteration"}


def test_nan_is_a_metric_and_no_score():
    assert math.isnan(USUAL.read("loss=nan").metrics["loss"])
    assert math.isnan(USUAL.read('{"loss": NaN}').metrics["loss"])
    assert math.isnan(USUAL.read('{"loss": "NaN"}').metrics["loss"])


def test_pattern_of_the_user_replaces_the_usual_forms():
    lines = MetricLines((r"accuracy is (?P<val_acc>[\d.]+)",))
    assert lines.read("Epoch 2: loss=3, accuracy is 0.75") == Reading(
        (("val_acc", 0.75),), {"epoch": 2}
    )
    pairs = MetricLines((r"(?P<name>\w+) -> (?P<value>[\d.]+)",))
    assert pairs.read("a -> 1 and b -> 2").metrics == {"a": 1.0, "b": 2.0}


def test_pattern_may_say_what_counts_steps():
    lines = MetricLines((r"round (?P<step>\d+): (?P<acc>[\d.]+)%", r"(?P<loss>[\d.]+) lost"))
    assert lines.read("epoch 9 round 4: 75%") == Reading((("acc", 75.0),), {"step": 4})
    assert lines.read("epoch 9: 0.5 lost") == Reading((("loss", 0.5),))


def test_pattern_knows_how_far_the_epoch_is():
    lines = MetricLines((r"L (?P<loss>[\d.]+)",))
    assert lines.read("Epoch 1 [100/400] L 0.5").progress == {"of 400.0": 100.0}


@pytest.mark.parametrize("pattern", ["(", "no group", "(unnamed)"])
def test_pattern_that_cannot_find_anything_is_refused(pattern):
    with pytest.raises(TaskError):
        MetricLines((pattern,))


@given(st.text(max_size=300))
def test_any_line_is_read_without_an_error(line: str):
    assert all(isinstance(value, float) for value in USUAL.read(line).metrics.values())


def test_row_of_separators_alone_says_nothing():
    lines = MetricLines()
    lines.read("epoch, val_loss")
    assert lines.read(",,") == Reading()


@given(value=st.floats(allow_nan=False), name=st.from_regex(r"[a-z_]{1,8}", fullmatch=True))
def test_printed_number_reads_back_exactly(value: float, name: str):
    found = USUAL.read(f"{name}={value}")
    assert {**found.metrics, **found.counters} in ({name: value}, {})


@given(st.recursive(st.floats(), lambda inner: st.dictionaries(st.text(), inner), max_leaves=5))
def test_any_json_object_is_read_without_an_error(value: object):
    assert USUAL.read(json.dumps({"val_acc": 0.5, "more": value})).metrics["val_acc"] == 0.5
