"""What a short training shows, and what is asked for where it learned nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tunebook.checks.check import Conclusion
from tunebook.checks.codec import decode, encode
from tunebook.checks.experiments import Look, Part, Train, Watch
from tunebook.checks.learning import CHECK, N_UPDATES, Baselines
from tunebook.checks.optimizer_steps import StepFigures
from tunebook.checks.readings import NotFinite, SplitFigures, Trained
from tunebook.checks.registry import CHECKS
from tunebook.records import Configuration
from tunebook.records.finding import Verdict

CONFIG = Configuration({})
PLAIN = Train(CONFIG, N_UPDATES, watch=(Watch.SPLITS,))
BARE = replace(PLAIN, without=(Part.AUGMENTATION,))
KNOWN = replace(PLAIN, without=(Part.AUGMENTATION, Part.REGULARIZATION, Part.OPTIMIZER))
WITHIN = replace(PLAIN, within=True)
LOOK = Look("baselines", CONFIG)
STEPS = Look("optimizer-steps", CONFIG)
SOUND = StepFigures(4, 4, True, True, gradient=1.0)

LEARNED = SplitFigures(500, 0.3, 0.3, float("nan"), 4.0, 0.1, score=0.9)
NOTHING = SplitFigures(500, 2.3, 2.3, float("nan"), 2.3, 0.1, score=0.1)


def trained(train=LEARNED, val=LEARNED, **more) -> Trained:
    return Trained((2.3, 0.5, 0.3), splits={"train": train, "train-val": val}, **more)


def asked(plain, others=None, *, base=None, length=300, steps=SOUND):
    readings = {
        PLAIN: plain,
        LOOK: base or Baselines(False, 0.1, 0.8, 0.05),
        STEPS: steps,
        **(others or {}),
    }
    return CHECK.next(CONFIG, length, readings)


def finding(*args, **options):
    concluded = asked(*args, **options)
    assert isinstance(concluded, Conclusion)
    return concluded.findings[0]


def test_what_holds_passes_beside_the_baselines():
    concluded = asked(trained())
    assert [f.verdict for f in concluded.findings] == [Verdict.PASS, Verdict.PASS]
    assert concluded.findings[0].value == "validation loss 0.3, 4 with shuffled targets"
    assert "of a linear model 0.8" in concluded.findings[1].value


def test_worse_than_a_linear_model_is_a_notice():
    base = Baselines(False, 0.1, 0.97, 0.05)
    assert asked(trained(), base=base).findings[1].verdict is Verdict.NOTICE
    base = Baselines(False, 0.0, 0.8, 0.4, is_accuracy=False)
    assert asked(trained(), base=base).findings[1].verdict is Verdict.PASS


def test_training_that_is_learned_is_validated_on_a_part_of_itself():
    plain = trained(val=NOTHING)
    assert asked(plain) == (WITHIN,)
    assert "labels of the validation set" in finding(plain, {WITHIN: trained()}).causes[0]
    base = Baselines(False, 0.1, 0.1, 0.05)
    told = finding(plain, {WITHIN: trained(val=NOTHING)}, base=base)
    assert "do not belong to their inputs" in told.causes[0]
    told = finding(plain, {WITHIN: trained(val=NOTHING)})
    assert "mixed up on their way" in told.causes[0]


@pytest.mark.parametrize("train", [LEARNED, NOTHING])
def test_augmentation_is_the_first_suspect_whether_training_examples_were_learned_or_not(train):
    plain, base = trained(train, NOTHING), Baselines(True, 0.1, 0.1, 0.05)
    assert asked(plain, base=base) == (BARE,)
    assert "augmentation" in finding(plain, {BARE: trained()}, base=base).causes[0]
    others = {BARE: trained(val=NOTHING), WITHIN: trained(), KNOWN: trained()}
    assert "augmentation" not in finding(plain, others, base=base).causes[0]


def test_training_that_learned_nothing_is_tried_with_a_known_rate():
    plain, base = trained(NOTHING, NOTHING), Baselines(False, 0.1, 0.1, 0.05)
    assert asked(plain) == (KNOWN,)
    assert "learning rate" in finding(plain, {KNOWN: trained()}, base=base).causes[0]
    others = {KNOWN: NotFinite(3, (2.0, 2.0))}
    assert "do not belong" in finding(plain, others, base=base).causes[0]


def test_nothing_is_said_where_another_check_named_the_cause():
    names = {check.name for check in CHECKS}
    assert set(CHECK.after) <= names
    assert {"augmentation", "single-batch", "augmentation-on-a-batch", "leak"} <= set(CHECK.after)


def test_training_that_was_cut_short_says_nothing_of_labels():
    plain, base = trained(NOTHING, NOTHING, is_cut=True), Baselines(False)
    assert finding(plain, {KNOWN: plain}, base=base).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("changes", "verdict", "word"),
    [
        ({}, Verdict.PROBLEM, "evaluation mode does something else"),
        ({"fresh_loss": 0.3, "momenta": (0.0,)}, Verdict.PROBLEM, "momentum is 0"),
        ({"fresh_loss": 0.3, "momenta": (0.99,)}, Verdict.PROBLEM, "momentum is 0.99"),
        ({"fresh_loss": 0.3, "momenta": (0.01,)}, Verdict.NOTICE, "batch norm"),
        ({"fresh_loss": 1.5, "momenta": (0.1,)}, Verdict.PROBLEM, "evaluation mode"),
    ],
)
def test_evaluation_mode_that_is_far_worse_on_training_examples(changes, verdict, word):
    told = finding(trained(train=replace(LEARNED, loss=1.5, **changes)))
    assert told.verdict is verdict
    assert word in told.causes[0]


def test_evaluation_mode_that_is_a_little_worse_is_no_alarm():
    assert finding(trained(train=replace(LEARNED, loss=0.4))).verdict is Verdict.PASS


def test_classes_that_are_renamed_in_validation_are_named():
    good = ((40, 1, 0), (0, 40, 1), (1, 0, 40))
    swapped = ((1, 40, 0), (38, 0, 1), (1, 0, 40))
    train, val = replace(LEARNED, confusion=good), replace(LEARNED, confusion=swapped)
    told = finding(trained(train, val))
    assert "another class list" in told.causes[0]
    assert told.value == "of validation: 0 is guessed as 1, 1 is guessed as 0"
    unsure = replace(LEARNED, confusion=((20, 20, 0), (20, 20, 0), (0, 0, 40)))
    assert finding(trained(unsure, val)).verdict is Verdict.PASS


def test_augmentation_that_costs_most_is_a_problem_and_one_that_costs_little_is_not():
    base = Baselines(True, 0.1, 0.8, 0.05)
    assert asked(trained(), base=base) == (BARE,)
    assert finding(trained(), {BARE: trained()}, base=base).verdict is Verdict.PASS
    worse = replace(LEARNED, loss=2.5, score=0.5)
    told = finding(trained(val=worse), {BARE: trained()}, base=base)
    assert "augmentation destroys" in told.causes[0]


@pytest.mark.parametrize(
    "val",
    [
        SplitFigures(reason="its targets are not in rows of examples"),
        replace(LEARNED, n=10),
        replace(LEARNED, targets_matter=False),
        replace(LEARNED, loss=float("nan")),
    ],
)
def test_what_could_not_be_measured_is_unknown(val):
    assert finding(trained(val=val)).verdict is Verdict.UNKNOWN
    assert finding(NotFinite(7, (1.0,))).verdict is Verdict.UNKNOWN


def test_readings_are_written_and_read():
    plain = trained(replace(LEARNED, fresh_loss=0.3, confusion=((3, 1), (0, 4))), LEARNED)
    told = decode(encode(plain))
    assert told.splits["train"] == plain.splits["train"]
    assert told.splits["train-val"].fresh_loss != told.splits["train-val"].fresh_loss


def test_targets_that_hardly_matter_for_the_gradient_are_named_where_nothing_is_learned():
    plain, drowned = trained(NOTHING, NOTHING), replace(SOUND, by_targets=0.001)
    assert "drowns the loss" in finding(plain, steps=drowned).causes[0]
    assert asked(trained(), steps=drowned).findings[0].verdict is Verdict.PASS


def test_validation_far_below_held_out_training_examples_has_another_form():
    worse = replace(LEARNED, loss=2.0, score=0.3)
    plain = trained(val=worse)
    assert asked(plain) == (WITHIN,)
    told = finding(plain, {WITHIN: trained()})
    assert told.verdict is Verdict.PROBLEM
    assert "validation inputs have another form" in told.causes[0]
    # A part of training that is no better is overfitting, and no other form.
    assert finding(plain, {WITHIN: trained(val=worse)}).verdict is Verdict.PASS


def test_augmentation_that_makes_two_classes_one_is_named():
    apart = ((100, 0, 0), (0, 100, 0), (0, 0, 100))
    one = ((20, 80, 0), (5, 95, 0), (0, 0, 100))
    spread = ((60, 20, 20), (20, 60, 20), (20, 20, 60))
    base = Baselines(True, 0.3, 0.8, 0.05)

    def told(confusion):
        plain = trained(val=replace(LEARNED, confusion=confusion))
        bare = trained(val=replace(LEARNED, confusion=apart))
        return finding(plain, {BARE: bare}, base=base)

    assert told(one).verdict is Verdict.PROBLEM
    assert "augmentation destroys" in told(one).causes[0]
    assert told(spread).verdict is Verdict.PASS
    assert told(apart).verdict is Verdict.PASS
