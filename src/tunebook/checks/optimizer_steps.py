"""What the optimizer does with a gradient: resets it, moves the weights, heeds its rate (S2.7).

Its mistakes look like those of a learning rate, so they are told before any training is judged.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from tunebook.analysis.series import number
from tunebook.checks.check import Ability, Asked, Check, Conclusion, read
from tunebook.checks.experiments import Look
from tunebook.checks.readings import Readings
from tunebook.recipes.schedules import factor
from tunebook.recipes.settings import TrainingSettings
from tunebook.records import Configuration
from tunebook.records.finding import Finding, Verdict

ZERO, JUMP, IN_TIME = 1e-4, 30.0, 0.5
"""A rate below this share of its highest is zero; a step up by this much over all before is a jump;
and it should not be zero before this share of a training is over (ours)."""

_STILL, _CLIPPED, _SHORTENED = 1e-5, 100.0, 0.01
_LEFT, _DECAY, _SHRINKS = 0.5, 0.75, 1e-3
_LARGE, _WARMING, _AVERAGED, _N_POINTS = 1.0, 0.02, 0.1, 1000


@dataclass(frozen=True, slots=True)
class StepFigures:
    """What steps did. Sizes are norms over all trained tensors, in units of that of the weights.

    ``gradient`` is the norm of the first batch's gradient, ``weights`` that of the weights, 1 if
    they are zero. ``losses`` and ``moved`` are those of the first updates on one batch, as training
    makes them, of matrices alone. The others
    come from steps with one and the same gradient: ``left`` is what was left of it after
    ``zero_grad``, in multiples of it; ``rates`` the highest learning rate of each step, and
    ``base`` the one that a warm-up leads to; ``clipped`` and ``free`` the size of a step as
    configured and without ``clip_norm``; ``acts_each`` how many steps make one that moves.
    ``decay`` is the cosine between a step and the weights' way to zero, with and without weight
    decay. ``is_reset`` tells that a step itself drops the gradient.
    """

    n_tensors: int
    n_held: int
    is_own: bool
    has_own_rate: bool
    gradient: float = 0.0
    weights: float = 1.0
    losses: tuple[float, ...] = ()
    moved: tuple[float, ...] = ()
    left: tuple[float, ...] = ()
    rates: tuple[float, ...] = ()
    base: float = 0.0
    clipped: float = 0.0
    free: float = 0.0
    acts_each: int = 1
    n_elements: int = 0
    decay: tuple[float, float] = (0.0, 0.0)
    is_reset: bool = False


def ask(config: Configuration, length: int, readings: Readings) -> Asked:
    """Look at a few hundred steps, and judge them by the first rule that holds."""
    look = Look("optimizer-steps", config)
    seen = read(readings, look, StepFigures)
    if seen is None:
        return (look,)
    problem = next(_problems(seen, TrainingSettings.of(config), length), None)
    if problem is not None:
        return Conclusion((problem,))
    if not seen.gradient:
        title = "Steps could not be looked at: no finite gradient reaches the optimizer."
        return Conclusion((_finding(Verdict.UNKNOWN, title),))
    notices = tuple(_notices(seen, length))
    size = f"{number(seen.free)} of the weights, at a rate of {number(seen.rates[0])}"
    title = "The optimizer resets gradients and moves the weights."
    return Conclusion(notices or (_finding(Verdict.PASS, title, f"a step is {size}"),))


def _problems(seen: StepFigures, settings: TrainingSettings, length: int) -> Iterator[Finding]:
    """Yield what is wrong, the most basic first: later ones may only follow from it."""
    if seen.n_tensors and not seen.n_held:
        yield _problem(
            "The optimizer holds none of the network's tensors.",
            f"0 of {seen.n_tensors}",
            "the network's weights are not given to the optimizer: it was made of another network",
            "Make the optimizer of network.parameters() of the network it is given.",
        )
    if not seen.gradient:
        return
    highest, size = max(seen.rates), seen.free
    if min(seen.left[1:], default=0.0) > _LEFT:
        yield _problem(
            "The gradients are never reset: each update adds to those before.",
            f"{number(seen.left[-1])} times one gradient is left after {len(seen.left)} updates",
            "gradients are never reset: zero_grad does nothing, so they accumulate",
            "Let zero_grad of the optimizer set every gradient to zero or None.",
        )
    if size == 0.0 and highest == 0.0:
        yield _problem(
            "The learning rate is zero.",
            f"{number(highest)} in {len(seen.rates)} updates",
            "the learning rate is zero",
            "Look at the learning rate of the optimizer's groups.",
        )
    elif size == 0.0 and seen.is_reset:
        yield _problem(
            "The gradients are reset before the step: no weight moves.",
            f"a gradient of norm {number(seen.gradient)}, and no movement",
            "gradients are reset before the step: zero_grad between backward and step",
            "Call zero_grad before the backward pass, not between it and the step.",
        )
    elif size == 0.0:
        yield _problem(
            "The step of the optimizer moves no weight.",
            f"a gradient of norm {number(seen.gradient)}, and no movement",
            "the step of the optimizer does nothing",
            "Look at its step method.",
        )
    yield from _clipping(seen, settings, highest)
    yield from _schedule(seen, settings, length)
    along, without = seen.decay
    if along > _DECAY > without and size >= _SHRINKS:
        yield _problem(
            "Weight decay outweighs the gradient: the weights only shrink.",
            f"cosine with the way to zero {along:.2f}, without weight decay {without:.2f}",
            "weight decay is too strong: the weights only shrink",
            "Lower weight_decay; begin with none.",
        )
    rises = not all(map(math.isfinite, seen.losses)) or seen.losses[-1] > seen.losses[0]
    if seen.has_own_rate and seen.moved and max(seen.moved) >= _LARGE and rises:
        yield _problem(
            "The first updates are larger than the weights, and the loss rises.",
            f"up to {number(max(seen.moved))} times the weights, at a rate of {number(highest)}",
            "the learning rate is too high",
            "Divide the learning rate by ten until the loss falls.",
        )


def _clipping(seen: StepFigures, settings: TrainingSettings, rate: float) -> Iterator[Finding]:
    """Yield a problem if clipping leaves next to nothing of a step."""
    cause = "gradient clipping: the threshold is so low that nothing moves"
    is_configured = settings.clip_norm is not None
    if is_configured and seen.clipped < _STILL and seen.clipped * _CLIPPED <= seen.free:
        yield _problem(
            "The gradient is clipped so low that nothing moves.",
            f"norm {number(seen.gradient)}, clipped at {number(settings.clip_norm or 0.0)}",
            cause,
            "Raise clip_norm above the usual norm of the gradient.",
        )
    # A step is about rate x gradient, or the rate for each element where that is normalized.
    expected = rate * min(seen.gradient, math.sqrt(seen.n_elements)) / seen.weights
    if seen.is_own and 0 < seen.free < min(_STILL, _SHORTENED * expected):
        yield _problem(
            "The optimizer shortens the gradient so much that nothing moves.",
            f"a step is {number(seen.free)} of the weights, {number(expected)} without that",
            cause,
            "Look at the clipping inside of the optimizer's step.",
        )


def _schedule(seen: StepFigures, settings: TrainingSettings, length: int) -> Iterator[Finding]:
    rates, between = seen.rates, 1
    if not seen.is_own:
        between = max(1, length // _N_POINTS)
        rates = tuple(factor(settings, update, length) for update in range(0, length, between))
    is_ramp = round(settings.warmup * length) >= length > 1 and not seen.is_own
    highest = max(rates[:length])
    if is_ramp or (seen.is_own and length <= len(rates) and highest < _WARMING * seen.base):
        yield _problem(
            "The learning rate never leaves its warm-up.",
            f"at most {highest / (1.0 if is_ramp else seen.base):.2g} of it in {length} updates",
            "the warm-up is as long as training: the learning rate never gets to its value",
            "Warm up over at most a tenth of training.",
        )
    at = _zero_from(rates)
    if at is not None and at * between < IN_TIME * length:
        yield _problem(
            "The learning rate becomes zero early in training.",
            f"{rates[at] / highest:.2g} of its highest from update {at * between} on, of {length}",
            "the schedule reaches zero: it is too short, or advances every update, not every epoch",
            "Spread the schedule over all updates of a training.",
        )
    jump = _jump(rates) if seen.is_own else None
    if jump is not None:
        yield _problem(
            "The learning rate jumps by orders of magnitude.",
            f"from {number(rates[jump - 1])} to {number(rates[jump])} at update {jump}",
            "the schedule of the learning rate jumps up",
            "Plot the learning rate of every update.",
        )


def _zero_from(rates: tuple[float, ...]) -> int | None:
    """Return the update from which on the rate is zero beside its highest, None if it never is."""
    highest = max(rates, default=0.0)
    alive = [i for i, rate in enumerate(rates) if rate > ZERO * highest]
    return alive[-1] + 1 if highest > 0 and alive[-1] + 1 < len(rates) else None


def _jump(rates: tuple[float, ...]) -> int | None:
    highest = 0.0
    for at, rate in enumerate(rates):
        # The first updates of a warm-up may begin at any small rate.
        if at > 2 and 0 < highest * JUMP < rate:
            return at
        highest = max(highest, rate)
    return None


def _notices(seen: StepFigures, length: int) -> Iterator[Finding]:
    if seen.acts_each > 1:
        used = seen.free * seen.weights / max(seen.rates[0], 1e-12) / seen.gradient
        if abs(used - seen.acts_each) < _AVERAGED * seen.acts_each:
            title = "Accumulated gradients are added up, not averaged."
            told = f"{seen.acts_each} gradients to a step of {used:.3g} times one"
            advice = f"Divide the loss by {seen.acts_each}, or the learning rate."
            yield _finding(Verdict.NOTICE, title, told, advice)
    at = _zero_from(seen.rates) if seen.is_own else None
    if at is not None and at < length:
        title = f"The optimizer's own schedule is at zero from update {at} on."
        advice = f"A training of {length} updates learns nothing after that."
        yield _finding(Verdict.NOTICE, title, f"of {length} updates", advice)


def _problem(title: str, value: str, cause: str, advice: str) -> Finding:
    return Finding(
        CHECK.name, Verdict.PROBLEM, title, value, _EXPECTED, (cause,), advice=advice, source="S2.7"
    )


_EXPECTED = "every step moves the weights by the gradient of its own batch"


def _finding(verdict: Verdict, title: str, value: str = "", advice: str = "") -> Finding:
    return Finding(CHECK.name, verdict, title, value, _EXPECTED, advice=advice, source="S2.7")


CHECK = Check(
    name="optimizer-steps",
    question="Does the optimizer reset gradients, and do its steps move the weights?",
    rules=("S2.7",),
    ability=Ability.CAN_LOOK_INSIDE,
    ask=ask,
    after=("parts", "network"),
    reads=(StepFigures,),
)
