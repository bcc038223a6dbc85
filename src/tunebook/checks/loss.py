"""What the loss makes of its outputs and targets, tried on outputs that are made up (S2.7)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from tunebook.analysis.series import number
from tunebook.checks.check import Ability, Check
from tunebook.checks.one_look import ask_for
from tunebook.checks.shape import TargetKind, TaskShape
from tunebook.records.finding import Finding, Verdict

CHANCE, FAR = 0.1, 10.0
"""The initial loss lies within this share of that of chance (S2.7); far above it is a problem."""

_NAME = "loss"
_TWICE, _LARGE = 0.01, 10.0
_SURE_ENOUGH, _MANY = 0.9, 0.05
_problem = partial(Finding, _NAME, Verdict.PROBLEM, source="S2.7")
_notice = partial(Finding, _NAME, Verdict.NOTICE, source="S2.7")


@dataclass(frozen=True, slots=True)
class LossFigures:
    """What was measured; None where it could not be, or where it means nothing.

    ``size`` is the number of values that the loss returns, ``told`` the shapes of its arguments.
    ``input_size`` is the mean size of the inputs.
    ``repeated`` is the loss of the batch joined to itself, over that of the batch.
    ``softmax_axis`` is the axis over which outputs are made shares, where it is not that of the
    classes. ``is_linear``: adding 1 to all scores lowers the loss by 1, so it takes logarithms of
    shares, and was not given any. ``reach`` is what the last operation ``end`` lets through, and
    ``unreachable`` the share of targets outside of it. ``best_share`` is the largest probability
    that outputs within ``reach`` can give a class.
    """

    shape: TaskShape
    size: int = 1
    told: str = ""
    input_size: float = 0.0
    initial: float | None = None
    chance: float | None = None
    repeated: float | None = None
    broadcasts: bool = False
    uses_outputs: bool | None = None
    uses_targets: bool | None = None
    softmax_axis: int | None = None
    takes_probabilities_for_logits: bool = False
    is_linear: bool = False
    truncates: bool = False
    end: str = ""
    reach: tuple[float, float] | None = None
    best_share: float | None = None
    unreachable: float | None = None
    targets: tuple[float, float] | None = None
    failed: Mapping[str, str] = field(default_factory=dict)


def judge_loss(f: LossFigures) -> Iterator[Finding]:
    """Yield the first mistake, for one explains the others; and what the initial loss says."""
    if f.size != 1:
        yield _problem(
            "The loss is not one number.",
            value=f"{f.size} numbers",
            expected="1",
            causes=("the loss is not averaged over the batch",),
            advice="Average the loss over the examples.",
        )
        return
    mistake = _pairing(f) or _scores(f) or _range(f)
    if mistake is not None:
        yield mistake
    if mistake is None or mistake.verdict is not Verdict.PROBLEM:
        yield _initial(f)


def _pairing(f: LossFigures) -> Finding | None:
    """Return what is wrong with how outputs and targets meet."""
    if f.uses_outputs is False:
        return _problem(
            "The loss does not depend on the outputs.",
            value="other outputs cost the same",
            causes=("the outputs are not used in the loss",),
            advice="Compare the outputs with the targets.",
        )
    if f.broadcasts:
        return _problem(
            "Predictions and targets do not have the same shape.",
            value=f.told,
            expected="equal shapes",
            causes=("broadcasting makes every prediction meet every target",),
            next_test="Print the shape of the loss before it is averaged.",
            advice="Squeeze or unsqueeze the predictions so that both shapes are equal.",
        )
    if f.uses_targets is False:
        return _problem(
            "The loss does not depend on the targets.",
            value="other targets cost the same",
            causes=("the targets are not used in the loss",),
            advice="Compare the outputs with the targets.",
        )
    if f.truncates:
        return _problem(
            "The loss cuts off the fractions of the targets.",
            value="targets without their fractions cost the same",
            causes=("targets are truncated: they are converted to whole numbers",),
            advice="Keep the targets of a regression as float32.",
        )
    if f.repeated is not None and abs(f.repeated - 2) < _TWICE:
        return _problem(
            "The loss is a sum over the batch, and not a mean.",
            value=f"a batch joined to itself costs {number(f.repeated)} times as much",
            expected="the same",
            causes=("the loss is summed: a reduction 'sum' in place of 'mean'",),
            advice="Average over the examples: else the step grows with the batch size.",
        )
    return None


def _scores(f: LossFigures) -> Finding | None:
    """Return what is wrong with the scores of classes that the loss is given."""
    if f.softmax_axis is not None:
        axis = "over the batch" if f.softmax_axis == 0 else f"over axis {f.softmax_axis}"
        return _problem(
            f"The softmax is taken {axis}, and not over the classes.",
            value=f"axis {f.softmax_axis}",
            expected=f"axis {f.shape.class_axis}",
            causes=(f"the softmax is taken over the wrong dimension: {axis}",),
            next_test="Halve the batch: the initial loss falls by ln 2 if it is the batch.",
            advice="Take the softmax over the classes.",
        )
    if f.takes_probabilities_for_logits:
        is_sigmoid = f.shape.kind is TargetKind.LABELS
        return _problem(
            "The loss is given probabilities, and makes probabilities of them again.",
            value=f"outputs end in {f.end or 'probabilities'}",
            expected="logits",
            causes=(f"{'sigmoid' if is_sigmoid else 'softmax'} is applied twice: probabilities",),
            next_test="Take the last softmax out and look whether the initial loss changes.",
            advice="Drop the last activation, or use a loss that takes probabilities.",
        )
    if f.is_linear:
        return _problem(
            "The loss takes logarithms of probabilities, and is given something else.",
            value=f"outputs end in {f.end or 'scores'}; adding 1 to them lowers the loss by 1",
            expected="log-probabilities",
            causes=("log-softmax is missing: the loss has the wrong input",),
            advice="Use cross_entropy for logits, or end in log_softmax for nll_loss.",
        )
    return None


def _range(f: LossFigures) -> Finding | None:
    """Return what is wrong with the last operation of the network."""
    if f.reach is None:
        return None
    name = {"Relu": "ReLU", "Clamp": "clamp"}.get(f.end, f.end.lower())
    span = f"{number(f.reach[0])} to {number(f.reach[1])}"
    cause = f"a {name} at the end of the network limits the range of the outputs"
    advice = "End in a linear layer."
    if f.unreachable and f.targets is not None:
        verdict = _problem if f.unreachable >= _MANY else _notice
        return verdict(
            f"The network ends in a {name}, and cannot reach all targets.",
            value=f"{f.unreachable:.0%} of targets outside of {span}",
            expected=f"{number(f.targets[0])} to {number(f.targets[1])}",
            causes=(cause,),
            advice=advice,
        )
    is_cut = f.end == "Relu" and f.best_share is not None
    if is_cut or (f.best_share is not None and f.best_share < _SURE_ENOUGH):
        return _problem(
            f"The logits end in a {name}.",
            value=f"from {span}",
            expected="any number",
            causes=(cause,),
            advice=advice,
        )
    return None


def _initial(f: LossFigures) -> Finding:
    """Return the line on the loss at initialization, held against chance where it is known."""
    passes = partial(Finding, _NAME, Verdict.PASS, source="S2.7")
    if f.initial is None or f.chance is None:
        return passes("The loss compares outputs with targets.", value=f"{f.told}")
    value, expected = number(f.initial), f"{number(f.chance)} within 10 %"
    if abs(f.initial - f.chance) <= CHANCE * f.chance:
        return passes("The loss starts at that of chance.", value=value, expected=expected)
    is_high = f.initial > f.chance
    causes = ("initial outputs are too large", "inputs are not normalized")
    causes = causes[::-1] if f.input_size > _LARGE else causes
    return (_problem if f.initial > FAR * f.chance else _notice)(
        f"The loss starts {'above' if is_high else 'below'} that of chance.",
        value=value,
        expected=expected,
        causes=causes
        if is_high
        else ("weights are pretrained, or begin at the shares of the classes",),
        next_test="Multiply the last layer by 0.01 and look at the initial loss again.",
        advice="Make the last layer's initial weights smaller." if is_high else "",
    )


def best_share(shape: TaskShape, reach: tuple[float, float]) -> float | None:
    """Return the largest probability that logits within ``reach`` can give every class."""
    low, high = reach
    if shape.kind is TargetKind.LABELS:
        return 1 / (1 + math.exp(-min(high, -low)))
    if shape.kind is not TargetKind.CLASSES or shape.n_classes is None:
        return None
    return 1 / (1 + (shape.n_classes - 1) * math.exp(low - high))


CHECK = Check(
    name=_NAME,
    question="Does the loss compare outputs with targets as it should?",
    rules=("S2.7",),
    ability=Ability.CAN_LOOK_INSIDE,
    ask=ask_for(_NAME, LossFigures, judge_loss),
    after=("parts",),
    reads=(LossFigures,),
)
