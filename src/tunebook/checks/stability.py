"""Whether training is stable around its learning rate, and what helps (S4.46 to S4.49).

Every workload breaks at a large enough rate. It matters only where it forces a rate too small.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import partial
from itertools import chain, takewhile

from tunebook.analysis.series import number, quantile, smoothed
from tunebook.checks.check import Ability, Asked, Check, Conclusion, read
from tunebook.checks.experiments import Train, Watch, steady
from tunebook.checks.first_batch import FirstBatch, first_batch
from tunebook.checks.learning_rate import rounded
from tunebook.checks.readings import NotFinite, Readings, Trained
from tunebook.recipes.settings import TrainingSettings
from tunebook.records import Configuration, Value
from tunebook.records.finding import Finding, Verdict

FACTORS = (1.0, 2.0, 5.0, 10.0)
"""Multiples of the rate at which every update is looked at (S4.46)."""

CLOSE = 2.0
"""A rate should be stable up to this multiple of it."""

LEAST_UPDATES, MOST_UPDATES, SHARE = 20, 150, 0.36
WARM_UPS = (10, 100, 1_000, 10_000, 100_000)
"""Updates of warm-up to try. The source's sweep leaves out 100, by a slip (S4.48)."""

BASE, MAX_SHARE, LEAST_SHARE = 10.0, 0.1, 0.01
"""A warm-up is tried up to this multiple of the unstable rate; its most and its least share of a
training (S4.48)."""

CLIPPED, MOST_CLIPPED, MAX_HALVINGS = 0.9, 0.5, 6
"""The first threshold is this quantile of the norms; where more than half of all updates would be
clipped, it is a lower rate in disguise (S4.49)."""

DIVISORS = (2.0, 4.0)
"""The rate is divided by these where nothing else makes training stable (ours)."""

_LAST = (
    "Neither a warm-up nor clipping nor a quarter of the rate makes it stable. "
    "Try another optimizer, or residual connections with normalization: x + f(norm(x))."
)
_EXPECTED = f"stable at {CLOSE:g} times the rate"
_finding = partial(Finding, "stability", expected=_EXPECTED, source="S4.46")
_RISE, _LEAST_RISE, _BLOW_UP, _EARLY = 1.5, 0.05, 3.0, 100


class Instability(StrEnum):
    """Which kind a curve shows."""

    NONE = "none"
    EARLY = "at the start"
    SUDDEN = "in the middle of training"


def instability(losses: Sequence[float]) -> Instability:
    """Return the kind of instability in losses of every update from 0 on (S4.46).

    Early: above 3 times the first loss within 100 updates. Sudden: the smoothed loss rises above
    1.5 times its minimum after it had fallen below half its start, and by a twentieth of the start:
    a loss near 0 doubles without meaning anything.
    """
    start = losses[0]
    early = losses[: _EARLY + 1]
    if any(not math.isfinite(x) or x - start > (_BLOW_UP - 1) * abs(start) for x in early):
        return Instability.EARLY
    if not all(map(math.isfinite, losses)):
        return Instability.SUDDEN
    lowest = math.inf
    for loss in smoothed(losses):
        lowest = min(lowest, loss)
        is_risen = loss > _RISE * lowest and loss - lowest > _LEAST_RISE * abs(start)
        if lowest < start / 2 and is_risen:
            return Instability.SUDDEN
    return Instability.NONE


def warm_ups(length: int) -> tuple[int, ...]:
    """Return the lengths of warm-up to try, none longer than a tenth of a training (S4.48)."""
    most = max(1, math.floor(MAX_SHARE * length))
    fitting = [n for n in WARM_UPS if n < most]
    return (*fitting, most) if not fitting or fitting[-1] * 3 < most else tuple(fitting)


def survives(losses: Sequence[float], n_ramp: int) -> bool:
    """Return whether a warm-up survived: no blow-up, and after its ramp below its start (S4.48).

    A bump on the ramp that comes down again is what the ramp is for.
    """
    start = losses[0]
    if not all(map(math.isfinite, losses)) or max(losses) > _BLOW_UP * start:
        return False
    return max(smoothed(losses[n_ramp:]) or [math.inf]) < start


def thresholds(norms: Sequence[float]) -> Iterator[float]:
    """Return the norms at which to clip, one after the other: halves of the first (S4.49)."""
    finite = [norm for norm in norms if 0 < norm < math.inf]
    levels = (quantile(finite, CLIPPED) / 2**k for k in range(MAX_HALVINGS if finite else 0))
    return takewhile(lambda level: clipped_share(finite, level) <= MOST_CLIPPED, levels)


def clipped_share(norms: Sequence[float], level: float) -> float:
    """Return the share of updates whose gradient a threshold shortens."""
    return sum(norm > level for norm in norms) / len(norms)


def probe(config: Configuration, length: int, factor: float, **changes: Value) -> Train:
    """Return a training at a multiple of the rate, every update of it looked at (S4.46)."""
    n = min(MOST_UPDATES, max(LEAST_UPDATES, int(SHARE * length)))
    return Train(steady(config, **changes), n, factor=factor, watch=(Watch.SAMPLE, Watch.NORMS))


def free_probe(config: Configuration, length: int) -> Train:
    """Return the probe whose norms of the gradient are those before any clipping."""
    is_clipped = TrainingSettings.of(config).clip_norm is not None
    return probe(config, length, CLOSE, **({"clip_norm": None} if is_clipped else {}))


Remedy = tuple[Train, Callable[[Sequence[float]], bool], tuple[str, Mapping[str, Value], str]]
"""A training to try, whether its losses show that it helps, and then what to say: a title, what to
change, and the reason; where nothing can be changed, the advice."""


def ask(config: Configuration, length: int, readings: Readings) -> Asked:
    """Probe multiples of the rate; where training breaks, try the remedies in their order."""
    look = first_batch(config)
    seen = read(readings, look, FirstBatch)
    probes = {factor: probe(config, length, factor) for factor in FACTORS}
    if seen is None or any(experiment not in readings for experiment in probes.values()):
        return (look, *probes.values())
    kinds = {factor: instability(_costs(readings, e)) for factor, e in probes.items()}
    broken = next((f for f, kind in kinds.items() if kind is not Instability.NONE), None)
    if broken is None:
        title = f"Training is stable up to {FACTORS[-1]:g} times its learning rate."
        return Conclusion((_finding(Verdict.PASS, title),))
    kind, value, is_own = kinds[broken], f"{broken:g} x", seen.has_own_optimizer
    where = "its learning rate" if broken == 1 else f"{broken:g} times its learning rate"
    title = f"Training is unstable {kind} at {where}."
    if broken > CLOSE:
        return Conclusion((_finding(Verdict.NOTICE, title, value),))
    ramps = _ramps(config, length) if kind is Instability.EARLY and not is_own else ()
    others = (_clippings(config, length, readings), _rates(config, length, is_own=is_own))
    for training, helps, (remedy, change, reason) in chain(ramps, *others):
        if training not in readings:
            return (training,)
        if helps(_costs(readings, training)):
            advice, reason = ("", reason) if change else (reason, "")
            told = _finding(Verdict.NOTICE, f"{title} {remedy}", value, advice=advice)
            return Conclusion((told,), change, reason)
    weights = ("the first weights are too large",) if kind is Instability.EARLY else ()
    causes = (*weights, "the learning rate is too high")
    return Conclusion((_finding(Verdict.PROBLEM, title, value, causes=causes, advice=_LAST),))


def _costs(readings: Readings, asked: Train) -> Sequence[float]:
    """Return the loss of the fixed sample, ended by what is not finite where the training was."""
    found = readings[asked]
    assert isinstance(found, Trained | NotFinite)
    return found.sample if isinstance(found, Trained) else (*found.sample, math.nan)


def _ramps(config: Configuration, length: int) -> Iterator[Remedy]:
    """Ramps to ten times the unstable rate, with twice as many updates at it, until one survives.

    The first that does is the warm-up (S4.48).
    """
    for n in warm_ups(length):
        warmed = steady(config, warmup=1 / 3)
        ramp = Train(warmed, 3 * n, factor=CLOSE * BASE, watch=(Watch.SAMPLE,))
        change: dict[str, Value] = {"warmup": round(max(LEAST_SHARE, n / length), 4)}
        reason = f"the shortest that survives {CLOSE * BASE:g} times the rate has {n} updates"
        yield ramp, partial(survives, n_ramp=n), ("A warm-up makes it stable.", change, reason)


def _clippings(config: Configuration, length: int, readings: Readings) -> Iterator[Remedy]:
    """Clip the gradient at lower and lower norms until training holds (S4.49)."""
    free = free_probe(config, length)
    # Its norms are needed first; where it was stable itself, it is no remedy.
    yield free, lambda losses: False, ("", {}, "")
    norms = getattr(readings[free], "norms", ())
    for level in thresholds(norms):
        title = f"Clipping the gradient at a norm of {number(level)} makes it stable."
        share = clipped_share(norms, level)
        reason = f"the largest norm that holds training; it clips {share:.0%} of the updates"
        clipped = probe(config, length, CLOSE, clip_norm=level)
        yield clipped, _is_stable, (title, {"clip_norm": level}, reason)


def _rates(config: Configuration, length: int, *, is_own: bool) -> Iterator[Remedy]:
    """Lower the rate, as the last resort, until twice of it is stable (S4.47)."""
    for divisor in DIVISORS:
        title = f"Neither warm-up nor clipping helps: 1/{divisor:g} of the rate is stable."
        change: dict[str, Value] = {"lr": rounded(TrainingSettings.of(config).lr / divisor)}
        reason = f"at 1/{divisor:g} of the rate training is stable; clipping is not enough"
        if is_own:
            change, reason = {}, f"Divide the rate of the task's own optimizer by {divisor:g}."
        yield probe(config, length, CLOSE / divisor), _is_stable, (title, change, reason)


def _is_stable(losses: Sequence[float]) -> bool:
    return instability(losses) is Instability.NONE


CHECK = Check(
    name="stability",
    question="Is training stable at and above its learning rate?",
    rules=("S4.46", "S4.47", "S4.48", "S4.49"),
    ability=Ability.CAN_LOOK_INSIDE,
    ask=ask,
    least=1 + len(FACTORS),
    most=1 + len(FACTORS) + len(WARM_UPS) + MAX_HALVINGS + len(DIVISORS) + 1,
    reads=(FirstBatch,),
    is_quick=False,
)
