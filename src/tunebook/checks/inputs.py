"""Are inputs scaled, and alike in every split (S2.5, S0.3)?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from tunebook.analysis.series import number
from tunebook.checks.split_figures import TRAIN, VALIDATION, data_check
from tunebook.records.finding import Finding, Verdict

MEAN, DEVIATIONS = 0.05, (0.9, 1.1)
"""What standardized inputs have in each feature: |mean| below, deviation within (S2.5)."""

SCALED_RANGE, FAR, SQUASHED = 1.5, 10.0, 0.05
MOVED, FACTOR, N_LEAST = 1.5, 3.0, 10
_CERTAIN, _END = 14.0, 0.05


@dataclass(frozen=True, slots=True)
class Level:
    """Inputs of ``n`` examples of a split. A feature of images is a channel.

    ``off_center`` is the largest |mean| of a feature, ``deviations`` the least and the largest; of
    constant ones neither. ``at_ends`` is the share of examples that reach the lowest and the
    highest number. ``is_exact``: the split's own statistics made its scale. ``moved`` are features
    that lie elsewhere than in training.
    """

    n: int
    mean: float
    deviation: float
    off_center: float
    deviations: tuple[float, float]
    range: tuple[float, float]
    n_features: int = 1
    n_constant: int = 0
    at_ends: tuple[float, ...] = (0.0, 0.0)
    is_exact: bool = False
    moved: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Inputs:
    """Levels by name of the input and split. ``pooled``: statistics of all splits made the scale.

    ``reaches`` is the size of what the first layer with weights is given, None if unknown.
    """

    levels: Mapping[str, Mapping[str, Level]]
    pooled: Mapping[str, bool]
    reaches: float | None = None


def judge(seen: Inputs) -> Iterator[Finding]:
    """Yield the scale of training inputs, then splits that are scaled in another way."""
    for name, levels in seen.levels.items():
        yield _scale(name, levels[TRAIN], seen.reaches)
        if levels[TRAIN].deviation <= 1e-8:
            continue
        shifts = [f for s, v in levels.items() if s != TRAIN for f in _shift(name, s, v, levels)]
        yield from shifts
        if not shifts:
            yield from _own(name, levels, is_pooled=seen.pooled.get(name, False))


_TEST = "Print mean and deviation of a batch of each split, after each step."
_problem = partial(
    Finding,
    "inputs",
    Verdict.PROBLEM,
    next_test=_TEST,
    advice="Normalize once, with statistics of the training data alone, and every split alike.",
    source="S2.5",
)


def _scale(name: str, level: Level, reaches: float | None) -> Finding:
    value = f"mean up to {number(level.off_center)}, deviation "
    value += " to ".join(map(number, level.deviations))
    if level.n_constant:
        value += f"; {level.n_constant} of {level.n_features} features are constant"
    expected = "mean 0 and deviation 1, or a range of 1"
    low, high = level.range
    is_far, is_flat = max(level.off_center, level.deviations[1]) > FAR, high - low < SQUASHED
    is_sized_inside = reaches is not None and SQUASHED < reaches <= FAR
    title = cause = ""
    if level.n_constant == level.n_features and level.n > 1:
        title, cause = f"All {name} are the same.", "the inputs are zeroed"
    elif is_flat and not is_sized_inside:
        title = f"The {name} have almost no spread: they look normalized twice."
        cause = "scaling by 255 is applied twice"
    elif is_far and not is_sized_inside:
        title, cause = f"The {name} are not normalized.", "a normalization is missing"
    if cause:
        return _problem(title, value, expected, (cause,))
    verdict, causes = Verdict.PASS, tuple[str, ...]()
    if _is_standardized(level):
        title = f"The {name} are standardized."
    elif is_far or is_flat:
        title = f"The network itself scales the {name}."
    elif max(abs(low), abs(high)) <= SCALED_RANGE:
        title = f"The {name} are scaled to a small range."
    else:
        title = f"The {name} are not standardized exactly."
        verdict, causes = Verdict.NOTICE, ("statistics of other data were used",)
    return Finding("inputs", verdict, title, value, expected, causes, source="S2.5")


def _is_standardized(level: Level) -> bool:
    """Whether features, or all numbers together, have mean 0 and deviation 1 (S2.5).

    The mean may be off by four of its standard errors.
    """
    mean = max(MEAN, 4 / math.sqrt(level.n))
    slack = 4 / math.sqrt(2 * level.n)
    low, high = min(DEVIATIONS[0], 1 - slack), max(DEVIATIONS[1], 1 + slack)
    each = (
        level.off_center <= mean and low <= min(level.deviations) <= max(level.deviations) <= high
    )
    return each or (abs(level.mean) <= MEAN and DEVIATIONS[0] <= level.deviation <= DEVIATIONS[1])


def _shift(name: str, split: str, level: Level, levels: Mapping[str, Level]) -> Iterator[Finding]:
    """Yield a finding if inputs lie elsewhere than those of training (S0.3).

    Test data may come from elsewhere: then it is a notice, as are a few features that have moved.
    """
    train = levels[TRAIN]
    if min(level.n, train.n) < N_LEAST:
        return
    moved = abs(level.mean - train.mean) / max(train.deviation, level.deviation)
    ratio = level.deviation / train.deviation
    is_other = moved > MOVED or not 1 / FACTOR <= ratio <= FACTOR or _ends_differ(train, level)
    is_other = is_other or 2 * len(level.moved) >= train.n_features > 1
    if not is_other and not level.moved:
        return
    title = f"Some features of the {name} of {split} lie elsewhere than in training."
    causes: tuple[str, ...] = ("the data drift", "these features are preprocessed differently")
    if is_other:
        title = f"The {name} of {split} are scaled differently than those of training."
        causes = ("the splits are preprocessed differently: a normalization is missing in one",)
    value = f"mean {number(level.mean)} and {number(train.mean)}, deviation "
    value += f"{number(level.deviation)} and {number(train.deviation)}"
    if level.moved and level.n_features > 1:
        value += f"; features {', '.join(map(str, level.moved[:10]))}"
    if is_other and split == VALIDATION:
        yield _problem(title, value, "about the same", causes)
    else:
        verdict, expected = Verdict.NOTICE, "about the same"
        yield Finding("inputs", verdict, title, value, expected, causes, _TEST, source="S0.3")


def _ends_differ(train: Level, level: Level) -> bool:
    """Whether both splits often reach the ends of their range, and these are different.

    Pixels end at black and white in every split, unless one of them is scaled in another way.
    """
    n = min(train.n, level.n)
    reach = min(*train.at_ends, *level.at_ends)
    span = max(train.range[1] - train.range[0], level.range[1] - level.range[0])
    apart = max(abs(a - b) for a, b in zip(train.range, level.range, strict=True))
    return n * reach >= _CERTAIN and apart > _END * span


def _own(name: str, levels: Mapping[str, Level], *, is_pooled: bool) -> Iterator[Finding]:
    """Yield a finding if a split has a scale that only its own statistics can have made (S2.5)."""
    exact = [split for split, level in levels.items() if level.is_exact]
    told = ", ".join(
        f"{split}: mean up to {number(v.off_center)}, {' to '.join(map(number, v.range))}"
        for split, v in levels.items()
    )
    if len(exact) > 1 and TRAIN in exact:
        title = f"The {name} of each split are scaled by statistics of that split."
        causes = ("each split is standardized separately, by its own statistics",)
        yield _problem(title, told, "exact in training alone", causes)
    elif is_pooled and not exact:
        title = f"The {name} are standardized by statistics of all splits together."
        causes = ("statistics of evaluation data were used in the normalization",)
        yield Finding("inputs", Verdict.NOTICE, title, told, "", causes, source="S2.5")


CHECK = data_check(
    "inputs",
    "Are inputs scaled, and alike in every split?",
    rules=("S2.5", "S0.3"),
    kind=Inputs,
    judge=judge,
    after=("data", "missing-values"),
)
