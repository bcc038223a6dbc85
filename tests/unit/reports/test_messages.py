"""Messages tell what the facts hold: nothing dropped, nothing that JSON cannot carry."""

from __future__ import annotations

import json
import math

import pytest

from tunebook.analysis.series import down_sampled
from tunebook.engine import Facts, replay
from tunebook.engine.fold import apply
from tunebook.errors import InputError
from tunebook.records import (
    Budget,
    Configuration,
    DriverStarted,
    Failure,
    FailureKind,
    Series,
    StudyCreated,
    TrialBegan,
    TrialCreated,
    TrialEnded,
    TrialFailed,
    TrialNumber,
    TrialReported,
)
from tunebook.records.text import to_json
from tunebook.reports.curves import curves_message
from tunebook.reports.findings import findings_of
from tunebook.reports.lights import N_POINTS, spent_over_time
from tunebook.reports.page import to_script_json
from tunebook.reports.parameter_messages import parameters_message
from tunebook.reports.snapshot import MAX_CLASS_CURVES, snapshot
from tunebook.reports.study_messages import study_message, study_row
from tunebook.reports.trial_messages import TrialQuery, trial_message, trials_message
from tunebook.space import Float, Space
from tunebook.testing.samples import sample_spec


def study(n: int = 12, n_running: int = 1) -> Facts:
    """Return a study whose every fifth trial diverged and whose last ones still run."""
    spec = sample_spec(budget=Budget(trials=40, hours=2, cost=3, price_per_hour=2))
    events: list = [StudyCreated(100.0, spec), DriverStarted(100.0, "host:1", 2)]
    for i in range(n):
        number, at = TrialNumber(i), 101.0 + i
        config = Configuration({"lr": 10.0 ** -(i % 5)})
        series = Series.of(range(1, 11), [i / n + s / 100 for s in range(10)], range(1, 11))
        events += [
            TrialCreated(at, number, config, until_step=None),
            TrialBegan(at, number, 0),
            TrialReported(at, number, {"val_accuracy": series}),
        ]
        if i >= n - n_running:
            continue
        failure = Failure(FailureKind.DIVERGED, "val_accuracy was nan")
        events.append(
            TrialFailed(at, number, failure, 10.0)
            if i % 5 == 4
            else TrialEnded(at, number, 10, 10.0)
        )
    return replay(events)


def message(facts: Facts, *, is_live: bool = True):
    return study_message(facts, 7, 120.0, is_live=is_live, path_of=lambda ref: "checkpoint")


def test_study_tells_counts_budget_best_and_incumbents():
    found = message(study())
    assert found.counts == {"done": 9, "infeasible": 2, "running": 1}
    assert next((b.name, b.used, b.limit) for b in found.budget) == ("trials", 12, 40)
    assert found.best is not None
    values = [point.value for point in found.incumbent]
    assert values == sorted(values)
    assert found.state == "running"
    assert message(study(), is_live=False).state == "paused", "its driver is gone"


def test_everything_is_json_that_a_browser_reads():
    facts = study()
    told = [
        message(facts),
        study_row(facts, 120.0, is_live=False),
        trials_message(facts, 7, TrialQuery()),
        curves_message(facts, 7, "val_accuracy"),
        parameters_message(facts, 7),
        trial_message(facts, 7, 4, path_of=lambda ref: "checkpoint"),
    ]
    for one in told:
        assert json.loads(to_json(one), parse_constant=pytest.fail)


def test_text_from_users_cannot_leave_the_script_it_is_in():
    facts = study()
    text = to_script_json({"notes": "</script><img onerror=alert(1)>"})
    assert "<" not in text
    assert json.loads(text)["notes"].startswith("</script>")
    assert facts.notes == ""


def test_table_is_sorted_with_missing_values_last_filtered_and_paged():
    facts = study()
    page = trials_message(facts, 7, TrialQuery(sort="value", is_descending=True, limit=5))
    assert (page.total, len(page.rows)) == (12, 5)
    values = [row.value for row in page.rows]
    assert values == sorted(values, reverse=True)
    last = trials_message(facts, 7, TrialQuery(sort="value", offset=10)).rows
    assert [row.value for row in last] == [None, None]
    infeasible = trials_message(facts, 7, TrialQuery(states=["infeasible"]))
    assert [row.number for row in infeasible.rows] == [4, 9]
    assert trials_message(facts, 7, TrialQuery(text="diverged")).total == 2
    assert trials_message(facts, 7, TrialQuery(sort="config.lr", limit=1)).rows[0].config["lr"] < 1


@pytest.mark.parametrize("query", [TrialQuery(sort="valeu"), TrialQuery(states=["dune"])])
def test_unknown_column_or_state_is_refused_with_the_nearest(query):
    with pytest.raises(InputError, match="Did you mean"):
        trials_message(study(), 7, query)


def test_unknown_trial_is_refused():
    with pytest.raises(InputError, match="no such trial"):
        trial_message(study(), 7, 99, path_of=lambda ref: "")


def test_down_sampling_keeps_ends_peaks_and_the_limit():
    values = [math.sin(i / 300) for i in range(10_000)]
    values[1234], values[8765] = 9.0, -9.0
    kept = down_sampled(values, 400)
    assert len(kept) <= 400
    assert list(kept) == sorted(set(kept))
    assert {0, 9_999, 1234, 8765} <= set(kept)
    assert list(down_sampled(values[:50], 400)) == list(range(50))


def test_nan_in_a_curve_is_a_gap_and_no_peak():
    kept = down_sampled([1.0, math.nan] * 500, 10)
    assert len(kept) <= 10


def test_of_many_curves_the_running_and_the_best_are_sent():
    found = curves_message(study(), 7, "val_accuracy", max_curves=3)
    assert found.n_left_out == 9
    assert 11 in [curve.trial for curve in found.curves]


def test_findings_name_the_cut_and_say_that_a_study_is_small():
    found = {finding.id: finding for finding in message(study(12, 0)).findings}
    assert found["size"].level == "notice"
    assert found["infeasible"].level == "pass"


@pytest.mark.parametrize(
    ("names", "is_told"),
    [
        (["weight_decay"], True),
        (["adamw.weight_decay", "width"], True),
        (["weight_decay", "lr"], False),
        (["wd", "learning_rate"], False),
        (["wd", "width"], True),
    ],
)
def test_s3_7_decay_varied_with_a_fixed_rate_is_told(names, is_told):
    space = Space({name: Float(1e-6, 1e-1, log=True) for name in names})
    found = {finding.id for finding in findings_of(study(12, 0), space)}
    assert ("fixed-rate" in found) == is_told


def test_small_study_refuses_importance_with_a_reason():
    found = parameters_message(study(), 7)
    assert found.importance == []
    assert found.importance_refusal is not None
    assert len(found.axes["lr"]) == 11, "every trial that has ended is on the axis"


def test_burn_down_counts_trials_when_they_begin_and_their_steps_when_they_end():
    spent = spent_over_time(study())
    assert (spent[0].seconds, spent[0].trials, spent[0].steps) == (1.0, 1, 0)
    assert (spent[-1].trials, spent[-1].steps) == (12, 110)
    assert [one.seconds for one in spent] == sorted(one.seconds for one in spent)
    assert len(spent_over_time(study(200))) == N_POINTS


def test_metrics_of_single_classes_come_last():
    facts = study(1)
    names = ("val_accuracy/cat", "val_accuracy/a/b", "val/loss", "train_loss@batch", "zeta")
    series = {name: Series.of([1], [0.5], [1.0]) for name in names}
    apply(facts, TrialReported(200.0, TrialNumber(0), series))
    found = study_message(facts, 7, 200.0, is_live=False, path_of=str).metrics
    assert list(found) == [
        *("train_loss@batch", "val/loss", "val_accuracy", "zeta"),
        *("val_accuracy/a/b", "val_accuracy/cat"),
    ]


def test_report_has_the_curves_of_single_classes_for_the_best_trials():
    facts = study(60, n_running=0)
    series = {"val_accuracy/cat": Series.of([1], [0.5], [1.0])}
    for number in range(60):
        apply(facts, TrialReported(300.0, TrialNumber(number), series))
    found = snapshot(facts, 7, 300.0, path_of=lambda ref: "")
    assert len(found.curves["val_accuracy"].curves) == 60
    of_class = found.curves["val_accuracy/cat"]
    assert (len(of_class.curves), of_class.n_left_out) == (MAX_CLASS_CURVES, 60 - MAX_CLASS_CURVES)
    assert found.study.best.trial in {curve.trial for curve in of_class.curves}
    assert all(detail.curves == {} for detail in found.details.values())


def test_points_of_updates_count_no_steps():
    facts = study(1)
    points = Series.of([400], [0.5], [11.0])
    apply(facts, TrialReported(200.0, TrialNumber(0), {"train_loss@batch": points}))
    assert (facts.trials[0].step, facts.trials[0].steps_done) == (10, 10)
