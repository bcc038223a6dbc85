"""Whether regularization or augmentation keeps a network from fitting even one batch (S2.8)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from tunebook.analysis.series import number, tail_mean
from tunebook.checks.check import Ability, Asked, Check, Conclusion, read
from tunebook.checks.experiments import Part, Train, steady
from tunebook.checks.first_batch import FirstBatch, first_batch
from tunebook.checks.readings import NotFinite, Readings, Trained
from tunebook.checks.single_batch import Cause, training
from tunebook.recipes.settings import TrainingSettings
from tunebook.records import Configuration
from tunebook.records.finding import Finding, Verdict

N_UPDATES, LEAST_SHARE = 300, 0.4
"""Updates on the batch, and the share of the plain fall in loss that must be left."""

_OTHER = {Part.REGULARIZATION: Part.AUGMENTATION, Part.AUGMENTATION: Part.REGULARIZATION}
_CAUSES = {
    Part.REGULARIZATION: (Cause.REGULARIZATION.value, "dropout or weight decay is too strong"),
    Part.AUGMENTATION: (Cause.AUGMENTATION.value, "it destroys what the labels depend on"),
}
_CLIPPED = ("gradient clipping: its threshold is far below the norm of the gradient",)
_ADVICE = {
    Part.REGULARIZATION: "Lower dropout and weight decay; begin with none.",
    Part.AUGMENTATION: "Look at ten augmented inputs with their labels.",
}


def ask(part: Part, config: Configuration, length: int, readings: Readings) -> Asked:
    """Train on the same batch with and without it, where the task or its settings have any."""
    look, plain = first_batch(config), training(config)
    seen = read(readings, look, FirstBatch)
    if seen is None:
        return (look,)
    settings = TrainingSettings.of(config)
    has_it = seen.has_augmentation if part is Part.AUGMENTATION else _regularizes(seen, settings)
    if not has_it:
        return Conclusion(())
    held = Train(steady(config, accumulate=1), N_UPDATES, one_batch=True, without=(_OTHER[part],))
    if plain not in readings or held not in readings:
        return (plain, held)
    finding = _judge(part, _losses(readings, plain), _losses(readings, held))
    if finding.verdict is Verdict.PASS or part is Part.AUGMENTATION or settings.clip_norm is None:
        return Conclusion((finding,))
    free = Train(
        steady(config, accumulate=1, clip_norm=None), N_UPDATES, one_batch=True,
        without=(_OTHER[part],),
    )  # fmt: skip
    if free not in readings:
        return (free,)
    unclipped = _judge(part, _losses(readings, plain), _losses(readings, free))
    causes = _CLIPPED if unclipped.verdict is Verdict.PASS else _CAUSES[part]
    return Conclusion((_problem(part, finding.value, causes),))


def _regularizes(seen: FirstBatch, settings: TrainingSettings) -> bool:
    shares = (settings.weight_decay, settings.label_smoothing)
    return seen.has_dropout or any(shares) or settings.clip_norm is not None


def _losses(readings: Readings, asked: Train) -> Sequence[float]:
    found = readings[asked]
    assert isinstance(found, Trained | NotFinite)
    return found.losses


def _judge(part: Part, plain: Sequence[float], losses: Sequence[float]) -> Finding:
    """Compare the falls in loss; a problem if hardly anything of the plain one is left (S2.8)."""
    n = min(len(plain), len(losses))
    fall = plain[0] - tail_mean(plain[:n])
    left = plain[0] - tail_mean(losses[:n])
    share = left / fall if fall > 0 else 1.0
    value = f"loss {number(plain[0])} to {number(tail_mean(losses[:n]))}"
    if not math.isfinite(share) or share < LEAST_SHARE:
        return _problem(part, value, _CAUSES[part])
    title = f"The network fits a single batch with {part.value} too."
    return Finding(_NAMES[part], Verdict.PASS, title, value, _EXPECTED, source="S2.8")


_EXPECTED = f"a fall of at least {LEAST_SHARE:.0%} of that without"
_NAMES = {part: f"{part.value}-on-a-batch" for part in _OTHER}


def _problem(part: Part, value: str, causes: tuple[str, ...]) -> Finding:
    is_clipped = causes is _CLIPPED
    return Finding(
        _NAMES[part],
        Verdict.PROBLEM,
        f"With {part.value} the network does not even fit a single batch.",
        value,
        _EXPECTED,
        causes=causes,
        next_test="" if is_clipped else f"Train on the same batch with half the {part.value}.",
        advice="Raise clip_norm above the usual norm." if is_clipped else _ADVICE[part],
        source="S2.8",
    )


CHECKS = tuple(
    Check(
        name=_NAMES[part],
        question=f"Does the network fit one batch with its {part.value}?",
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
