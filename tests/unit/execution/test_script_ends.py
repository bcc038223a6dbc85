"""How a script ends: divergence that it reports itself, tracebacks; what is said of metrics."""

from __future__ import annotations

import pytest

from tunebook.errors import TaskError
from tunebook.execution.failures import Death, script_failure
from tunebook.execution.metric_lines import MetricLines, ready_pattern
from tunebook.execution.metric_messages import missing_metric, unclear_metric
from tunebook.execution.objective_choice import Choice
from tunebook.execution.script_ends import ScriptEnds
from tunebook.records import FailureKind, Objective


def heard(ends: ScriptEnds, *lines: str) -> dict[str, str]:
    said: dict[str, str] = {}
    for line in lines:
        ends.listen(line, said)
    return said


def test_exit_code_that_says_divergence_is_no_bug():
    ends = ScriptEnds(diverged_exit=3)
    found = ends.divergence(3, ["loss exploded"], {})
    assert found is not None
    assert (found.kind, found.log_tail) == (FailureKind.DIVERGED, "loss exploded")
    assert ends.divergence(1, [], {}) is None
    assert ScriptEnds().divergence(3, [], {}) is None


def test_line_that_says_divergence_is_found():
    ends = ScriptEnds(diverged_pattern=r"loss is (nan|inf)")
    said = heard(ends, "epoch 3", "loss is nan, stopping", "bye")
    found = ends.divergence(1, [], said)
    assert found is not None
    assert "loss is nan, stopping" in found.message
    assert ends.divergence(1, [], heard(ends, "loss is 3")) is None


def test_other_exit_codes_mention_how_to_say_so():
    message = script_failure(Death(3), ["loss exploded"]).message
    assert "--diverged-exit 3" in message
    by_words = script_failure(Death(1), ["ValueError: loss is nan"]).message
    assert "--diverged-pattern" in by_words
    usual = script_failure(Death(1), ["ValueError: no such layer"]).message
    assert "diverged" not in usual


def test_traceback_and_exit_0_is_a_notice():
    lines = ["Traceback (most recent call last):", '  File "t.py", line 3', "OSError: disk", "end"]
    notice = ScriptEnds().notice(heard(ScriptEnds(), *lines))
    assert notice is not None
    assert "OSError: disk" in notice
    assert ScriptEnds().notice(heard(ScriptEnds(), "OSError: only mentioned")) is None


def test_options_are_kept_where_they_are_not_the_defaults():
    ends = ScriptEnds(grace_s=5.0, diverged_exit=3)
    assert ends.to_options() == {"grace_s": 5.0, "diverged_exit": 3}
    assert ScriptEnds.of(ends.to_options()) == ends
    assert ScriptEnds().to_options() == {}


@pytest.mark.parametrize(
    "options",
    [{"grace_s": -1.0}, {"diverged_exit": 0}, {"diverged_exit": 256}, {"diverged_pattern": "("}],
)
def test_options_that_cannot_be_are_refused(options):
    with pytest.raises(TaskError, match=next(iter(options))):
        ScriptEnds(**options)


@pytest.mark.parametrize(
    ("line", "wanted", "value"),
    [
        ("Dauer 12:30, val_acc 0,913", "val_acc", 0.913),
        ("Val. Acc ~~> 0.93 pts", "val_acc", 0.93),
        ("quality is about 1,786.6 now", "quality", 1786.6),
        ("best (so far) reward~-3.5!", "reward", -3.5),
    ],
)
def test_pattern_for_a_line_that_cannot_be_read_reads_it(line: str, wanted: str, value: float):
    pattern = ready_pattern(line, wanted)
    assert pattern is not None
    assert list(MetricLines((pattern,)).read(line).metrics.values()) == [value]


@pytest.mark.parametrize("line", ["val_acc: none", "accuracy 0,9", "reward: 1,234"])
def test_no_pattern_is_offered_that_would_not_read(line: str):
    assert ready_pattern(line, "val_acc" if "acc" in line else "reward") is None


def test_missing_metric_comes_with_a_pattern_to_copy():
    failure = missing_metric("val_acc", {"loss"}, ["start", "Dauer 12:30, val_acc 0,913"], ())
    assert "found: loss." in failure.message
    assert "    --pattern '(?P<name>val_acc)" in (failure.traceback or "")


def test_unclear_metric_shows_what_to_type_for_each_value():
    objective = Objective.of(maximize="acc")
    choices = [Choice("acc#1", 0.9, "train acc"), Choice("acc#2", 0.5, "val acc")]
    failure = unclear_metric(objective, choices)
    assert failure.kind is FailureKind.METRIC_UNCLEAR
    rows = (failure.traceback or "").splitlines()[1:]
    assert rows == [
        "    --maximize 'acc#1'   0.9        train acc",
        "    --maximize 'acc#2'   0.5        val acc",
    ]
