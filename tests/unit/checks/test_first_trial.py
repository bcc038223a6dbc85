"""A short training of what cannot be looked into: what it reports, and what a study would cost."""

from __future__ import annotations

from tunebook.checks.check import Conclusion
from tunebook.checks.experiments import Look, Train
from tunebook.checks.first_trial import CHECK, DESCRIPTION, Description
from tunebook.checks.readings import NotFinite, OutOfMemory, Raised, Reading, Trained
from tunebook.records import Budget, Configuration, Objective
from tunebook.records.finding import Finding, Verdict

CONFIG = Configuration({"lr": 0.1})
DESCRIBED = Description(Objective.of(maximize="val_acc"), Budget(trials=30), 100, 2, False)
SECONDS = (4.0, 2.0)


def judged(reading: Reading, described: Description = DESCRIBED) -> dict[str, Finding]:
    readings: dict = {Look(DESCRIPTION, CONFIG): described}
    asked = CHECK.next(CONFIG, 100, readings)
    (training,) = asked
    readings[training] = reading
    conclusion = CHECK.next(CONFIG, 100, readings)
    assert isinstance(conclusion, Conclusion)
    return {finding.check: finding for finding in conclusion.findings}


def trained(*values: float, name: str = "val_acc", is_cut: bool = False) -> Trained:
    return Trained(values, is_cut, metrics={name: values}, seconds=SECONDS)


def test_asks_for_the_file_and_then_for_one_training_no_longer_than_a_trial():
    assert CHECK.next(CONFIG, 100, {}) == (Look(DESCRIPTION, CONFIG),)
    short = Description(DESCRIBED.objective, Budget(), 2, 1, False)
    for described, n_steps in ((DESCRIBED, 5), (short, 2)):
        readings = {Look(DESCRIPTION, CONFIG): described}
        assert CHECK.next(CONFIG, 100, readings) == (Train(CONFIG, n_steps),)


def test_sound_training_passes_and_its_start_is_counted_once():
    found = judged(trained(0.1, 0.2, 0.3))
    assert {one.verdict for one in found.values()} == {Verdict.PASS}
    # 30 trials of 100 steps of 2 s by 2 workers, and a start of 4 s.
    assert found["cost"].title == "The whole budget takes about 50 min"
    assert found["cost"].value == "a step 2.0 s; a trial of 100 steps 3 min"


def test_limit_that_does_not_hold_the_trials_is_a_notice():
    hours = Budget(trials=30, hours=0.1)
    found = judged(trained(0.1, 0.2, 0.3), Description(DESCRIBED.objective, hours, 100, 2, False))
    assert found["cost"].verdict is Verdict.NOTICE
    assert "full trials fit" in found["cost"].advice


def test_objective_that_is_never_reported_is_named_first():
    found = judged(trained(0.1, 0.2, name="acc"))["first-trial"]
    assert (found.verdict, found.value) == (Verdict.PROBLEM, "reported: acc")
    cut = judged(trained(0.1, name="acc", is_cut=True))["first-trial"]
    assert cut.verdict is Verdict.UNKNOWN


def test_values_that_do_not_change_are_a_notice_and_few_are_unknown():
    assert judged(trained(0.1, 0.1, 0.1))["first-trial"].verdict is Verdict.NOTICE
    assert judged(trained(0.1))["first-trial"].verdict is Verdict.UNKNOWN


def test_failures_are_problems():
    for reading, word in (
        (Raised("A short training", "RuntimeError: no such layer"), "raised an error"),
        (OutOfMemory("A short training", "CUDA out of memory"), "ran out of memory"),
        (NotFinite(3, (0.1, 0.2)), "not a finite number at step 3"),
    ):
        found = judged(reading)["first-trial"]
        assert found.verdict is Verdict.PROBLEM
        assert word in found.title


def test_s0_4_direction_against_the_name_of_the_metric():
    for objective, verdict in (
        (Objective.of(maximize="val_loss"), Verdict.PROBLEM),
        (Objective.of(minimize="val_loss"), Verdict.PASS),
    ):
        described = Description(objective, Budget(trials=1), 5, 1, False)
        found = judged(trained(0.3, 0.2, 0.1, name="val_loss"), described)
        assert found["direction"].verdict is verdict
    unclear = Description(Objective.of(maximize="fitness"), Budget(trials=1), 5, 1, False)
    assert "direction" not in judged(trained(0.1, 0.2, 0.3, name="fitness"), unclear)


def test_time_that_could_not_be_measured_is_unknown():
    found = judged(Trained((0.1, 0.2, 0.3), metrics={"val_acc": (0.1, 0.2, 0.3)}))
    assert found["cost"].verdict is Verdict.UNKNOWN
