"""How large updates are beside the weights that they change (S1.12).

A size that is out of the ordinary is no verdict on a rate: what would mend it is tried, and adopted
only where the loss falls as deep.
"""

from __future__ import annotations

from functools import partial

from tunebook.analysis.series import number, quantile, smoothed, tail_mean
from tunebook.checks.check import Ability, Asked, Check, Conclusion, read
from tunebook.checks.experiments import Train, Watch, steady, with_settings
from tunebook.checks.first_batch import FirstBatch, first_batch
from tunebook.checks.learning_rate import at_rate, rounded
from tunebook.checks.readings import Readings, Trained
from tunebook.recipes.settings import TrainingSettings
from tunebook.records import Configuration, Value
from tunebook.records.finding import Finding, Verdict

TARGET, BAND = 1e-3, (1e-4, 1e-2)
"""The size to aim at, and where sizes are ordinary (S1.12)."""

N_UPDATES, MAX_FACTOR, WARM_UP = 10, 10.0, 0.1
_FROZEN = ("no gradient reaches them", "they are not given to the optimizer")
_SIZES = f"{BAND[0]:g} to {BAND[1]:g} of the weights, best near {TARGET:g}"
_finding = partial(Finding, "update-size", source="S1.12")


def training(config: Configuration) -> Train:
    """Return the few updates whose size is measured."""
    return Train(steady(config), N_UPDATES, watch=(Watch.UPDATES,))


def ask(config: Configuration, length: int, readings: Readings) -> Asked:
    """Measure ten updates; where they are too large or too small, try what would mend it."""
    look, short = first_batch(config), training(config)
    seen = read(readings, look, FirstBatch)
    if seen is None or short not in readings:
        return (look, short)
    done = read(readings, short, Trained)
    sizes = {} if done is None else done.updates
    if not sizes:
        title = "The size of updates could not be measured: the loss is not finite, or no matrix."
        return Conclusion((_finding(Verdict.UNKNOWN, title, expected=_SIZES),))
    frozen = tuple(name for name, size in sizes.items() if size == 0.0)
    if frozen:
        value, title = f"{len(frozen)} of {len(sizes)} tensors", "Some tensors do not move at all."
        expected = "every tensor that is trained moves"
        problem = _finding(Verdict.PROBLEM, title, value, expected, _FROZEN, items=frozen)
        return Conclusion((problem,))
    median = quantile(list(sizes.values()), 0.5)
    value = f"median {number(median)} over {len(sizes)} tensors"
    if BAND[0] <= median <= BAND[1]:
        title = "Updates have an ordinary size."
        return Conclusion((_finding(Verdict.PASS, title, value, _SIZES),))
    title = f"Updates are too {'large' if median > BAND[1] else 'small'} for the weights."
    farthest = (max(sizes, key=lambda name: max(sizes[name] / TARGET, TARGET / sizes[name])),)
    noticed = partial(_finding, Verdict.NOTICE, title, value, _SIZES, items=farthest)
    if seen.has_own_optimizer:
        advice = "Change the rate of the task's own optimizer and measure again."
        return Conclusion((noticed(advice=advice),))
    plain = at_rate(config, length, TrainingSettings.of(config).lr)
    changes = _changes(config, median)
    tried = [Train(with_settings(plain.config, **c), plain.updates) for c, _ in changes]
    if any(experiment not in readings for experiment in (plain, *tried)):
        return (plain, *tried)
    for (change, reason), experiment in zip(changes, tried, strict=True):
        if _depth(readings, experiment) <= _depth(readings, plain):
            told = f"{reason}: the loss falls as deep"
            return Conclusion((noticed(advice=told),), change, told)
    advice = "No action follows: the loss falls less deep with another rate or a warm-up."
    return Conclusion((noticed(advice=advice),))


def _changes(config: Configuration, median: float) -> list[tuple[dict[str, Value], str]]:
    """Return what would bring updates to the band, gentlest first: a warm-up, another rate."""
    settings = TrainingSettings.of(config)
    edge = BAND[1] if median > BAND[1] else BAND[0]
    factor = min(MAX_FACTOR, max(1 / MAX_FACTOR, edge / median))
    warm_up: dict[str, Value] = {"warmup": WARM_UP}
    rate: dict[str, Value] = {"lr": rounded(settings.lr * factor)}
    found = [(rate, f"{factor:.2g} x the rate")]
    if median > BAND[1] and not settings.warmup > 0:
        found.insert(0, (warm_up, f"a warm-up over {WARM_UP:.0%} of training"))
    return found


def _depth(readings: Readings, asked: Train) -> float:
    found = readings[asked]
    return tail_mean(smoothed(found.losses)) if isinstance(found, Trained) else float("inf")


CHECK = Check(
    name="update-size",
    question="Are updates of an ordinary size beside the weights?",
    rules=("S1.12",),
    ability=Ability.CAN_LOOK_INSIDE,
    ask=ask,
    least=2,
    most=5,
    reads=(FirstBatch,),
    is_quick=False,
)
