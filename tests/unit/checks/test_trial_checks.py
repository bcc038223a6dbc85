"""What the records of a finished study say: headline, list, edges, curves and extent."""

from __future__ import annotations

import pytest

from tunebook.checks import best_curves, search_extent, weakness
from tunebook.checks.codec import decode, encode
from tunebook.checks.trial_figures import TrialFigures, trial_figures
from tunebook.engine import replay
from tunebook.records import (
    Budget,
    Configuration,
    Failure,
    FailureKind,
    Objective,
    Series,
    StudyCreated,
    TrialBegan,
    TrialCreated,
    TrialEnded,
    TrialFailed,
    TrialNumber,
    TrialReported,
)
from tunebook.records.finding import Finding, Verdict
from tunebook.space import Space
from tunebook.testing.samples import sample_spec

STEPS = range(1, 31)
NOISE = [0.002 * (1, -1, 2, -2, 0, 1, -1)[i % 7] for i in STEPS]


def figures(
    trials: list[dict[str, list[float]]],
    *,
    rates: list[float] | None = None,
    n_failed: int = 0,
    objective: Objective | None = None,
    **changes: object,
) -> TrialFigures:
    """Return the figures of trials that reported these curves, and of others that raised."""
    objective = objective or Objective.of(maximize="val_accuracy")
    events: list = [StudyCreated(0.0, sample_spec(objective=objective, **changes))]
    for i, curves in enumerate(trials + [{}] * n_failed):
        number, lr = TrialNumber(i), (rates or [0.01] * 99)[i]
        events += [TrialCreated(1.0, number, Configuration({"lr": lr}), until_step=None)]
        events += [TrialBegan(1.0, number, 0)]
        if not curves:
            failure = Failure(FailureKind.USER_ERROR, "ValueError: no such layer")
            events.append(TrialFailed(2.0, number, failure))
            continue
        series = {n: Series.of(STEPS, v, map(float, STEPS)) for n, v in curves.items()}
        events += [TrialReported(2.0, number, series), TrialEnded(3.0, number, 30, 30.0)]
    facts = replay(events)
    return trial_figures(facts, Space.from_dict(facts.space))


def settled(level: float) -> list[float]:
    """Return a curve that settles at a level."""
    return [level * (1 - 0.5**s) + n for s, n in zip(STEPS, NOISE, strict=True)]


def weak(found: TrialFigures) -> Finding:
    return next(iter(weakness.judge(found)))


def test_s2_13_gap_between_training_and_validation_is_overfitting_with_its_next_item():
    curves = {"val_accuracy": settled(0.7), "train_accuracy": settled(0.95)}
    finding = weak(figures([curves] * 3, space=sample_spec().space))
    assert (finding.verdict, finding.title.split(":")[0]) == (Verdict.NOTICE, "First overfitting")
    assert finding.advice == "Try next: more training data"
    assert "error on train 0.04" in finding.value
    assert "error on validation 0.29" in finding.value
    assert "varied lr" in finding.items[-1]
    wide = {name: {"type": "float", "low": 0.1, "high": 1.0} for name in ("data_fraction",)}
    varied = figures([curves] * 3, space={**sample_spec().space, **wide})
    assert weak(varied).advice == "Try next: normalization, by batch or layer"


def test_s2_12_training_error_above_the_target_is_underfitting():
    curves = {"val_accuracy": settled(0.7), "train_accuracy": settled(0.71)}
    finding = weak(figures([curves] * 3, budget=Budget(target=0.95)))
    assert finding.title.startswith("First underfitting")
    assert finding.advice == "Try next: a bigger model, by layers or units"
    assert any("underfits" in cause for cause in finding.causes)
    reached = weak(figures([curves] * 3, budget=Budget(target=0.6)))
    assert (reached.verdict, reached.causes) == (Verdict.PASS, ())


def test_s2_13_worse_on_test_val_is_a_shift():
    curves = {
        "val_accuracy": settled(0.9),
        "train_accuracy": settled(0.9),
        "test_val_accuracy": settled(0.7),
    }
    finding = weak(figures([curves] * 3))
    assert finding.title.startswith("First a shift")
    assert "collect data" in finding.advice


def test_losses_are_compared_where_the_metric_has_no_training_figure():
    curves = {"score": settled(30.0), "val_loss": settled(0.9), "train_loss": settled(0.2)}
    finding = weak(figures([curves] * 3, objective=Objective.of(maximize="score")))
    assert finding.title.startswith("First overfitting")
    assert "val_loss on validation 0.9" in finding.value


def test_s4_26_curve_that_still_rises_asks_for_longer_trainings_first():
    rising = [0.5 + 0.01 * step for step in STEPS]
    finding = weak(figures([{"val_accuracy": rising}] * 3))
    assert (finding.verdict, finding.advice) == (Verdict.NOTICE, "Raise max_steps")
    assert finding.title.startswith("First the length")


def test_gap_within_noise_is_no_headline():
    rough = [0.9 + (0.05 if i % 2 else -0.05) for i in range(len(STEPS))]
    curves = {"val_accuracy": rough, "train_accuracy": [v + 0.02 for v in rough]}
    finding = weak(figures([curves] * 3))
    assert finding.verdict is Verdict.UNKNOWN


def test_without_a_training_metric_the_headline_is_unknown_and_says_what_to_report():
    finding = weak(figures([{"val_accuracy": settled(0.7)}] * 3))
    assert finding.verdict is Verdict.UNKNOWN
    assert "train_accuracy was not reported" in finding.title
    assert "Report train_accuracy beside val_accuracy" in finding.advice


def test_s2_2_all_four_families_have_a_test_and_evidence_comes_first():
    found = figures([{"val_accuracy": settled(0.7)}] * 3, n_failed=4)
    families = list(weakness.judge(found))[1]
    assert len(families.items) == 4
    assert families.items[0].startswith("implementation: 4 trials raised")
    assert all("; test: " in item for item in families.items)


def test_study_without_any_value_is_unknown():
    finding = weak(figures([], n_failed=3))
    assert finding.verdict is Verdict.UNKNOWN
    (failures, *_) = search_extent.judge_space(figures([], n_failed=3))
    assert failures.title == "3 trials failed because their code raised"
    assert "no such layer" in failures.value


@pytest.mark.parametrize(
    ("rates", "ids"), [([0.9, 0.8, 0.7], ["edge:lr:upper"]), (None, ["edges"])]
)
def test_s4_21_edges_of_the_space(rates, ids):
    trials = [{"val_accuracy": settled(v)} for v in (0.9, 0.8, 0.7)]
    found = search_extent.judge_space(figures(trials, rates=rates))
    assert [one.check for one in found if "edge" in one.check] == ids


def test_s4_45_what_was_not_repeated_is_unknown_and_small_differences_are_luck():
    one = {"val_accuracy": settled(0.8)}
    alone = figures([one, one, one], rates=[0.1, 0.2, 0.3])
    told = {finding.check: finding for finding in best_curves.judge(alone)}
    assert told["repeats"].verdict is Verdict.UNKNOWN
    trials = [{"val_accuracy": settled(v)} for v in (0.80, 0.70, 0.79)]
    told = {f.check: f for f in best_curves.judge(figures(trials, rates=[0.1, 0.1, 0.2]))}
    assert told["repeats"].verdict is Verdict.NOTICE
    assert "deviation of repeated trainings 0.071" in told["repeats"].value


def test_short_curves_are_unknown():
    facts = figures([{"val_accuracy": [*settled(0.8)[:-1], float("nan")]}] * 3)
    told = {finding.check: finding for finding in best_curves.judge(facts)}
    assert told["curves"].verdict is Verdict.UNKNOWN


def test_s4_45_search_that_levelled_off_needs_no_more_trials():
    flat = figures([{"val_accuracy": settled(0.9 if i % 2 else 0.5)} for i in range(24)])
    steep = figures([{"val_accuracy": settled(0.9 if i == 23 else 0.5)} for i in range(24)])
    told = [{f.check: f for f in search_extent.judge(one)} for one in (flat, steep)]
    assert [one["plateau"].verdict for one in told] == [Verdict.PASS, Verdict.NOTICE]
    assert "size" not in told[0]
    few = {f.check: f for f in search_extent.judge(figures([{"val_accuracy": settled(0.9)}]))}
    assert few["size"].value.startswith("1 feasible trials")
    assert few["budget"].title == "The study was interrupted before its end"


def test_figures_survive_the_codec():
    curves = {"val_accuracy": settled(0.7), "train_accuracy": settled(0.95)}
    found = figures([curves] * 3, n_failed=1, budget=Budget(trials=9))
    assert decode(encode(found)) == found
