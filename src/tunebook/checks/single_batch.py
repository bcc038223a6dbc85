"""What training on one fixed batch shows: the outcome, its level, and ranked causes (S2.8).

A frozen hidden layer passes: a random-feature model can fit one batch. So the gradient of every
tensor (S2.7) belongs beside it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import TypeAlias

from tunebook.analysis.series import amplitude, number, sign_change_share, tail_mean
from tunebook.checks.check import Ability, Asked, Check, Conclusion, read
from tunebook.checks.experiments import Part, Train, steady
from tunebook.checks.first_batch import FirstBatch, first_batch
from tunebook.checks.readings import NotFinite, Readings, Trained
from tunebook.records import Configuration
from tunebook.records.finding import Finding, Verdict

N_UPDATES, FACTORS = 501, (10.0, 0.1)
"""Losses L0 to L500, and the other rates that are tried on anything but a pass (S2.8)."""

EXPLOSION, RISE, FITTED = 10.0, 1.05, 0.05
N_RIGHT = 10
DENSE_FITTED, DENSE_WRONG = 0.15, 0.05
"""Of thousands of pixels or words few stay wrong for long: those need not be fitted (ours)."""

_RISING_SHARE, _N_RISING = 0.9, 5
_TURNS, _SWING = 0.3, 0.05
_UNBOUNDED, _SLOW = 50.0, 0.5
_NEAR_ENTROPY, _NEAR_START = 0.05, 0.02


class Outcome(StrEnum):
    """What the loss on the one batch did."""

    PASS = "pass"
    GOES_UP = "goes up"
    EXPLODES = "explodes"
    OSCILLATES = "oscillates"
    PLATEAUS = "plateaus"


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
    LOSS_INPUT = "the loss is given the wrong input: probabilities for logits, a wrong shape"


_CAUSES: dict[Outcome, tuple[Cause, ...]] = {
    Outcome.PASS: (),
    Outcome.GOES_UP: (Cause.FLIPPED_SIGN, Cause.RATE_TOO_HIGH, Cause.WRONG_AXIS),
    Outcome.EXPLODES: (Cause.NUMERICAL, Cause.RATE_TOO_HIGH),
    Outcome.OSCILLATES: (Cause.CORRUPTED, Cause.AUGMENTATION, Cause.RATE_TOO_HIGH),
    Outcome.PLATEAUS: (
        Cause.RATE_TOO_LOW,
        Cause.NO_GRADIENT,
        Cause.REGULARIZATION,
        Cause.LOSS_INPUT,
        Cause.CORRUPTED,
    ),
}

_TESTS: dict[Cause, str] = {
    Cause.FLIPPED_SIGN: "Negate the loss and train on the same batch again.",
    Cause.RATE_TOO_HIGH: "Train on the same batch at a tenth of the learning rate.",
    Cause.RATE_TOO_LOW: "Train on the same batch at ten times the learning rate.",
    Cause.WRONG_AXIS: "Compare the initial loss with ln(classes) and ln(batch size).",
    Cause.NUMERICAL: "Train the same batch in float64, and look at every exp, log and division.",
    Cause.CORRUPTED: "Look at ten inputs with their labels, as the network receives them.",
    Cause.AUGMENTATION: "Train on the same batch without augmentation.",
    Cause.NO_GRADIENT: "List the gradient norm of every trainable tensor.",
    Cause.REGULARIZATION: "Train on the same batch with weight decay and dropout off.",
    Cause.LOSS_INPUT: "Print what the loss receives: shape, range, and whether rows sum to 1.",
}


@dataclass(frozen=True, slots=True)
class SingleBatchFigures:
    """What was measured. ``losses`` are L0 to Ln, ``errors`` the training error beside them.

    ``label_entropy`` is in nats. ``other_rates`` maps factors of the learning rate (10, 0.1) to the
    outcomes there. Evidence that was not gathered is None: ``n_without_gradient`` of trainable
    tensors, whether all inputs are the same, whether labels contradict each other, and whether the
    outputs are probabilities already. Regularization is off (S2.8).
    """

    losses: Sequence[float]
    errors: Sequence[float] | None = None
    label_entropy: float | None = None
    other_rates: Mapping[float, Outcome] = field(default_factory=dict)
    n_without_gradient: int | None = None
    inputs_are_equal: bool | None = None
    labels_conflict: bool | None = None
    outputs_are_probabilities: bool | None = None
    fitted: float = FITTED


def classify(
    losses: Sequence[float], errors: Sequence[float] | None = None, *, fitted: float = FITTED
) -> Outcome:
    """Return what the losses did, by the rules of S2.8 in their order.

    Errors are the share of the batch that is wrong; without them only the loss decides on a pass.
    """
    start = abs(losses[0])
    bound = EXPLOSION * start
    end = next((i for i, x in enumerate(losses) if not math.isfinite(x) or x > bound), len(losses))
    if _rises(losses[:end], start) or _falls_without_end(losses):
        return Outcome.GOES_UP
    if end < len(losses):
        return Outcome.EXPLODES
    tail = tail_mean(losses)
    is_right = errors is None or not any(errors[-N_RIGHT:])
    if is_right and tail <= fitted * start:
        return Outcome.PASS
    half = losses[len(losses) // 2 :]
    if sign_change_share(half) > _TURNS and amplitude(half) > _SWING * start:
        return Outcome.OSCILLATES
    return Outcome.GOES_UP if tail > RISE * start else Outcome.PLATEAUS


def _rises(losses: Sequence[float], start: float) -> bool:
    if len(losses) < _N_RISING or losses[-1] <= RISE * start:
        return False
    n_rising = sum(b > a for a, b in pairwise(losses))
    return n_rising >= _RISING_SHARE * (len(losses) - 1)


def _falls_without_end(losses: Sequence[float]) -> bool:
    """Whether the loss is below zero and still falls: a flipped sign seen from the other side.

    A density's logarithm may end below zero too: such a loss begins above, and falls less far.
    """
    finite = [x for x in losses if math.isfinite(x)]
    if not finite or finite[-1] != min(finite):
        return False
    far = 1.0 if losses[0] < 0 else _UNBOUNDED
    return finite[-1] < -far * abs(losses[0])


def ask(config: Configuration, length: int, readings: Readings) -> Asked:
    """Train on one batch; on anything but a pass at other rates, and with a known optimizer.

    A learning rate that nobody chose is no fault: then the rate that passes is the one reported.
    """
    look = first_batch(config)
    seen = read(readings, look, FirstBatch)
    if seen is None:
        return (look,)
    plain = training(config)
    if plain not in readings:
        return (plain,)
    runs = {1.0: _run(readings, plain, seen)}
    if _outcome(runs[1.0], seen) is Outcome.PASS:
        return Conclusion((judge_single_batch(_figures(runs, seen)),))
    for factor in FACTORS:
        other = training(config, factor=factor)
        if other not in readings:
            return (other,)
        runs[factor] = _run(readings, other, seen)
        if _outcome(runs[factor], seen) is Outcome.PASS:
            break
    else:
        # Far off, neither passes: an optimizer known to fit tells whether it is the rate.
        known = training(config, without=(Part.AUGMENTATION, Part.REGULARIZATION, Part.OPTIMIZER))
        if known not in readings:
            return (known,)
        is_slow = _outcome(runs[1.0], seen) is Outcome.PLATEAUS
        runs[math.inf if is_slow else 0.0] = _run(readings, known, seen)
    if not seen.has_own_rate:
        best = next((f for f in runs if _outcome(runs[f], seen) is Outcome.PASS), 1.0)
        runs = {1.0: runs[best]} if best != 1.0 else runs
    return Conclusion((judge_single_batch(_figures(runs, seen)),))


_Run: TypeAlias = tuple[Sequence[float], Sequence[float] | None]


def training(
    config: Configuration,
    *,
    factor: float = 1.0,
    without: tuple[Part, ...] = (Part.AUGMENTATION, Part.REGULARIZATION),
) -> Train:
    """Return the training on one batch, at a constant rate."""
    return Train(
        steady(config, accumulate=1), N_UPDATES, one_batch=True, factor=factor, without=without
    )


def _run(readings: Readings, asked: Train, seen: FirstBatch) -> _Run:
    """Return losses above what the best outputs cost, and errors above what cannot be right."""
    found = readings[asked]
    assert isinstance(found, Trained | NotFinite)
    spared = seen.error_floor + (DENSE_WRONG if seen.shape.is_dense else 0.0)
    errors = None if found.errors is None else [max(0.0, e - spared) for e in found.errors]
    return [loss - seen.floor for loss in found.losses], errors


def _outcome(run: _Run, seen: FirstBatch) -> Outcome:
    return classify(*run, fitted=_fitted(seen))


def _fitted(seen: FirstBatch) -> float:
    return DENSE_FITTED if seen.shape.is_dense else FITTED


def _figures(runs: Mapping[float, _Run], seen: FirstBatch) -> SingleBatchFigures:
    losses, errors = runs[1.0]
    return SingleBatchFigures(
        losses=losses,
        errors=errors,
        label_entropy=seen.label_entropy,
        other_rates={f: _outcome(run, seen) for f, run in runs.items() if f != 1.0},
        n_without_gradient=seen.n_without_gradient,
        inputs_are_equal=seen.inputs_are_equal,
        labels_conflict=seen.labels_conflict,
        outputs_are_probabilities=seen.outputs_are_probabilities,
        fitted=_fitted(seen),
    )


def judge_single_batch(figures: SingleBatchFigures) -> Finding:
    """Return the verdict with ranked causes and the cheapest next test (S2.8)."""
    outcome = classify(figures.losses, figures.errors, fitted=figures.fitted)
    level, suspects = _level(figures, outcome)
    causes = _ranked(figures, outcome, suspects)
    titles = {
        Outcome.PASS: "The network fits a single batch.",
        Outcome.GOES_UP: "The loss on a single batch goes up.",
        Outcome.EXPLODES: "The loss on a single batch explodes.",
        Outcome.OSCILLATES: "The loss on a single batch oscillates.",
        Outcome.PLATEAUS: "The loss on a single batch stays on a plateau.",
    }
    is_pass = outcome is Outcome.PASS
    if outcome is Outcome.PLATEAUS and _is_slow(figures):
        return _slow(figures)
    return Finding(
        "single-batch",
        Verdict.PASS if is_pass else Verdict.PROBLEM,
        f"{titles[outcome]} {level}".strip(),
        value=f"loss {number(figures.losses[0])} to {number(figures.losses[-1])}",
        expected=f"below {number(figures.fitted * abs(figures.losses[0]))}, and no example wrong",
        causes=tuple(cause.value for cause in causes),
        next_test="" if is_pass else _TESTS[causes[0]],
        advice="" if is_pass else "Mend this before any search: more training will not.",
        source="S2.8",
    )


def _is_slow(figures: SingleBatchFigures) -> bool:
    """Whether the batch is being fitted, only not yet: well on its way and still falling.

    Either no example is wrong any more, or a higher rate fits in time.
    """
    losses = figures.losses
    tail, start = tail_mean(losses), abs(losses[0])
    before = tail_mean(losses[: len(losses) * 3 // 4])
    is_falling = tail < _SLOW * start and tail < 0.95 * before
    is_right = figures.errors is not None and not any(figures.errors[-N_RIGHT:])
    higher = any(f > 1 and o is Outcome.PASS for f, o in figures.other_rates.items())
    return is_falling and (is_right or higher)


def _slow(figures: SingleBatchFigures) -> Finding:
    return Finding(
        "single-batch",
        Verdict.NOTICE,
        "The network is fitting a single batch, but slowly.",
        value=f"loss {number(figures.losses[0])} to {number(figures.losses[-1])}",
        expected=f"below {number(figures.fitted * abs(figures.losses[0]))}",
        causes=(Cause.RATE_TOO_LOW.value,),
        next_test=_TESTS[Cause.RATE_TOO_LOW],
        advice="Sweep the learning rate upwards.",
        source="S2.8",
    )


def _level(figures: SingleBatchFigures, outcome: Outcome) -> tuple[str, tuple[Cause, ...]]:
    """Name the level of a plateau, and whom it makes suspect."""
    if outcome is not Outcome.PLATEAUS:
        return "", ()
    tail, start = tail_mean(figures.losses), abs(figures.losses[0])
    if figures.errors is not None and not any(figures.errors[-N_RIGHT:]):
        return "No example is wrong, yet the loss is high.", (Cause.LOSS_INPUT,)
    entropy = figures.label_entropy
    ignores = entropy is not None and abs(tail - entropy) <= _NEAR_ENTROPY * max(entropy, 1e-12)
    has_moved = abs(tail - start) > _NEAR_START * start
    if ignores and (has_moved or figures.inputs_are_equal):
        text = "It is the entropy of the labels: the network ignores its input."
        return text, (Cause.CORRUPTED, Cause.NO_GRADIENT)
    if not has_moved:
        text = "It has not left its start."
        return text, (Cause.RATE_TOO_LOW, Cause.NO_GRADIENT)
    return "", ()


def _ranked(
    figures: SingleBatchFigures, outcome: Outcome, suspects: tuple[Cause, ...]
) -> tuple[Cause, ...]:
    """Return the causes: what evidence proves first, then suspects, then the order of S2.8."""
    usual = _CAUSES[outcome]
    if not usual:
        return ()
    proven: list[Cause] = []
    passing = [factor for factor, other in figures.other_rates.items() if other is Outcome.PASS]
    if passing:
        proven.append(Cause.RATE_TOO_LOW if max(passing) > 1 else Cause.RATE_TOO_HIGH)
    evidence = (
        (bool(figures.n_without_gradient), Cause.NO_GRADIENT),
        (figures.inputs_are_equal, Cause.CORRUPTED),
        (figures.labels_conflict, Cause.CORRUPTED),
        (figures.outputs_are_probabilities, Cause.LOSS_INPUT),
    )
    proven += [cause for holds, cause in evidence if holds]
    cleared = {Cause.REGULARIZATION}
    if figures.n_without_gradient == 0:
        cleared.add(Cause.NO_GRADIENT)
    if figures.other_rates and not passing:
        cleared |= {Cause.RATE_TOO_LOW, Cause.RATE_TOO_HIGH}
    ordered = dict.fromkeys((*proven, *suspects, *usual))
    return tuple(sorted(ordered, key=lambda cause: cause in cleared))


CHECK = Check(
    name="single-batch",
    question="Can the network fit one batch?",
    rules=("S2.8",),
    ability=Ability.CAN_LOOK_INSIDE,
    ask=ask,
    least=2,
    most=5,
    after=("parts", "loss", "network", "optimizer-steps"),
    reads=(FirstBatch,),
)
