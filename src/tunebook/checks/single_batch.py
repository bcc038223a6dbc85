"""What training on one fixed batch shows: the outcome, its level, and ranked causes (S2.8).

A frozen hidden layer passes: a random-feature model can fit one batch. So the gradient of every
tensor (S2.7) belongs beside it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from tunebook.analysis.series import amplitude, number, sign_change_share, tail_mean
from tunebook.checks.check import Ability, Asked, Check, Conclusion, read
from tunebook.checks.experiments import Look, Part, Train, steady
from tunebook.checks.first_batch import FirstBatch, first_batch
from tunebook.checks.optimizer_steps import StepFigures
from tunebook.checks.readings import NotFinite, Readings, Trained
from tunebook.checks.shape import TargetKind
from tunebook.records import Configuration
from tunebook.records.finding import Finding, Verdict

N_UPDATES, FACTORS, KNOWN = 501, (10.0, 0.1), 0.0
"""Losses L0 to L500, the other rates that are tried on anything but a pass (S2.8), and the place of
a known optimizer among them."""

EXPLOSION, RISE, N_RIGHT, FITTED = 10.0, 1.05, 10, 0.05
LOOSELY_FITTED, DENSE_FITTED, DENSE_WRONG = 0.1, 0.15, 0.05
"""Bottlenecks and noise keep a regression from zero, and of thousands of pixels or words few stay
wrong for long: those need not be fitted (ours)."""

_RISING_SHARE, _N_RISING = 0.9, 5
_TURNS, _SWING = 0.3, 0.05
_NEARLY, _SLOW, _FALLING = 0.1, 0.5, 0.95
_GROWING, _EVEN, _DEEP, _OTHERWISE = 1.2, 0.8, 10.0, 0.25
_NEAR_ENTROPY, _NEAR_START = 0.05, 0.02


class Outcome(StrEnum):
    """What the loss on the one batch did."""

    PASS = "falls to its best"
    GOES_UP = "goes up"
    EXPLODES = "explodes"
    OSCILLATES = "oscillates"
    PLATEAUS = "stays on a plateau"


class Cause(StrEnum):
    """Why a network does not fit a single batch."""

    FLIPPED_SIGN = "the sign of the loss or of the gradient is flipped"
    RATE_TOO_HIGH = "the learning rate is too high"
    RATE_TOO_LOW = "the learning rate is too low"
    WRONG_AXIS = "the softmax is taken over the wrong dimension"
    NUMERICAL = "a numerical problem: an exp, a log or a division that overflows"
    CORRUPTED = "inputs or labels are corrupted: zeroed, or wrongly shuffled"
    AUGMENTATION = "the augmentation is wrong"
    NO_GRADIENT = "the gradient does not reach the whole network"
    REGULARIZATION = "too much regularization"
    DROWNED = "a penalty or another term drowns the loss: the targets hardly matter for it"
    LOSS_INPUT = "the loss is given the wrong input: probabilities for logits, a wrong shape"


_TESTS: Mapping[Cause, str] = {
    Cause.FLIPPED_SIGN: "Negate the loss and train on the same batch again.",
    Cause.RATE_TOO_HIGH: "Train on the same batch at a tenth of the learning rate.",
    Cause.RATE_TOO_LOW: "Train on the same batch at ten times the learning rate.",
    Cause.NUMERICAL: "Train the same batch in float64, and look at every exp, log and division.",
    Cause.CORRUPTED: "Look at ten inputs with their labels, as the network receives them.",
    Cause.NO_GRADIENT: "List the gradient norm of every trainable tensor.",
    Cause.DROWNED: "Print every term of the loss by itself.",
    Cause.LOSS_INPUT: "Print what the loss receives: shape, range, and whether rows sum to 1.",
}
"""The cheapest tests of causes that can come first."""

_CAUSES: Mapping[Outcome, tuple[Cause, ...]] = {
    Outcome.GOES_UP: (Cause.FLIPPED_SIGN, Cause.RATE_TOO_HIGH, Cause.WRONG_AXIS),
    Outcome.EXPLODES: (Cause.NUMERICAL, Cause.RATE_TOO_HIGH),
    Outcome.OSCILLATES: (Cause.CORRUPTED, Cause.AUGMENTATION, Cause.RATE_TOO_HIGH),
    Outcome.PLATEAUS: (
        *(Cause.RATE_TOO_LOW, Cause.NO_GRADIENT, Cause.REGULARIZATION),
        *(Cause.LOSS_INPUT, Cause.CORRUPTED),
    ),
}


@dataclass(frozen=True, slots=True)
class Run:
    """Losses L0 to Ln above what the best outputs cost, and the share of the batch that is wrong.

    ``fitted`` is the share of L0 that counts as none. Without errors the loss alone decides.
    """

    losses: Sequence[float]
    errors: Sequence[float] | None = None
    fitted: float = FITTED

    @property
    def is_right(self) -> bool:
        """Whether no example is wrong any more."""
        return self.errors is not None and not any(self.errors[-N_RIGHT:])

    @property
    def is_free(self) -> bool:
        """Whether the errors do not say that the loss is too high: they are none or another's."""
        last = self.errors and max(self.errors[-N_RIGHT:])
        return not last or last > _OTHERWISE

    @property
    def outcome(self) -> Outcome:
        """What the losses did, by the rules of S2.8 in their order."""
        losses, lowest = self.losses, min(filter(math.isfinite, self.losses), default=0.0)
        # How far the loss fell, at least as far as zero: a density may end well below it.
        start = max(abs(losses[0]), losses[0] - lowest)
        highest = losses[0] + (EXPLOSION - 1) * start
        is_far = [not math.isfinite(x) or x > highest for x in losses]
        end = is_far.index(True) if any(is_far) else len(losses)
        if _rises(losses[:end], start) or self._falls_without_end():
            return Outcome.GOES_UP
        if end < len(losses):
            return Outcome.EXPLODES
        tail, half = tail_mean(losses), losses[len(losses) // 2 :]
        if (self.is_right or self.errors is None) and self.has_fallen(self.fitted):
            return Outcome.PASS
        if sign_change_share(half) > _TURNS and amplitude(half) > _SWING * start:
            return Outcome.OSCILLATES
        return Outcome.GOES_UP if tail > losses[0] + (RISE - 1) * start else Outcome.PLATEAUS

    def has_fallen(self, left: float) -> bool:
        """Whether at most this share of the first loss is left."""
        first = self.losses[0]
        return tail_mean(self.losses) <= first - (1 - left) * abs(first)

    @property
    def is_falling(self) -> bool:
        """Whether the loss is well on its way, and still falls."""
        tail, before = tail_mean(self.losses), tail_mean(self.losses[: len(self.losses) * 3 // 4])
        return self.has_fallen(_SLOW) and tail < before - (1 - _FALLING) * abs(before)

    def _falls_without_end(self) -> bool:
        """Whether the loss is below zero, and falls ever faster: a flipped sign.

        A density's logarithm ends below zero too, at a falling pace. Without errors it may be one.
        """
        finite = [x for x in self.losses if math.isfinite(x)]
        if not finite or finite[-1] != min(finite) or finite[-1] >= -abs(finite[0]):
            return False
        if self.errors is not None and finite[0] < 0:
            return True
        # No density's logarithm falls so far at an even pace.
        is_deep = finite[-1] < -_DEEP * max(1.0, abs(finite[0]))
        before, late = finite[len(finite) // 3], finite[len(finite) * 2 // 3]
        return late - finite[-1] > (_EVEN if is_deep else _GROWING) * (before - late)


def _rises(losses: Sequence[float], start: float) -> bool:
    if len(losses) < _N_RISING or losses[-1] <= losses[0] + (RISE - 1) * start:
        return False
    n_rising = sum(b > a for a, b in pairwise(losses))
    return n_rising >= _RISING_SHARE * (len(losses) - 1)


def training(config: Configuration, *also_without: Part, factor: float = 1.0) -> Train:
    """Return the training on one batch, at a constant rate."""
    without = (Part.AUGMENTATION, Part.REGULARIZATION, *also_without)
    steadily = steady(config, accumulate=1)
    return Train(steadily, N_UPDATES, one_batch=True, factor=factor, without=without)


def ask(config: Configuration, length: int, readings: Readings) -> Asked:
    """Train on one batch; on anything but a pass at other rates, and with a known optimizer.

    A learning rate that nobody chose is no fault: then the run that passes is the one reported.
    """
    look, steps = first_batch(config), Look("optimizer-steps", config)
    seen, figures = read(readings, look, FirstBatch), read(readings, steps, StepFigures)
    if seen is None or figures is None:
        return (look, steps)
    trainings = {factor: training(config, factor=factor) for factor in (1.0, *FACTORS)}
    # Far off, no rate passes: an optimizer known to fit tells whether it is the rate.
    trainings[KNOWN] = training(config, Part.OPTIMIZER)
    runs, is_drowned = dict[float, Run](), figures.is_drowned
    for factor, asked in trainings.items():
        found = readings.get(asked)
        if not isinstance(found, Trained | NotFinite):
            return (asked,)
        runs[factor] = _run(found, seen)
        is_drowned |= _is_above(seen, found)
        if runs[factor].outcome is Outcome.PASS:
            runs = runs if seen.has_own_rate else {1.0: runs[factor]}
            break
    return Conclusion((judge_single_batch(seen, runs, is_drowned=is_drowned),))


def _run(found: Trained | NotFinite, seen: FirstBatch) -> Run:
    """Return losses above what the best outputs cost, and errors above what cannot be right."""
    is_dense, has_classes = seen.shape.is_dense, seen.shape.kind is TargetKind.CLASSES
    spared = seen.error_floor + (DENSE_WRONG if is_dense else 0.0)
    errors = None if found.errors is None else [max(0.0, e - spared) for e in found.errors]
    fitted = DENSE_FITTED if is_dense else FITTED if has_classes else LOOSELY_FITTED
    # Where the best outputs cost more than the first ones, a penalty outweighs what they gain.
    floor = 0.0 if _is_above(seen, found) else seen.floor
    return Run([loss - floor for loss in found.losses], errors, fitted)


def _is_above(seen: FirstBatch, found: Trained | NotFinite) -> bool:
    return seen.shape.kind is TargetKind.CLASSES and seen.floor > found.losses[0] > 0


def judge_single_batch(
    seen: FirstBatch, runs: Mapping[float, Run], *, is_drowned: bool = False
) -> Finding:
    """Return the verdict with ranked causes and the cheapest next test (S2.8)."""
    run = runs[1.0]
    outcome, first = run.outcome, run.losses[0]
    passing = [f for f, other in runs.items() if f != 1.0 and other.outcome is Outcome.PASS]
    is_low = outcome is Outcome.PLATEAUS if passing == [KNOWN] else max(passing, default=0.0) > 1
    rate = (Cause.RATE_TOO_LOW if is_low else Cause.RATE_TOO_HIGH,) if passing else ()
    verdict, causes, advice = Verdict.PASS, tuple[Cause, ...](), ""
    title = "The network fits a single batch."
    is_open = is_low or not seen.has_own_rate
    is_on_its_way = run.is_falling and (run.is_right or run.errors is None or is_open)
    is_still = outcome in {Outcome.PLATEAUS, Outcome.OSCILLATES}
    has_best = seen.shape.kind is not TargetKind.OTHER
    is_drowned &= not (seen.inputs_are_equal or seen.n_without_gradient or seen.loss_varies)
    is_near = run.is_free and run.has_fallen(_NEARLY if has_best else _SLOW)
    if is_still and is_near and not is_drowned:
        verdict, title = Verdict.NOTICE, "The loss on a single batch falls far, and stays there."
        advice = "Look at the level where the loss stays: it may be the least that it can be."
    elif outcome is Outcome.PLATEAUS and is_on_its_way:
        verdict, title = Verdict.NOTICE, "The network is fitting a single batch, but slowly."
        causes, advice = (Cause.RATE_TOO_LOW,), "Sweep the learning rate upwards."
    elif outcome is not Outcome.PASS:
        level, suspects = _level(seen, run) if outcome is Outcome.PLATEAUS else ("", ())
        if is_drowned and is_still:
            level, suspects = "Another term outweighs the targets.", (Cause.DROWNED,)
        verdict, title = Verdict.PROBLEM, f"The loss on a single batch {outcome}. {level}".strip()
        is_cleared = len(runs) > 1 and not passing
        causes = _ranked(seen, rate, (*suspects, *_CAUSES[outcome]), is_rate_cleared=is_cleared)
        advice = "Correct this before any search: more training will not."
    value = f"loss {number(first)} to {number(run.losses[-1])}"
    expected = f"below {number(first - (1 - run.fitted) * abs(first))}, and no example wrong"
    named, test = tuple(map(str, causes)), _TESTS[causes[0]] if causes else ""
    return Finding(CHECK.name, verdict, title, value, expected, named, test, advice, source="S2.8")


def _level(seen: FirstBatch, run: Run) -> tuple[str, tuple[Cause, ...]]:
    """Name the level of a plateau, and whom it makes suspect."""
    tail, start, entropy = tail_mean(run.losses), abs(run.losses[0]), seen.label_entropy
    has_moved = abs(tail - start) > _NEAR_START * start
    ignores = entropy is not None and abs(tail - entropy) <= _NEAR_ENTROPY * max(entropy, 1e-12)
    if run.is_right:
        return "No example is wrong, yet the loss is high.", (Cause.LOSS_INPUT,)
    if ignores and (has_moved or seen.inputs_are_equal):
        text = "It is the entropy of the labels: the network ignores its input."
        return text, (Cause.CORRUPTED, Cause.NO_GRADIENT)
    if not has_moved:
        return "It has not left its start.", (Cause.RATE_TOO_LOW, Cause.NO_GRADIENT)
    return "", ()


def _ranked(
    seen: FirstBatch, rate: tuple[Cause, ...], likely: Sequence[Cause], *, is_rate_cleared: bool
) -> tuple[Cause, ...]:
    """Return the causes: what evidence proves first, what it rules out last."""
    evidence = {
        Cause.NO_GRADIENT: seen.n_without_gradient,
        Cause.CORRUPTED: seen.inputs_are_equal or seen.labels_conflict or seen.loss_varies,
        Cause.LOSS_INPUT: seen.outputs_are_probabilities,
    }
    cleared = {
        Cause.REGULARIZATION: True,
        Cause.NO_GRADIENT: seen.n_without_gradient == 0,
        **dict.fromkeys((Cause.RATE_TOO_LOW, Cause.RATE_TOO_HIGH), is_rate_cleared),
    }
    proven = (cause for cause, holds in evidence.items() if holds)
    ordered = dict.fromkeys((*rate, *proven, *likely))
    return tuple(sorted(ordered, key=lambda cause: cleared.get(cause, False)))


CHECK = Check(
    name="single-batch",
    question="Can the network fit one batch?",
    rules=("S2.8",),
    ability=Ability.CAN_LOOK_INSIDE,
    ask=ask,
    least=2,
    most=5,
    after=("parts", "loss", "network", "optimizer-steps"),
    reads=(FirstBatch, StepFigures),
)
