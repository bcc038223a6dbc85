"""Planted faults leave the signatures that the specification measured."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from single_batches import SIZES, fit_single_batches
from tunebook.checks.check import Ability
from tunebook.checks.examination import examine
from tunebook.checks.experiments import Part, Train
from tunebook.checks.first_batch import FirstBatch
from tunebook.checks.optimizer_steps import StepFigures
from tunebook.checks.readings import NotFinite, Raised, Trained
from tunebook.checks.shape import TargetKind, TaskShape
from tunebook.checks.single_batch import (
    CHECK,
    Cause,
    Outcome,
    Run,
    judge_single_batch,
)
from tunebook.records import Configuration
from tunebook.records.finding import Verdict

N_SEEDS = 6


CLASSES = TaskShape(TargetKind.CLASSES, n_classes=10, class_axis=1)
NUMBERS = TaskShape(TargetKind.NUMBERS)


def looked(look, seen):
    """Return the reading of a look: of the first batch, or of sound steps."""
    return seen if look.what == "first-batch" else StepFigures(4, 4, True, True, gradient=1.0)


def judged(losses, errors=None, *, others=None, **facts):
    """Judge a run, with others by their factor of the rate, beside facts of the first batch."""
    runs = {1.0: Run(losses, errors), **{f: Run(x) for f, x in (others or {}).items()}}
    return judge_single_batch(FirstBatch(CLASSES, has_own_rate=True, **facts), runs)


def outcomes(fault: str) -> Counter:
    runs = [run for size in SIZES for run in fit_single_batches(fault, size, n_seeds=N_SEEDS)]
    return Counter(Run(run.losses, run.errors).outcome for run in runs)


@pytest.mark.parametrize(
    ("fault", "allowed", "least"),
    [
        ("healthy", {Outcome.PASS}, 17),
        ("sign flip", {Outcome.GOES_UP}, 15),
        ("rate x1000", {Outcome.EXPLODES}, 17),
        ("labels reshuffled", {Outcome.OSCILLATES, Outcome.PLATEAUS}, 17),
        ("rate /10000", {Outcome.PLATEAUS}, 17),
        ("everything frozen", {Outcome.PLATEAUS}, 18),
        ("zero inputs", {Outcome.PLATEAUS}, 18),
        ("conflicting labels", {Outcome.PLATEAUS}, 17),
        ("strong weight decay", {Outcome.PLATEAUS}, 15),
        ("double softmax", {Outcome.PLATEAUS}, 17),
        ("wrong axis", {Outcome.PLATEAUS}, 17),
        ("frozen hidden layer", {Outcome.PASS}, 15),
    ],
)
def test_s2_8_a_planted_fault_has_its_outcome(fault, allowed, least):
    found = outcomes(fault)
    assert sum(found[outcome] for outcome in allowed) >= least, found


FALLING = tuple(2.3 * 0.97**k for k in range(501))
STUCK = (2.3,) * 501


def test_s2_8_zero_inputs_are_told_by_the_entropy_of_the_labels():
    run = fit_single_batches("zero inputs", SIZES[0], n_seeds=1)[0]
    found = judged(run.losses, run.errors, label_entropy=run.label_entropy)
    assert found.causes[0] == Cause.CORRUPTED
    assert "ignores its input" in found.title


def test_s2_8_a_loss_at_its_start_blames_rate_or_frozen_layers():
    found = judged([1.6] * 500, [0.8] * 500, label_entropy=1.2)
    assert found.causes[:2] == (Cause.RATE_TOO_LOW, Cause.NO_GRADIENT)


def test_s2_8_no_error_but_a_high_loss_blames_what_the_loss_is_given():
    found = judged([1.6 * 0.99**t + 0.9 for t in range(500)], [0.0] * 500)
    assert found.causes[0] == Cause.LOSS_INPUT


def test_s2_8_a_pass_at_another_rate_is_a_fault_of_the_rate():
    assert judged(STUCK, others={10.0: FALLING}).causes[0] == Cause.RATE_TOO_LOW
    others = {10.0: [1.0, math.nan], 0.1: FALLING}
    assert judged([1.0, 5.0, math.nan], others=others).causes[0] == Cause.RATE_TOO_HIGH


def test_s2_8_failing_at_every_rate_clears_the_rate():
    causes = judged(STUCK, others={10.0: STUCK, 0.1: STUCK}).causes
    assert causes[0] == Cause.NO_GRADIENT
    assert Cause.RATE_TOO_LOW in causes[-2:]


def test_s2_8_evidence_goes_before_the_usual_order():
    causes = judged(STUCK, n_without_gradient=0, labels_conflict=True).causes
    assert causes[0] == Cause.CORRUPTED
    assert set(causes[-2:]) == {Cause.NO_GRADIENT, Cause.REGULARIZATION}
    assert judged(STUCK, outputs_are_probabilities=True).causes[0] == Cause.LOSS_INPUT


def test_s2_8_a_negated_loss_that_falls_without_end_goes_up():
    losses = [-1.6 * 1.02**t for t in range(200)]
    assert Run(losses).outcome is Outcome.GOES_UP
    assert judged(losses).causes[0] == Cause.FLIPPED_SIGN


def test_s2_8_every_failure_names_causes_and_a_next_test():
    finding = judged([1.0, 100.0, 1e6])
    assert finding.verdict is Verdict.PROBLEM
    assert finding.causes[0] == Cause.NUMERICAL
    assert "float64" in finding.next_test
    passed = judged(FALLING)
    assert passed.verdict is Verdict.PASS
    assert not passed.causes


def test_s2_8_slow_fit_without_errors_is_a_notice_and_no_alarm():
    losses = [2.3 * 0.995**k for k in range(501)]
    assert judged(losses, [0.0] * 501).verdict is Verdict.NOTICE
    assert judged([max(x, 1.0) for x in losses], [0.0] * 501).verdict is Verdict.PROBLEM


def test_s2_8_logarithm_of_a_density_may_end_below_zero():
    assert Run([0.4 - 0.007 * k for k in range(501)]).outcome is Outcome.PASS
    # From 0.08 to -4.7, with peaks, is a density that fits and no explosion.
    peaks = [4.78 * 0.98**k - 4.7 + 1.5 * (k % 50 == 30) for k in range(501)]
    assert Run(peaks).outcome is Outcome.PASS
    assert Run([0.4 - 0.1 * k for k in range(501)]).outcome is Outcome.GOES_UP


def test_a_regression_that_noise_keeps_from_zero_fits_and_a_classification_does_not():
    losses = tuple(max(0.08 * 20, 20 * 0.97**k) for k in range(501))

    def verdict(shape):
        reading = Trained(losses)
        seen = FirstBatch(shape, has_own_rate=True)
        carry_out = lambda e: reading if isinstance(e, Train) else looked(e, seen)  # noqa: E731
        return (
            examine(
                [CHECK], set(Ability), carry_out=carry_out, config=Configuration({}), length=300
            )
            .findings[0]
            .verdict
        )

    assert verdict(NUMBERS) is Verdict.PASS
    assert verdict(CLASSES) is Verdict.NOTICE


def test_a_loss_that_fell_by_nine_tenths_is_no_problem_unless_errors_contradict():
    losses = [max(0.26, 3.3 * 0.97**k) * (1.0 + 0.3 * (k % 2)) for k in range(501)]
    assert judged(losses, [0.9] * 501).verdict is Verdict.NOTICE
    assert judged(losses, [0.06] * 501).verdict is Verdict.PROBLEM
    assert judged([max(0.5, x) for x in losses], [0.9] * 501).verdict is Verdict.PROBLEM


def test_a_loss_without_errors_that_still_falls_is_slow_and_one_that_stays_a_problem():
    assert judged([20 * 0.996**k for k in range(501)]).verdict is Verdict.NOTICE
    assert judged([max(8.0, 20 * 0.97**k) for k in range(501)]).verdict is Verdict.PROBLEM


def test_targets_that_hardly_turn_the_gradient_are_named_only_beside_no_plainer_cause():
    runs, look = {1.0: Run(STUCK)}, {"has_own_rate": True, "n_without_gradient": 0}
    told = judge_single_batch(FirstBatch(CLASSES, **look), runs, is_drowned=True)
    assert told.causes[0] == Cause.DROWNED
    equal = FirstBatch(CLASSES, **look, inputs_are_equal=True)
    assert judge_single_batch(equal, runs, is_drowned=True).causes[0] == Cause.CORRUPTED


def examined(by_factor, *, known=STUCK, seen=None):
    """Return the experiments that were carried out and the finding."""
    seen = seen or FirstBatch(CLASSES, has_own_rate=True)

    def carry_out(experiment):
        if not isinstance(experiment, Train):
            return looked(experiment, seen)
        losses = known if Part.OPTIMIZER in experiment.without else by_factor[experiment.factor]
        errors = tuple(0.0 if loss < 0.1 else 0.9 for loss in losses)
        return Trained(losses, errors=errors)

    done = examine(
        [CHECK], set(Ability), carry_out=carry_out, config=Configuration({"lr": 0.1}), length=300
    )
    return list(done.readings), done.findings[0]


def test_s2_8_a_pass_needs_a_look_and_one_training_alone():
    experiments, finding = examined({1.0: FALLING})
    assert [type(e).__name__ for e in experiments] == ["Look", "Look", "Train"]
    assert experiments[2].one_batch
    assert experiments[2].config["schedule"] == "constant"
    assert finding.verdict is Verdict.PASS


def test_s2_8_a_rate_of_the_user_that_is_too_low_is_named():
    experiments, finding = examined({1.0: STUCK, 10.0: FALLING, 0.1: STUCK})
    assert [e.factor for e in experiments[2:]] == [1.0, 10.0]
    assert finding.causes[0] == Cause.RATE_TOO_LOW


def test_s2_8_a_rate_that_nobody_chose_is_no_fault():
    seen = FirstBatch(CLASSES, has_own_rate=False)
    _, finding = examined({1.0: STUCK, 10.0: FALLING, 0.1: STUCK}, seen=seen)
    assert finding.verdict is Verdict.PASS


def test_s2_8_a_known_optimizer_tells_that_the_rate_is_far_off():
    _, finding = examined(dict.fromkeys((1.0, 10.0, 0.1), STUCK), known=FALLING)
    assert finding.causes[0] == Cause.RATE_TOO_LOW


def test_s2_8_what_no_outputs_can_reach_is_taken_off_the_loss():
    seen = FirstBatch(CLASSES, has_own_rate=True, floor=1.0)
    losses = tuple(1.0 + loss for loss in FALLING)
    errors = tuple(0.0 if loss < 1.1 else 0.9 for loss in losses)
    found = examine(
        [CHECK],
        set(Ability),
        carry_out=lambda e: (
            Trained(losses, errors=errors) if isinstance(e, Train) else looked(e, seen)
        ),
        config=Configuration({}),
        length=300,
    )
    assert found.findings[0].verdict is Verdict.PASS


def test_s2_8_some_words_of_a_text_may_stay_wrong():
    dense = TaskShape(TargetKind.CLASSES, n_classes=10, class_axis=2, is_dense=True)
    losses = tuple(max(0.2, loss) for loss in FALLING)

    def verdict(shape):
        seen = FirstBatch(shape, has_own_rate=True, error_floor=0.04)
        reading = Trained(losses, errors=(0.08,) * 501)
        carry_out = lambda e: reading if isinstance(e, Train) else looked(e, seen)  # noqa: E731
        return (
            examine(
                [CHECK], set(Ability), carry_out=carry_out, config=Configuration({}), length=300
            )
            .findings[0]
            .verdict
        )

    assert verdict(dense) is Verdict.PASS
    assert verdict(CLASSES) is Verdict.PROBLEM


def test_s2_8_a_training_that_is_not_finite_is_judged_as_far_as_it_went():
    exploded = NotFinite(3, (2.3, 9.0, math.inf))
    seen = FirstBatch(CLASSES, has_own_rate=True)
    carry_out = lambda e: exploded if isinstance(e, Train) else looked(e, seen)  # noqa: E731
    found = examine(
        [CHECK], set(Ability), carry_out=carry_out, config=Configuration({}), length=300
    ).findings[0]
    assert found.title.startswith("The loss on a single batch explodes.")
    assert found.causes[0] == Cause.NUMERICAL


def test_a_training_that_raises_is_told_by_what_it_raised():
    raised = Raised("Training on a single batch", "ValueError: too many words")
    seen = FirstBatch(CLASSES, has_own_rate=True)
    carry_out = lambda e: raised if isinstance(e, Train) else looked(e, seen)  # noqa: E731
    found = examine(
        [CHECK], set(Ability), carry_out=carry_out, config=Configuration({}), length=300
    ).findings[0]
    assert found.title == "Training on a single batch raised an error."
    assert found.value == "ValueError: too many words"


def test_s2_8_a_loss_that_differs_from_call_to_call_speaks_of_shuffled_labels():
    def causes(loss_varies):
        seen = FirstBatch(CLASSES, has_own_rate=True, floor=9.0, loss_varies=loss_varies)
        _, finding = examined(dict.fromkeys((1.0, 10.0, 0.1), STUCK), seen=seen)
        return finding.causes[0]

    assert causes(loss_varies=True) == Cause.CORRUPTED
    assert causes(loss_varies=False) == Cause.DROWNED


def test_s2_8_a_linear_network_that_nobody_gave_a_rate_may_fit_slowly():
    slowly = tuple(0.2 + 0.65 * 0.997**k for k in range(501))

    def verdict(has_own_rate):
        seen = FirstBatch(CLASSES, has_own_rate=has_own_rate)
        by_factor = {1.0: slowly, 10.0: STUCK, 0.1: STUCK}
        return examined(by_factor, known=STUCK, seen=seen)[1].verdict

    assert verdict(has_own_rate=False) is Verdict.NOTICE
    assert verdict(has_own_rate=True) is Verdict.PROBLEM
