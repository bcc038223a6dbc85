"""What inputs, labels and the initial loss show before training (S2.5, S2.7)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tunebook.analysis.series import number
from tunebook.records.finding import Finding, Verdict

MEAN, DEVIATIONS = 0.05, (0.9, 1.1)
"""What standardized inputs have in each channel: |mean| below, deviation within (S2.5)."""

CHANCE = 0.1
"""The initial loss lies within this share of that of chance (S2.7)."""

_SCALED_RANGE, _FAR = 1.5, 10.0
_SQUASHED = 0.05


@dataclass(frozen=True, slots=True)
class DataFigures:
    """What a probe found in training inputs as the network receives them, labels, and first loss.

    Means and deviations are per channel or feature. ``n_training`` examples gave them: the
    tolerance on means widens for few. ``chance_loss`` is ln K for K classes.
    """

    means: Sequence[float] | None = None
    deviations: Sequence[float] | None = None
    lowest: float | None = None
    highest: float | None = None
    n_training: int | None = None
    label_range: tuple[int, int] | None = None
    n_classes: int | None = None
    batch_size: int | None = None
    initial_loss: float | None = None
    chance_loss: float | None = None


def judge_data(figures: DataFigures) -> list[Finding]:
    """Return the lines on inputs, labels and the initial loss that were measured."""
    labels = None
    if figures.label_range is not None and figures.n_classes is not None:
        labels = judge_labels(*figures.label_range, figures.n_classes)
    found = (_inputs(figures), labels, initial_loss(figures))
    return [finding for finding in found if finding is not None]


def is_standardized(
    means: Sequence[float], deviations: Sequence[float], n: int | None = None
) -> bool:
    """Whether each channel has mean 0 and deviation 1 (S2.5); constant channels are passed over.

    With ``n`` examples the mean may be off by four of its standard errors.
    """
    mean = MEAN if n is None else max(MEAN, 4 / math.sqrt(n))
    low, high = DEVIATIONS if n is None else (min(0.9, 1 - 4 / math.sqrt(2 * n)), 1.1)
    high = high if n is None else max(high, 1 + 4 / math.sqrt(2 * n))
    pairs = [(m, d) for m, d in zip(means, deviations, strict=True) if d > 1e-8]
    return bool(pairs) and all(abs(m) <= mean and low <= d <= high for m, d in pairs)


def _inputs(f: DataFigures) -> Finding | None:
    if not f.means or not f.deviations:
        return None
    size = max(max((abs(m) for m in f.means), default=0.0), max(f.deviations, default=0.0))
    value = f"mean up to {number(max(map(abs, f.means)))}, deviation {_span(f.deviations)}"
    expected = "mean 0 and deviation 1, or a range of 1"
    if max(f.deviations) <= 1e-8:
        return _input_problem("All inputs are the same.", value, expected, "the inputs are zeroed")
    if is_standardized(f.means, f.deviations, f.n_training):
        title = "Inputs are standardized."
        return Finding("inputs", Verdict.PASS, title, value, expected, source="S2.5")
    if f.lowest is not None and f.highest is not None:
        span = f.highest - f.lowest
        if span < _SQUASHED:
            title = "Inputs have almost no spread: they look normalized twice."
            return _input_problem(title, value, expected, "scaling by 255 is applied twice")
        if max(abs(f.lowest), abs(f.highest)) <= _SCALED_RANGE:
            title = "Inputs are scaled to a small range."
            return Finding("inputs", Verdict.PASS, title, value, expected, source="S2.5")
    if size > _FAR:
        return _input_problem("Inputs are not normalized.", value, expected, "a forgotten step")
    return Finding(
        "inputs",
        Verdict.NOTICE,
        "Inputs are not standardized exactly.",
        value,
        expected,
        causes=("statistics of other data were used",),
        advice="Subtract the mean and divide by the deviation of the training data.",
        source="S2.5",
    )


def _input_problem(title: str, value: str, expected: str, cause: str) -> Finding:
    return Finding(
        "inputs",
        Verdict.PROBLEM,
        title,
        value,
        expected,
        causes=(cause,),
        next_test="Print mean and deviation of a channel before and after each step.",
        advice="Normalize once, with statistics of the training data alone.",
        source="S2.5",
    )


def _span(values: Sequence[float]) -> str:
    return f"{number(min(values))} to {number(max(values))}"


def judge_labels(low: int, high: int, n_classes: int) -> Finding:
    """Return the line on labels from ``low`` to ``high``, which are to be classes."""
    value, expected = f"{low} to {high}", f"0 to {n_classes - 1}"
    if low < 0 or high >= n_classes:
        return Finding(
            "labels",
            Verdict.PROBLEM,
            "Labels lie outside the classes of the network.",
            value,
            expected,
            causes=("labels begin at 1", "the network has too few outputs"),
            advice="Number the classes from 0, and give the network one output for each.",
            source="S2.7",
        )
    return Finding("labels", Verdict.PASS, "Labels are classes.", value, expected, source="S2.7")


def initial_loss(f: DataFigures) -> Finding | None:
    """Return the line on the loss at initialization: chance within 10 % (S2.7).

    ln(batch size) in place of ln(classes) is the signature of a softmax over the batch.
    """
    if f.initial_loss is None or f.chance_loss is None:
        return None
    value, expected = number(f.initial_loss), f"{number(f.chance_loss)} within 10 %"
    if abs(f.initial_loss - f.chance_loss) <= CHANCE * abs(f.chance_loss):
        title = "The loss starts at that of chance."
        return Finding("initial-loss", Verdict.PASS, title, value, expected, source="S2.7")
    if f.batch_size is not None and f.batch_size > 1:
        over_batch = math.log(f.batch_size)
        apart = abs(over_batch - f.chance_loss) > CHANCE * abs(f.chance_loss)
        if apart and abs(f.initial_loss - over_batch) <= CHANCE * over_batch:
            return Finding(
                "initial-loss",
                Verdict.PROBLEM,
                "The loss starts at ln(batch size), not at ln(classes).",
                value,
                expected,
                causes=("the softmax is taken over the wrong dimension: over the batch",),
                next_test="Halve the batch: the initial loss falls by ln 2 if this is so.",
                advice="Take the softmax over the classes.",
                source="S2.7",
            )
    is_far = f.initial_loss > 2 * f.chance_loss or f.initial_loss < 0.5 * f.chance_loss
    is_high = f.initial_loss > f.chance_loss
    return Finding(
        "initial-loss",
        Verdict.PROBLEM if is_far else Verdict.NOTICE,
        f"The loss starts {'above' if is_high else 'below'} that of chance.",
        value,
        expected,
        causes=("initial outputs are too large", "inputs are not normalized")
        if is_high
        else ("the loss is given something else", "the label is part of the input"),
        next_test="Multiply the last layer by 0.01 and look at the initial loss again.",
        advice="Make the last layer's initial weights smaller; check what the loss receives.",
        source="S2.7",
    )
