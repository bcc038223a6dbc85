"""What two batches show before any training: one line for each check of the preflight (S2.7).

A field that is None was not measured and gives no line. Inputs, labels and the initial loss are
judged in ``preflight_data``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tunebook.analysis.series import number
from tunebook.diagnosis.preflight_data import DataFigures, judge_data
from tunebook.records.finding import Finding, Verdict

_SAME = 1e-5
"""Outputs that differ by less than this share of their scale are the same in float32."""


@dataclass(frozen=True, slots=True)
class PreflightFigures:
    """What a probe found on two batches. Differences are the largest absolute ones.

    ``is_classification`` with class numbers as targets allows an output with one more dimension.
    ``n_nonfinite`` counts NaN and infinity by place (inputs, outputs, loss, gradients).
    ``n_unregistered`` counts tensors that are learned from but are no parameters of the network,
    ``not_optimized`` the parameters that the optimizer does not have, ``vanishing`` the weights
    whose gradient is nothing beside that of others.
    ``gradient_norms`` has every trainable tensor, None where no gradient arrived at all.
    ``output_scale`` is the standard deviation of the outputs. ``reordered_difference`` compares the
    predictions of the same examples, in evaluation mode, after the batch was shuffled and joined
    by others. ``evaluates_in_training_mode`` tells whether evaluation left dropout and batch
    statistics on; ``trains_in_evaluation_mode`` the opposite.
    """

    n_parameters: int
    n_unregistered: int
    not_optimized: Sequence[str]
    loss_shape: tuple[int, ...]
    dtypes: Mapping[str, str]
    n_nonfinite: Mapping[str, int]
    outputs_are_probabilities: bool
    evaluates_in_training_mode: bool
    trains_in_evaluation_mode: bool
    data: DataFigures = field(default_factory=DataFigures)
    vanishing: Sequence[str] = ()
    output_shape: tuple[int, ...] | None = None
    target_shape: tuple[int, ...] | None = None
    is_classification: bool = True
    loss_expects_logits: bool = True
    output_scale: float = 1.0
    evaluated_twice_difference: float | None = None
    trained_twice_difference: float | None = None
    has_dropout: bool = False
    gradient_norms: Mapping[str, float | None] | None = None
    reordered_difference: float | None = None


def judge_preflight(figures: PreflightFigures) -> list[Finding]:
    """Return a finding for every check that was measured (S2.7)."""
    found = (check(figures) for check in _CHECKS)
    return [
        *judge_data(figures.data),
        judge_parameters(figures.n_parameters),
        *(finding for finding in found if finding is not None),
    ]


def _line(
    check: str, is_right: bool, titles: tuple[str, str], value: str, expected: str, **rest: object
) -> Finding:
    """Return a pass with the first title, or a problem with the second and all the rest."""
    if is_right:
        return Finding(check, Verdict.PASS, titles[0], value, expected, source="S2.7")
    more: dict[str, object] = {"source": "S2.7", **rest}
    return Finding(check, Verdict.PROBLEM, titles[1], value, expected, **more)  # type: ignore[arg-type]  # fields by name


def judge_parameters(n_parameters: int) -> Finding:
    """Return the line on how many trainable parameters a network has."""
    return _line(
        "parameters",
        n_parameters > 0,
        ("The network has trainable parameters.", "The network has no trainable parameter."),
        str(n_parameters),
        "at least 1",
        causes=("layers kept in a plain list or dict", "every tensor is frozen"),
        advice="Register the layers as attributes or in a ModuleList, and unfreeze one.",
    )


def _unregistered(f: PreflightFigures) -> Finding:
    return _line(
        "registered",
        f.n_unregistered == 0,
        (
            "All weights are parameters of the network.",
            "The network uses weights that are none of its parameters: nothing will train them.",
        ),
        str(f.n_unregistered),
        "0",
        causes=("layers kept in a plain list or dict", "tensors made without nn.Parameter"),
        advice="Register the layers as attributes, in a ModuleList or a ModuleDict.",
    )


def _optimizer(f: PreflightFigures) -> Finding | None:
    if f.n_parameters == 0:
        return None
    missing = tuple(f.not_optimized)
    return _line(
        "optimizer",
        not missing,
        ("The optimizer has every trainable tensor.", "The optimizer lacks trainable tensors."),
        f"{len(missing)} left out",
        "0",
        causes=("they are not given to the optimizer", "it was made for another network"),
        advice="Give it network.parameters(), or freeze these tensors on purpose.",
        items=missing,
    )


def _shapes(f: PreflightFigures) -> Finding | None:
    if f.output_shape is None or f.target_shape is None:
        return None
    output, target = f.output_shape, f.target_shape
    classes_first = len(output) >= 2 and output[1] >= 2 and output[:1] + output[2:] == target
    is_right = output == target or (f.is_classification and classes_first)
    return _line(
        "shapes",
        is_right,
        ("Predictions and targets fit.", "Predictions and targets do not have the same shape."),
        f"{output} and {target}",
        "equal, or one more dimension of classes" if f.is_classification else "equal",
        causes=("broadcasting makes every prediction meet every target",),
        next_test="Print the shape of the loss before it is averaged.",
        advice="Squeeze or unsqueeze the predictions so that both shapes are equal.",
    )


def _loss_shape(f: PreflightFigures) -> Finding:
    return _line(
        "loss-shape",
        math.prod(f.loss_shape) == 1,
        ("The loss is one number.", "The loss is not one number."),
        str(f.loss_shape),
        "()",
        causes=("the loss is not averaged over the batch",),
        advice="Average the loss over the examples.",
    )


def _dtypes(f: PreflightFigures) -> Finding:
    floats = {place: kind for place, kind in f.dtypes.items() if "float" in kind}
    wide = tuple(place for place, kind in floats.items() if kind.endswith("64"))
    raw = tuple(p for p, kind in f.dtypes.items() if "uint8" in kind)
    return _line(
        "dtypes",
        len(set(floats.values())) <= 1 and not wide and not raw,
        ("All numbers have one type.", "Numbers have different or unusual types."),
        ", ".join(f"{place} {kind}" for place, kind in f.dtypes.items()),
        "float32 throughout, or one narrower type",
        causes=("data not converted to float32",),
        advice="Convert the data to float32 when they are read.",
        items=(*wide, *raw),
    )


def _finite(f: PreflightFigures) -> Finding:
    bad = {place: n for place, n in f.n_nonfinite.items() if n}
    first = next(iter(bad), "")
    return _line(
        "finite",
        not bad,
        ("Every number is finite.", f"NaN or infinity appears, first in the {first}."),
        ", ".join(f"{n} in {place}" for place, n in bad.items()) or "0",
        "0",
        causes=("missing values in the data",)
        if first == "inputs"
        else ("an exp, a log or a division by zero",),
        next_test=f"Look at the operation that yields the {first}.",
        advice="Clean the data, or use the stable form, such as log-softmax.",
        items=tuple(bad),
    )


def _probabilities(f: PreflightFigures) -> Finding | None:
    if not f.loss_expects_logits:
        return None
    return _line(
        "logits",
        not f.outputs_are_probabilities,
        ("The loss receives logits.", "The outputs are probabilities, and the loss takes logits."),
        "rows sum to 1" if f.outputs_are_probabilities else "rows do not sum to 1",
        "logits",
        causes=("softmax is applied twice",),
        next_test="Take the last softmax out and look whether the initial loss changes.",
        advice="Drop the softmax at the network's end, or use a loss that takes probabilities.",
    )


def _evaluation(f: PreflightFigures) -> Finding:
    difference = f.evaluated_twice_difference or 0.0
    return _line(
        "evaluation-mode",
        difference <= _SAME * f.output_scale and not f.evaluates_in_training_mode,
        ("Evaluating twice gives the same.", "Evaluating twice gives different predictions."),
        number(difference),
        "0",
        causes=("evaluation runs in training mode", "augmentation is on in evaluation"),
        next_test="Call eval() on the network and evaluate twice again.",
        advice="Switch to evaluation mode before every evaluation, and back after it.",
    )


def _training(f: PreflightFigures) -> Finding:
    difference = f.trained_twice_difference
    is_still = f.has_dropout and difference is not None and difference <= _SAME * f.output_scale
    return _line(
        "training-mode",
        not is_still and not f.trains_in_evaluation_mode,
        ("Training runs in training mode.", "Training runs in evaluation mode."),
        "layers follow the mode" if difference is None else number(difference),
        "different outputs with dropout" if f.has_dropout else "training mode",
        causes=("eval() is called and train() never again", "the dropout rate is 0"),
        advice="Call train() on the network before every training step.",
    )


def _gradients(f: PreflightFigures) -> Finding | None:
    if f.gradient_norms is None:
        return None
    norms = f.gradient_norms
    dead = tuple(name for name, norm in norms.items() if not norm and not _cancels(name, norms))
    if not dead and f.vanishing:
        return _vanishing(f)
    return _line(
        "gradients",
        not dead,
        ("Every trainable tensor gets a gradient.", "Some trainable tensors get no gradient."),
        f"{len(dead)} of {len(f.gradient_norms)} without",
        "0",
        causes=("a detach or a conversion cuts the graph", "a layer is created and never used"),
        next_test=f"Follow the forward pass from {dead[0]} to the loss." if dead else "",
        advice="Mend the cut, or freeze these tensors on purpose.",
        items=dead,
    )


def _cancels(name: str, norms: Mapping[str, float | None]) -> bool:
    """Whether a bias gets a gradient of exactly 0 beside a weight that learns.

    Signs cancel out in an absolute error, and a normalization takes the mean off again.
    """
    beside = name.removesuffix("bias") + "weight"
    return name.endswith("bias") and norms[name] == 0.0 and bool(norms.get(beside))


def _vanishing(f: PreflightFigures) -> Finding:
    return Finding(
        "gradients",
        Verdict.PROBLEM,
        "Gradients vanish on their way through the network.",
        value=f"{len(f.vanishing)} weights with less than a ten-millionth of the largest",
        expected="0",
        causes=(
            "the gradient does not reach the whole network: it vanishes in deep saturating layers",
            "initial weights too small",
        ),
        next_test="Print the gradient norm of every layer, from the last to the first.",
        advice="Use ReLU, normalization or residual connections, and initial weights that fit.",
        items=tuple(f.vanishing),
        source="S2.7",
    )


def _leak(f: PreflightFigures) -> Finding | None:
    if f.reordered_difference is None:
        return None
    return _line(
        "batch-leak",
        f.reordered_difference <= 100 * _SAME * f.output_scale,
        (
            "A prediction does not depend on its batch.",
            "A prediction depends on the other examples of its batch.",
        ),
        number(f.reordered_difference),
        "0",
        causes=("an operation over the wrong dimension", "batch statistics in evaluation mode"),
        next_test="Evaluate one example alone and within a batch, layer by layer.",
        advice="Take softmax, norms and means over features, never over the batch.",
    )


_CHECKS: tuple[Callable[[PreflightFigures], Finding | None], ...] = (
    _unregistered,
    _optimizer,
    _shapes,
    _loss_shape,
    _dtypes,
    _finite,
    _probabilities,
    _evaluation,
    _training,
    _leak,
    _gradients,
)
