"""What the loss makes of its outputs and targets, tried on outputs that are made up (S2.7)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from tunebook.analysis.series import number
from tunebook.checks.one_look import Figures, Lines, check_of
from tunebook.checks.shape import TargetKind, TaskShape
from tunebook.records.finding import Finding, Verdict

CHANCE, FAR = 0.1, 10.0
"""The initial loss lies within this share of that of chance (S2.7); far above it is a problem."""

_TWICE, _LARGE, _SURE_ENOUGH, _MANY = 0.01, 10.0, 0.9, 0.05
_LINES = Lines("loss", {
    "size": ("The loss is not one number.", "the loss is not averaged over the batch",
             "Average the loss over the examples."),
    "outputs": ("The loss does not depend on the outputs.",
                "the outputs are not used in the loss", "Compare the outputs with the targets."),
    "broadcast": ("Predictions and targets do not have the same shape.",
                  "broadcasting makes every prediction meet every target",
                  "Squeeze or unsqueeze the predictions so that both shapes are equal."),
    "targets": ("The loss does not depend on the targets.",
                "the targets are not used in the loss", "Compare the outputs with the targets."),
    "truncates": ("The loss cuts off the fractions of the targets.",
                  "targets are truncated: they are converted to whole numbers",
                  "Keep the targets of a regression as float32."),
    "sum": ("The loss is a sum over the batch, and not a mean.",
            "the loss is summed: a reduction 'sum' in place of 'mean'",
            "Average over the examples: else the step grows with the batch size."),
    "axis": ("The softmax is taken over {axis}, and not over the classes.",
             "the softmax is taken over the wrong dimension: over {axis}",
             "Take the softmax over the classes."),
    "twice": ("The loss is given probabilities, and makes probabilities of them again.",
              "{name} is applied twice: the loss is given probabilities for logits",
              "Drop the last activation, or use a loss that takes probabilities."),
    "logarithm": ("The loss takes logarithms of probabilities, and is given something else.",
                  "log-softmax is missing: the loss has the wrong input",
                  "Use cross_entropy for logits, or end in log_softmax for nll_loss."),
    "reach": ("The network ends in a {name}, and cannot reach all targets.",
              "a {name} at the end of the network limits the range of the outputs",
              "End in a linear layer."),
    "logits": ("The logits end in a {name}.",
               "a {name} at the end of the network limits the range of the logits",
               "End in a linear layer."),
    "above": ("The loss starts above that of chance.", "initial outputs are too large",
              "Make the last layer's initial weights smaller."),
    "large": ("The loss starts above that of chance.", "inputs are not normalized",
              "Standardize the inputs."),
    "below": ("The loss starts below that of chance.",
              "weights are pretrained, or begin at the shares of the classes", ""),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class LossFigures(Figures):
    """What was measured; None where it could not be, or where it means nothing.

    ``size`` is the number of values that the loss returns, ``told`` the shapes of its arguments,
    ``input_size`` the mean size of inputs.
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


def judge_loss(f: LossFigures) -> Iterator[Finding]:
    """Yield the first mistake, for one explains the others, or what the initial loss says."""
    found = _pairing(f) or _scores(f) or _range(f)
    if found is not None:
        yield found
    if found is None or found.verdict is not Verdict.PROBLEM:
        yield _initial(f)


def _pairing(f: LossFigures) -> Finding | None:
    """Return what is wrong with how outputs and targets meet."""
    ratio = f.repeated or 0.0
    same = "others cost the same"
    rows = (
        (f.size != 1, "size", f"{f.size} numbers", "1"),
        (f.uses_outputs is False, "outputs", same, "a difference"),
        (f.broadcasts, "broadcast", f.told, "equal shapes"),
        (f.uses_targets is False, "targets", same, "a difference"),
        (f.truncates, "truncates", "targets without their fractions cost the same", "more"),
        (abs(ratio - 2) < _TWICE, "sum", f"a batch twice over costs {number(ratio)} times", "1"),
    )
    return next((_LINES.found(*told) for holds, *told in rows if holds), None)


def _scores(f: LossFigures) -> Finding | None:
    """Return what is wrong with the scores of classes that the loss is given."""
    if f.softmax_axis is not None:
        axis = "the batch" if f.softmax_axis == 0 else f"axis {f.softmax_axis}"
        told = f"axis {f.softmax_axis}", f"axis {f.shape.class_axis}"
        return _LINES.found("axis", *told, axis=axis)
    ends = f"outputs end in {f.end or 'scores'}"
    if f.takes_probabilities_for_logits:
        name = "sigmoid" if f.shape.kind is TargetKind.LABELS else "softmax"
        return _LINES.found("twice", ends, "logits", name=name)
    value = f"{ends}; adding 1 to them lowers the loss by 1"
    return _LINES.found("logarithm", value, "log-probabilities") if f.is_linear else None


def _range(f: LossFigures) -> Finding | None:
    """Return what is wrong with the last operation of the network."""
    if f.reach is None:
        return None
    name = {"Relu": "ReLU"}.get(f.end, f.end.lower())
    span = f"{number(f.reach[0])} to {number(f.reach[1])}"
    if f.unreachable and f.targets is not None:
        value = f"{f.unreachable:.0%} of targets outside of {span}"
        expected = f"{number(f.targets[0])} to {number(f.targets[1])}"
        is_bad = f.unreachable >= _MANY
        return _LINES.found("reach", value, expected, is_bad=is_bad, name=name)
    share = 1.0 if f.best_share is None else f.best_share
    is_cut = f.end == "Relu" and f.best_share is not None
    if is_cut or share < _SURE_ENOUGH:
        return _LINES.found("logits", f"from {span}", "any number", name=name)
    return None


def _initial(f: LossFigures) -> Finding:
    """Return the line on the loss at initialization, held against chance where it is known."""
    if f.initial is None or f.chance is None:
        return _LINES.passed("The loss compares outputs with targets.", f.told)
    told = number(f.initial), f"{number(f.chance)} within 10 %"
    if abs(f.initial - f.chance) <= CHANCE * f.chance:
        return _LINES.passed("The loss starts at that of chance.", *told)
    if f.initial < f.chance:
        return _LINES.found("below", *told, is_bad=False)
    key = "large" if f.input_size > _LARGE else "above"
    return _LINES.found(key, *told, is_bad=f.initial > FAR * f.chance)


def best_share(shape: TaskShape, reach: tuple[float, float]) -> float | None:
    """Return the largest probability that logits within ``reach`` can give every class."""
    low, high = reach
    if shape.kind is TargetKind.LABELS:
        return 1 / (1 + math.exp(-min(high, -low)))
    if shape.kind is not TargetKind.CLASSES or shape.n_classes is None:
        return None
    return 1 / (1 + (shape.n_classes - 1) * math.exp(low - high))


CHECK = check_of(
    "loss",
    "Does the loss compare outputs with targets as it should?",
    LossFigures,
    judge_loss,
    after=("parts",),
)
