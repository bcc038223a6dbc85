"""What values of made outputs say of a metric."""

from __future__ import annotations

import pytest

from tunebook.checks.check import Conclusion
from tunebook.checks.codec import decode, encode
from tunebook.checks.experiments import Look
from tunebook.checks.metric import CHECK, Made, MetricSeen, judge_metric
from tunebook.checks.metric_kind import MetricKind, kind_of
from tunebook.checks.readings import Raised
from tunebook.records import Configuration, Direction
from tunebook.records.finding import Verdict

UP, DOWN = Direction.MAXIMIZE, Direction.MINIMIZE
SOUND = {
    Made.RIGHT: 1.0,
    Made.WRONG: 0.0,
    Made.SHUFFLED: 0.1,
    Made.OTHER_TARGETS: 0.1,
    Made.FIRST_WRONG: 0.5,
    Made.LAST_WRONG: 0.5,
    Made.PLAIN: 1.0,
    Made.FAINT: 1.0,
    Made.ONE_SURER: 1.0,
    Made.AGAIN: 1.0,
}


def seen(metric="accuracy", direction=UP, changes=None, **more) -> MetricSeen:
    more = {"reported": {metric: 0.1}, "values": SOUND | (changes or {}), **more}
    return MetricSeen(metric, direction, kind_of(metric), **more)


def test_sound_metric_passes_with_what_was_measured():
    told = judge_metric(seen())
    assert told.verdict is Verdict.PASS
    assert told.value == "accuracy 0.1 before training, 1 for outputs that are right"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({Made.RIGHT: 0.5, Made.WRONG: 0.5, Made.SHUFFLED: 0.5}, "does not use the outputs"),
        ({Made.SHUFFLED: 1.0, Made.OTHER_TARGETS: 1.0}, "its own target"),
        ({Made.RIGHT: 0.0, Made.WRONG: 1.0, Made.SHUFFLED: 0.9}, "wrong way round"),
        ({Made.AGAIN: 0.7}, "keeps a state"),
        ({Made.RIGHT: 0.3, Made.AGAIN: 0.3}, "another axis, order or numbering"),
        ({Made.OTHER_PADDING: 0.8}, "padding"),
        ({Made.FAINT: 0.4}, "threshold of the metric is 0.5"),
        ({Made.LAST_WRONG: 1.0}, "only the first part"),
        ({Made.FIRST_WRONG: 1.0}, "only the last part"),
        ({Made.LAST_WRONG: 1.0}, "the first batch"),
        ({Made.ONE_SURER: 0.95}, "softmax over the wrong axis"),
        (
            dict.fromkeys((Made.SHUFFLED, Made.FIRST_WRONG, Made.LAST_WRONG), 0.0),
            "integer division of whole numbers",
        ),
    ],
)
def test_mistake_is_named(changes, word):
    told = judge_metric(seen(changes=changes))
    assert told.verdict is Verdict.PROBLEM
    assert word in told.causes[0]


def test_mistake_that_was_made_up_for_is_the_cause():
    told = judge_metric(seen(changes={Made.RIGHT: 0.3}, known="the metric takes the wrong axis"))
    assert told.causes == ("the metric takes the wrong axis",)


@pytest.mark.parametrize("values", [SOUND, {}])
def test_minimized_accuracy_is_the_wrong_direction(values):
    told = judge_metric(seen(direction=DOWN, values=values))
    assert told.causes == ("the direction is wrong: accuracy is declared as minimize",)


def test_half_that_changes_nothing_on_either_side_is_a_robust_metric():
    changes = {Made.FIRST_WRONG: 1.0, Made.LAST_WRONG: 1.0}
    assert judge_metric(seen(changes=changes)).verdict is Verdict.PASS


def test_absent_classes_are_a_problem_only_if_they_are_absent_from_validation():
    changes = {Made.RIGHT: 0.8, Made.AGAIN: 0.8, Made.ALL_CLASSES: 1.0}
    told = judge_metric(seen("recall", changes=changes, has_all=True))
    assert "absent" in told.causes[0]
    told = judge_metric(seen("recall", changes=changes))
    assert told.verdict is Verdict.NOTICE
    assert "absent" in told.title


def test_score_in_its_own_unit_may_be_all_or_nothing_or_change_with_how_sure_one_is():
    changes = dict.fromkeys((Made.SHUFFLED, Made.FIRST_WRONG, Made.LAST_WRONG), 0.0)
    assert judge_metric(seen("bleu", changes=changes)).verdict is Verdict.PASS
    assert judge_metric(seen("bleu", changes={Made.ONE_SURER: 0.5})).verdict is Verdict.PASS


def test_what_could_not_be_tried_is_unknown_with_the_reason():
    told = judge_metric(seen(values={}, unknown="outputs or targets are not one tensor"))
    assert told.verdict is Verdict.UNKNOWN
    assert "not one tensor" in told.title


def test_name_that_tells_nothing_asks_for_a_declaration():
    told = judge_metric(seen("quality"))
    assert told.verdict is Verdict.NOTICE
    assert "metric_kind" in told.advice


def test_metric_that_is_missing_or_no_number_is_a_problem():
    told = judge_metric(seen(reported={"f1": 0.2}))
    assert told.title == "The metric 'accuracy' is never reported."
    assert told.value == "f1"
    told = judge_metric(seen(reported={"accuracy": float("nan")}))
    assert told.title == "The metric is not a finite number."


def test_evaluation_that_raises_is_a_problem_and_a_network_that_does_is_told_elsewhere():
    config = Configuration({})
    for part, verdict in (("Evaluation", Verdict.PROBLEM), ("The network", Verdict.UNKNOWN)):
        raised = Raised(part, "RuntimeError: sizes 3 and 16")
        concluded = CHECK.next(config, 100, {Look("metric", config): raised})
        assert isinstance(concluded, Conclusion)
        assert concluded.findings[0].verdict is verdict


def test_reading_is_written_and_read():
    found = seen()
    assert decode(encode(found)) == found
    assert found.metric_kind is MetricKind.RATE
