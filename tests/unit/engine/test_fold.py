"""What a log adds up to: values, steps, seconds, money, the incumbent."""

from __future__ import annotations

import math
import random

import pytest

from tunebook.engine import Facts, apply, replay
from tunebook.engine.incumbent import find_best
from tunebook.errors import InvalidTransitionError, StoreError, TunebookError
from tunebook.records import (
    Budget,
    Configuration,
    Direction,
    DriverStarted,
    DriverStopped,
    DryRunMeasured,
    FailureKind,
    Objective,
    StudyCreated,
    StudyRenamed,
    StudyState,
    TrialBegan,
    TrialCreated,
    TrialEnded,
    TrialNumber,
    TrialReported,
    TrialState,
)
from tunebook.search.protocol import Resume, Start, Stop
from tunebook.testing.samples import sample_spec, sample_trial

NAN, INFINITE = math.nan, math.inf


def objective(reduce: str = "best", direction: Direction = Direction.MAXIMIZE) -> dict[str, object]:
    return {"objective": Objective("val_accuracy", direction, reduce)}


@pytest.mark.parametrize(
    ("reduce", "values", "expected"),
    [
        ("best", [0.1, 0.7, 0.3], (0.7, 2)),
        ("best", [0.7, 0.1, 0.7], (0.7, 1)),
        ("last", [0.1, 0.7, 0.3], (0.3, 3)),
        ("mean_last_2", [0.1, 0.7, 0.3], (0.5, 3)),
        ("mean_last_3", [0.6], (0.6, 1)),
        ("mean_last_k", [1.0, 0.1, 0.2, 0.3, 0.4, 0.5], (0.3, 6)),
        ("last", [0.1, 0.7, NAN], (0.7, 2)),
        ("mean_last_2", [0.1, 0.3, INFINITE, 0.5], (0.4, 4)),
        ("best", [NAN, -INFINITE], (None, None)),
    ],
)
def test_curve_is_reduced_to_a_value_without_what_is_not_finite_i4(
    make_study, reduce, values, expected
):
    study = make_study(spec=objective(reduce))
    study.decide()
    study.report(0, *values)
    trial = study.trial(0)
    assert (trial.value, trial.best_step) == (
        expected[0] and pytest.approx(expected[0]),
        expected[1],
    )


def test_smaller_is_better_when_the_objective_is_minimised(make_study):
    study = make_study(n_slots=2, spec=objective(direction=Direction.MINIMIZE))
    study.decide()
    study.report(0, 0.7, 0.2, 0.3)
    study.report(1, 0.4)
    assert (study.trial(0).value, study.trial(0).best_step) == (0.2, 2)
    assert study.machine.facts.best == study.trial(0)


def test_other_metrics_are_kept_and_decide_nothing(study):
    study.report(0, 0.9, metric="train_loss")
    assert study.trial(0).value is None
    assert study.machine.facts.best is None
    assert list(study.trial(0).curves["train_loss"].values) == [0.9]


def test_measurements_come_in_any_portions(make_study):
    at_once, one_by_one = make_study(), make_study()
    for study in (at_once, one_by_one):
        study.decide()
    at_once.report(0, 0.1, 0.4, 0.3)
    for step, value in enumerate([0.1, 0.4, 0.3], 1):
        one_by_one.report(0, value, first=step)
    assert at_once.trial(0) == one_by_one.trial(0)
    assert at_once.trial(0).curves == one_by_one.trial(0).curves


def test_facts_do_not_change_what_was_reported(study):
    (created, *_) = study.machine.facts.trials
    study.report(0, 0.1)
    reported = study.log[-1]
    assert isinstance(reported, TrialReported)
    study.report(0, 0.2, first=2)
    assert list(reported.series["val_accuracy"].values) == [0.1]
    assert created.state is TrialState.RUNNING


# -- steps, seconds, money -------------------------------------------------------------------------


def test_steps_between_reports_count_as_trained(study):
    study.report(0, 0.5, first=3)
    study.report(0, 0.5, first=7)
    study.tell(TrialEnded(1.0, TrialNumber(0), 10, 30.0))
    assert (study.trial(0).step, study.trial(0).steps_done) == (10, 10)
    assert study.machine.facts.steps_done == 10
    assert study.trial(0).seconds == 30.0


def test_steps_trained_again_after_a_loss_count_again(study):
    study.report(0, 0.1, 0.2, 0.3, 0.9, 0.5, 0.6)
    study.lose(0)
    study.decide()
    study.begin(0)
    study.report(0, 0.1, 0.2)
    assert (study.trial(0).step, study.trial(0).steps_done) == (2, 8)
    assert study.trial(0).value == 0.2, "what is trained again replaces what was measured"
    study.end(0)
    assert study.trial(0).steps_done == study.machine.facts.steps_done == 16


def test_steps_before_the_checkpoint_are_not_trained_again(study):
    study.report(0, 0.1, 0.2, 0.3, 0.4)
    study.save(0, 4)
    study.report(0, 0.5, 0.6, first=5)
    study.lose(0)
    study.decide()
    study.begin(0, 4)
    study.end(0)
    assert study.trial(0).steps_done == 12


def test_steps_measured_before_a_loss_are_not_counted_once_more_by_a_failure(study):
    study.report(0, 0.1, 0.2, 0.3)
    study.lose(0)
    study.decide()
    study.begin(0)
    study.fail(0, FailureKind.OUT_OF_MEMORY)
    assert study.machine.facts.steps_done == 3


def test_trial_that_fails_keeps_its_curve_and_its_steps(study):
    study.report(0, 0.1, NAN)
    study.fail(0, FailureKind.DIVERGED)
    assert (study.trial(0).step, study.trial(0).steps_done) == (2, 2)
    assert study.trial(0).curves["val_accuracy"].values[0] == 0.1


def test_seconds_never_go_back(study):
    study.report(0, 0.1, 0.2, 0.3)
    study.lose(0)
    study.decide()
    study.report(0, 0.1)
    assert study.trial(0).seconds == 3.0


def test_trial_costs_its_share_of_the_machine_s0_8(make_study):
    study = make_study(n_slots=4, price_per_hour=8.0)
    study.decide()
    study.tell(TrialEnded(1.0, TrialNumber(0), 10, 1800.0))
    assert study.trial(0).cost == 1.0


def test_nothing_costs_without_a_price(study):
    study.end(0)
    assert study.trial(0).cost is None
    assert study.machine.facts.progress(5.0).cost is None


def test_time_counts_while_a_driver_is_at_work():
    begun = StudyCreated(100.0, sample_spec(budget=Budget(price_per_hour=3600.0)))
    facts = replay([begun, DriverStarted(1000.0, "host:1", 1)])
    assert facts.active_seconds(1005.0) == 5.0
    apply(facts, DriverStopped(1010.0, "done"))
    assert facts.active_seconds(2000.0) == 10.0
    apply(facts, DriverStarted(3000.0, "host:2", 1))
    assert facts.active_seconds(3001.0) == 11.0
    assert facts.progress(3001.0).cost == 11.0


def test_killed_driver_was_at_work_until_its_last_event():
    facts = replay([StudyCreated(0.0, sample_spec()), DriverStarted(10.0, "host:1", 1)])
    apply(facts, TrialCreated(12.0, TrialNumber(0), Configuration({"lr": 0.1})))
    apply(facts, TrialBegan(15.0, TrialNumber(0), 0))
    apply(facts, DriverStarted(500.0, "host:2", 1))
    assert facts.active_seconds(500.0) == 5.0


def test_clock_of_a_worker_that_is_behind_takes_no_time_back():
    facts = replay([StudyCreated(0.0, sample_spec()), DriverStarted(10.0, "host:1", 1)])
    apply(facts, TrialCreated(20.0, TrialNumber(0), Configuration({"lr": 0.1})))
    apply(facts, TrialBegan(12.0, TrialNumber(0), 0))
    apply(facts, DriverStarted(500.0, "host:2", 1))
    assert facts.worked_s == 10.0


def test_dry_run_is_no_trial_and_has_no_value_s0_8():
    measured = DryRunMeasured(1.0, 0.5, 0.1, {"val_accuracy": 0.99})
    facts = replay([StudyCreated(0.0, sample_spec()), measured])
    assert facts.dry_run == measured
    assert (facts.trials, facts.best, facts.steps_done) == ([], None, 0)


# -- the incumbent ---------------------------------------------------------------------------------


def test_best_value_is_known_while_it_runs(make_study):
    study = make_study(n_slots=2)
    study.decide()
    study.report(0, 0.4)
    study.report(1, 0.6)
    assert study.machine.facts.best == study.trial(1)
    study.report(0, 0.8, first=2)
    assert study.machine.facts.best == study.trial(0)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_equal_values_leave_the_lower_number_in_front_whatever_came_first(make_study, order):
    study = make_study(n_slots=2)
    study.decide()
    for number in order:
        study.report(number, 0.6)
    assert study.machine.facts.best == study.trial(0)


def test_incumbent_that_gets_worse_gives_way(make_study):
    study = make_study(n_slots=2, spec=objective("last"))
    study.decide()
    study.report(0, 0.8)
    study.report(1, 0.6)
    study.report(0, 0.5, first=2)
    assert study.machine.facts.best == study.trial(1)


def test_incumbent_that_turns_out_infeasible_gives_way_i4(make_study):
    study = make_study(n_slots=2)
    study.decide()
    study.report(0, 0.8)
    study.report(1, 0.6)
    study.fail(0, FailureKind.DIVERGED)
    assert study.machine.facts.best == study.trial(1)
    assert study.trial(0).value is None


@pytest.mark.parametrize("kind", list(FailureKind))
def test_trial_that_broke_has_no_value_i4(study, kind):
    study.report(0, 0.9)
    study.fail(0, kind)
    assert study.state(0) is kind.end_state
    assert (study.trial(0).value, study.trial(0).best_step) == (None, None)
    assert study.machine.facts.best is None


def test_incumbent_is_the_best_of_all_whatever_happens_to_them(make_study):
    numbers = random.Random(4)
    study = make_study(n_slots=5, spec=objective("last"))
    study.decide()
    for _ in range(200):
        running = [t.number for t in study.machine.facts.trials if t.state is TrialState.RUNNING]
        trial = study.trial(numbers.choice(running))
        if trial.step == 9:
            study.end(trial.number, value=numbers.choice([0.1, 0.5, 0.7]))
        elif numbers.random() < 0.1:
            study.fail(trial.number, FailureKind.DIVERGED)
        else:
            study.report(trial.number, numbers.choice([0.1, 0.5, 0.9]), first=trial.step + 1)
        assert study.machine.facts.best == find_best(study.machine.facts)
        study.decide()


def test_stopped_trial_keeps_its_value_and_a_cancelled_one_does_not(make_study):
    study = make_study([Start(Configuration({"lr": 0.1}), 4)], [Stop(TrialNumber(0), "enough")])
    study.decide()
    study.report(0, 0.6)
    study.reach(0, 4)
    study.decide()
    assert study.state(0) is TrialState.STOPPED
    assert study.machine.facts.best == study.trial(0)
    assert study.trial(0).value == 0.6


# -- patience --------------------------------------------------------------------------------------


def without_gain(study) -> int:
    return study.machine.facts.n_since_improvement


def ended(study, value: float) -> int:
    """Train one trial to its end; return how many have ended in a row without a better value."""
    study.decide()
    study.end(len(study.machine.facts.trials) - 1, value=value)
    return without_gain(study)


def test_trials_that_bring_nothing_better_are_counted(make_study):
    study = make_study()
    assert [ended(study, value) for value in [0.5, 0.4, 0.5, 0.6, 0.1]] == [0, 1, 2, 0, 1]


def test_failures_count_as_trials_without_a_better_value_and_cancelled_ones_do_not(make_study):
    study = make_study()
    ended(study, 0.5)
    study.decide()
    study.fail(1, FailureKind.OUT_OF_MEMORY)
    assert without_gain(study) == 1
    study.wish("enqueue", config={"lr": 0.5})
    study.wish("stop trial", trial=2)
    assert study.state(2) is TrialState.CANCELLED
    assert without_gain(study) == 1


def test_better_value_counts_at_once_though_its_trial_goes_on(make_study):
    study = make_study(n_slots=2)
    study.decide()
    study.end(0, value=0.5)
    study.decide()
    study.end(2, value=0.4)
    assert without_gain(study) == 1
    study.report(1, 0.7)
    assert without_gain(study) == 0
    study.end(1, value=0.2)
    assert without_gain(study) == 0


def test_value_that_did_not_last_is_no_better_value(make_study):
    study = make_study(n_slots=2)
    study.decide()
    study.end(0, value=0.5)
    study.report(1, 0.7)
    study.fail(1, FailureKind.DIVERGED)
    assert without_gain(study) == 1


def test_record_that_turns_out_infeasible_is_forgotten(make_study):
    half = Start(Configuration({"lr": 0.1}), 4)
    study = make_study([half, half], [half], [Resume(TrialNumber(0), 8)], n_slots=2)
    study.decide()
    for number, value in enumerate([0.9, 0.5]):
        study.report(number, value)
        study.reach(number, 4)
    study.decide()
    study.end(2, value=0.4)
    assert without_gain(study) == 1
    study.decide()
    study.fail(0, FailureKind.DIVERGED)
    assert without_gain(study) == 1
    assert ended(study, 0.6) == 0, "better than what is left"


# -- the log ---------------------------------------------------------------------------------------


def test_forbidden_move_is_refused_and_tells_the_story(study):
    study.end(0)
    with pytest.raises(InvalidTransitionError, match="from done to done") as refusal:
        apply(study.machine.facts, TrialEnded(1.0, TrialNumber(0), 10, 1.0))
    assert "TrialCreated; TrialReported; TrialEnded; TrialEnded" in str(refusal.value)


def test_facts_name_the_driver_as_long_as_there_is_one():
    facts = replay([StudyCreated(0.0, sample_spec()), DriverStarted(1.0, "host:7", 3)])
    assert (facts.holder, facts.n_slots) == ("host:7", 3)
    apply(facts, DriverStopped(2.0, "done"))
    assert facts.holder is None


def test_trials_are_created_in_order():
    facts = replay([StudyCreated(0.0, sample_spec())])
    with pytest.raises(TunebookError, match="out of order"):
        apply(facts, TrialCreated(1.0, TrialNumber(3), Configuration({"lr": 0.1})))


def test_log_without_a_beginning_is_refused():
    with pytest.raises(TunebookError, match="does not begin"):
        replay(sample_trial(0))


def test_facts_of_nothing_are_those_of_a_study_that_has_not_begun():
    facts = Facts()
    assert (facts.state, facts.trials, facts.best) == (StudyState.RUNNING, [], None)


def test_trial_that_is_launched_again_began_when_it_first_did(study):
    began = study.trial(0).started_at
    study.lose(0)
    study.decide(after=50.0)
    assert study.state(0) is TrialState.RUNNING
    assert study.trial(0).started_at == began


def test_renamed_study_has_the_new_name(study):
    study.tell(StudyRenamed(9.0, "new"))
    assert study.machine.facts.known_spec.name == "new"


def test_event_that_makes_no_sense_is_our_error_and_names_the_event(study):
    with pytest.raises(StoreError, match=r"contradicts itself.*TrialReported.*tunebook recover"):
        study.report(7, 0.5)
