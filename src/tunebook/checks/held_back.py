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
_TITLE = "With {part} the network does not even fit a single batch."
_TABLE: dict[str, tuple[str, str, str]] = {
    Part.REGULARIZATION: (_TITLE, f"{Cause.REGULARIZATION}: {{what}}", "Begin without {what}."),
    Part.AUGMENTATION: (_TITLE, f"{Cause.AUGMENTATION}: it destroys what the labels depend on",
                        "Look at ten augmented inputs with their labels."),
}  # fmt: skip


def ask(part: Part, config: Configuration, length: int, readings: Readings) -> Asked:
    """Train on the same batch with and without it, where the task or its settings have any."""
    look = first_batch(config)
    seen = read(readings, look, FirstBatch)
    if seen is None:
        return (look,)
    what = _what(part, seen, TrainingSettings.of(config))
    if not what:
        return Conclusion(())
    steadily = steady(config, accumulate=1)
    held = Train(steadily, N_UPDATES, one_batch=True, without=(_OTHER[part],))
    trainings = (training(config), held)
    found = [readings.get(one) for one in trainings]
    losses = [one.losses for one in found if isinstance(one, Trained | NotFinite)]
    if len(losses) < len(trainings):
        return trainings
    lines = Lines(f"{part}-on-a-batch", _TABLE, "S2.8")
    value = f"loss {number(losses[0][0])} to {number(tail_mean(losses[1]))}"
    expected = f"a fall of at least {LEAST_SHARE:.0%} of that without"
    if _share_left(*losses) < LEAST_SHARE:
        return Conclusion((lines.found(part, value, expected, part=part, what=what),))
    title = f"The network fits a single batch with {part} too."
    return Conclusion((lines.passed(title, value, expected),))


def _what(part: Part, seen: FirstBatch, settings: TrainingSettings) -> str:
    """Return what the task or its settings have of it, nothing if they have none."""
    if part is Part.AUGMENTATION:
        return str(part) if seen.has_augmentation else ""
    has = {
        "dropout": seen.has_dropout,
        "weight decay": settings.weight_decay,
        "label smoothing": settings.label_smoothing,
        "gradient clipping": settings.clip_norm is not None,
    }
    return " or ".join(name for name, is_there in has.items() if is_there)


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
        most=3,
        after=("single-batch",),
        reads=(FirstBatch,),
    )
    for part in _OTHER
)
