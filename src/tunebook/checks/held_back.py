"""Whether regularization or augmentation keeps a network from fitting even one batch (S2.8)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from tunebook.analysis.series import number, tail_mean
from tunebook.checks.check import Ability, Asked, Check, Conclusion, read
from tunebook.checks.experiments import Part, Train, steady
from tunebook.checks.first_batch import FirstBatch, first_batch
from tunebook.checks.one_look import Lines
from tunebook.checks.readings import NotFinite, Readings, Trained
from tunebook.checks.single_batch import Cause, training
from tunebook.recipes.settings import TrainingSettings
from tunebook.records import Configuration

N_UPDATES, LEAST_SHARE = 300, 0.4
"""Updates on the batch, and the share of the plain fall in loss that must be left."""

_OTHER = {Part.REGULARIZATION: Part.AUGMENTATION, Part.AUGMENTATION: Part.REGULARIZATION}
_CLIPPING = "gradient clipping"
_TITLE = "With {part} the network does not even fit a single batch."
_TABLE = {
    Part.REGULARIZATION: (
        _TITLE,
        f"{Cause.REGULARIZATION}: dropout or weight decay is too strong",
        "Lower dropout and weight decay; begin with none.",
    ),
    Part.AUGMENTATION: (
        _TITLE,
        f"{Cause.AUGMENTATION}: it destroys what the labels depend on",
        "Look at ten augmented inputs with their labels.",
    ),
    _CLIPPING: (
        _TITLE,
        "gradient clipping: its threshold is far below the norm of the gradient",
        "Raise clip_norm above the usual norm.",
    ),
}


def ask(part: Part, config: Configuration, length: int, readings: Readings) -> Asked:
    """Train on the same batch with and without it, where the task or its settings have any."""
    look, settings = first_batch(config), TrainingSettings.of(config)
    seen = read(readings, look, FirstBatch)
    if seen is None:
        return (look,)
    clips = part is Part.REGULARIZATION and settings.clip_norm is not None
    shares = (seen.has_dropout, settings.weight_decay, settings.label_smoothing, clips)
    if not (seen.has_augmentation if part is Part.AUGMENTATION else any(shares)):
        return Conclusion(())
    trainings = (training(config), _held(part, config), _held(part, config, clip_norm=None))
    plain, held, free = (_losses(readings, one) for one in trainings)
    if plain is None or held is None:
        return trainings[:2]
    share, culprit = _share_left(plain, held), str(part)
    if share < LEAST_SHARE and clips:
        if free is None:
            return trainings[2:]
        culprit = _CLIPPING if _share_left(plain, free) >= LEAST_SHARE else culprit
    lines = Lines(f"{part}-on-a-batch", _TABLE, "S2.8")
    value = f"loss {number(plain[0])} to {number(tail_mean(held))}"
    expected = f"a fall of at least {LEAST_SHARE:.0%} of that without"
    if share < LEAST_SHARE:
        return Conclusion((lines.found(culprit, value, expected, part=part),))
    title = f"The network fits a single batch with {part} too."
    return Conclusion((lines.passed(title, value, expected),))


def _held(part: Part, config: Configuration, **changes: object) -> Train:
    changed = steady(config, accumulate=1, **changes)
    return Train(changed, N_UPDATES, one_batch=True, without=(_OTHER[part],))


def _losses(readings: Readings, asked: Train) -> Sequence[float] | None:
    found = readings.get(asked)
    return found.losses if isinstance(found, Trained | NotFinite) else None


def _share_left(plain: Sequence[float], held: Sequence[float]) -> float:
    """Return how much of the fall in loss is left after as many updates."""
    n = min(len(plain), len(held))
    fall, left = (plain[0] - tail_mean(losses[:n]) for losses in (plain, held))
    if not math.isfinite(left):
        return 0.0
    return left / fall if fall > 0 else 1.0


CHECKS = tuple(
    Check(
        name=f"{part}-on-a-batch",
        question=f"Does the network fit one batch with its {part}?",
        rules=("S2.8",),
        ability=Ability.CAN_LOOK_INSIDE,
        ask=partial(ask, part),
        least=1,
        most=4,
        after=("single-batch",),
        reads=(FirstBatch,),
    )
    for part in _OTHER
)
