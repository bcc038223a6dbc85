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
from tunebook.checks.one_look import Lines
from tunebook.checks.readings import Readings
from tunebook.recipes.schedules import factor
from tunebook.recipes.settings import TrainingSettings
from tunebook.records import Configuration
from tunebook.records.finding import Finding, Verdict

ZERO, IN_TIME = 1e-4, 0.5
"""A rate below this share of its highest is zero, and it should not be before this share of a
training is over (ours)."""

_STILL, _CLIPPED, _SHORTENED = 1e-5, 100.0, 0.01
_LEFT, _DECAY, _SHRINKS = 0.5, 0.75, 1e-3
_LARGE, _WARMING, _N_POINTS = 1.0, 0.02, 1000
_TRAVEL, _KEPT, _N_PARTS, _LIKE_SUM = 0.1, 1 / math.e, 8, 0.7
_L2, _ADAM_RATE, _ADAM_MOVE, _VANISHES, _GONE = 0.1, 0.1, 0.5, 3e-3, 3.0
_TENTH, _N_SOON, _SOON, _HARDLY = 0.1, 100, 0.2, 0.02
"""Shares of training, of weights and of rates that no sound optimizer has (ours)."""

_EXPECTED = "every step moves the weights by the gradient of its own batch"
_NO_MOVE = "The step of the optimizer moves no weight."
_LINES = Lines("optimizer-steps", {
    "not held": ("The optimizer holds none of the network's tensors.", "the network's weights are "
                 "not given to the optimizer: it was made of another network",
                 "Make the optimizer of network.parameters() of the network it is given."),
    "not reset": ("The gradients are never reset: each update adds to those before.",
                  "gradients are never reset: zero_grad does nothing, so they accumulate",
                  "Let zero_grad of the optimizer set every gradient to zero or None."),
    "no rate": (_NO_MOVE, "the learning rate is zero", ""),
    "reset early": (_NO_MOVE, "gradients are reset before the step: zero_grad between backward and "
                    "step", ""),
    "no step": (_NO_MOVE, "the step of the optimizer does nothing", ""),
    "clipped": ("The gradient is clipped so low that nothing moves.",
                "gradient clipping: the threshold is so low that nothing moves",
                "Clip above the usual norm of the gradient."),
    "summed": ("The gradients of {n} batches are summed, and not averaged.",
               "accumulated gradients are summed over the parts, not divided by their number",
               "Divide the loss of each part by the number of parts."),
    "betas": ("The betas of Adam look exchanged.", "the betas of Adam are exchanged: beta1 is the "
              "momentum, beta2 of the squared gradient", "Use beta1 0.9 and beta2 0.999."),
    "l2": ("The weight decay of Adam is within the gradient, and large.", "weight decay is too "
           "strong: Adam adds it to the gradient as an L2 penalty",
           "Use AdamW, or a hundredth of it."),
    "shrinks": ("Weight decay shrinks the weights to nothing.", "weight decay is too strong: it "
                "shrinks the weights to nothing", "Lower weight_decay."),
    "adam rate": ("The learning rate is far above what Adam takes.",
                  "the learning rate is too high for Adam", "Begin with 0.001."),
    "average": ("The average of the weights is longer than training.", "the average of the weights "
                "(polyak) is too slow: it never follows the weights",
                "Lower polyak: 1 / (1 - polyak) updates are averaged."),
    "decay": ("Weight decay outweighs the gradient: the weights only shrink.", "weight decay is "
              "too strong: the weights only shrink", "Lower weight_decay; begin with none."),
    "rate": ("The first updates are larger than the weights, and the loss rises.",
             "the learning rate is too high",
             "Divide the learning rate by ten until the loss falls."),
    "warm-up": ("The learning rate never leaves its warm-up.", "the warm-up is as long as "
                "training: the learning rate never gets to its value",
                "Warm up over at most a tenth of training."),
    "tenth": ("The learning rate is a tenth from update {n} on.", "the schedule advances every "
              "update, not every epoch: the learning rate falls too soon",
              "Step the schedule once an epoch, or count its steps in updates."),
    "zero": ("The learning rate is zero from update {n} on.", "the schedule reaches zero: it is "
             "too short, or advances every update, not every epoch",
             "Spread the schedule over all updates of a training."),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class StepFigures:
    """What steps did. Sizes are norms over all trained tensors, in units of that of the weights.

    ``gradient`` is the norm of the first batch's gradient, ``weights`` that of the weights, 1 if
    they are zero. ``losses`` and ``moved`` are those of the first updates on one batch, as training
    makes them, of matrices alone. The others come from steps with one and the same gradient:
    ``left`` is what was left of it after ``zero_grad``, in multiples of it; ``rates`` the highest
    learning rate of each step, and ``base`` the one that a warm-up leads to; ``clipped`` and
    ``free`` the size of a step as configured and without ``clip_norm``. ``decay`` is the cosine
    between a step and the weights' way to zero, with and without weight decay. ``is_reset`` tells
    that a step itself drops the gradient. ``betas``, ``l2`` and ``adam_rate`` are of Adam and its
    like, ``l2`` a weight decay within the gradient; ``shrinking`` is how much any other shrinks
    weights in an update. ``by_targets`` is how much of the first gradient goes with the targets.
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
    n_elements: int = 0
    decay: tuple[float, float] = (0.0, 0.0)
    is_reset: bool = False
    betas: tuple[float, ...] = ()
    l2: float = 0.0
    adam_rate: float = 0.0
    shrinking: float = 0.0
    by_targets: float = 1.0

    @property
    def is_drowned(self) -> bool:
        """Whether the targets hardly matter for the gradient: another term drowns them."""
        return self.gradient > 0 and self.by_targets < _HARDLY


def ask(config: Configuration, length: int, readings: Readings) -> Asked:
    """Look at a few hundred steps, and judge them by the first rule that holds."""
    look = Look("optimizer-steps", config)
    seen = read(readings, look, StepFigures)
    if seen is None:
        return (look,)
    found = next(_mistakes(seen, TrainingSettings.of(config), length), None)
    if found is None and not seen.gradient:
        title = "Steps could not be looked at: no finite gradient reaches the optimizer."
        found = Finding(CHECK.name, Verdict.UNKNOWN, title, expected=_EXPECTED, source="S2.7")
    if found is None:
        size = f"a step is {number(seen.free)} of the weights, at a rate of {number(seen.rates[0])}"
        title = "The optimizer resets gradients and moves the weights."
        found = _LINES.passed(title, size, _EXPECTED)
    return Conclusion((found,))


def _mistakes(seen: StepFigures, settings: TrainingSettings, length: int) -> Iterator[Finding]:
    """Yield what is wrong, the most basic first: later ones may only follow from it."""
    if seen.n_tensors and not seen.n_held:
        yield _found("not held", f"0 of {seen.n_tensors}")
    if not seen.gradient:
        return
    highest, size, n_parts = max(seen.rates), seen.free, 1 + max(seen.left, default=0.0)
    # A step is about rate x gradient, or the rate for each element where that is normalized.
    usual = highest * min(seen.gradient, math.sqrt(seen.n_elements)) / seen.weights
    is_configured = settings.clip_norm is not None and seen.clipped * _CLIPPED <= size
    is_inside = seen.is_own and size < _SHORTENED * usual
    still = max(_STILL, _TRAVEL / length)
    gradient = f"a gradient of norm {number(seen.gradient)}"
    if min(seen.left[1:], default=0.0) > _LEFT:
        left = f"{number(seen.left[-1])} times one gradient is left"
        yield _found("not reset", f"{left} after {len(seen.left)} updates")
    if size == 0.0:
        key = "no rate" if highest == 0.0 else "reset early" if seen.is_reset else "no step"
        yield _found(key, f"{gradient}, a rate of {number(highest)}")
    if (is_configured and seen.clipped < still) or (is_inside and size < still):
        step = number(min(seen.clipped, size))
        yield _found("clipped", f"{gradient}, a step of {step} of the weights")
    if seen.is_own and n_parts >= _N_PARTS and size > _LIKE_SUM * n_parts * usual:
        value = f"a step of {number(size / usual)} times the rate and one gradient"
        yield _found("summed", value, round(n_parts))
    yield from _values(seen, settings, length)
    yield from _schedule(seen, settings, length)


def _values(seen: StepFigures, settings: TrainingSettings, length: int) -> Iterator[Finding]:
    """Yield settings that are wrong in any training."""
    b1, b2 = seen.betas or (0.0, 1.0)
    kept = 0.0 if settings.polyak is None else settings.polyak**length
    rate, l2, shrinking = seen.adam_rate, seen.l2, seen.shrinking
    along, without = seen.decay
    rises = not all(map(math.isfinite, seen.losses)) or seen.losses[-1] > seen.losses[0]
    moved = max(seen.moved, default=0.0)
    times = f"up to {number(moved)} times the weights"
    is_far = rate >= _ADAM_RATE and moved >= _ADAM_MOVE and seen.n_tensors > 2
    rows = (
        (b1 > b2 or (b1 >= 0.99 > b2), "betas", f"betas {b1}, {b2}"),
        (l2 >= _L2, "l2", f"weight_decay {number(l2)}"),
        (shrinking >= _VANISHES and shrinking * length >= _GONE, "shrinks",
         f"{shrinking:.2%} in an update, in a training of {length}"),
        (seen.has_own_rate and is_far, "adam rate", f"{number(rate)}: a first update of {times}"),
        (kept > _KEPT, "average", f"{kept:.0%} of it are the first weights after {length} updates"),
        (along > _DECAY > without and seen.free >= _SHRINKS, "decay",
         f"cosine with the way to zero {along:.2f}, without weight decay {without:.2f}"),
        (seen.has_own_rate and moved >= _LARGE and rises, "rate",
         f"{times}, at a rate of {number(max(seen.rates))}"),
    )  # fmt: skip
    yield from (_found(key, value) for holds, key, value in rows if holds)


def _schedule(seen: StepFigures, settings: TrainingSettings, length: int) -> Iterator[Finding]:
    """Yield what is wrong with rates: own ones were seen, others follow from the settings."""
    rates, between = seen.rates, 1
    if not seen.is_own:
        between = max(1, length // _N_POINTS)
        rates = tuple(factor(settings, update, length) for update in range(0, length, between))
    is_ramp = round(settings.warmup * length) >= length > 1 and not seen.is_own
    highest = max(rates[:length])
    if is_ramp or (seen.is_own and length <= len(rates) and highest < _WARMING * seen.base):
        share = highest / (1.0 if is_ramp else seen.base)
        yield _found("warm-up", f"at most {share:.2g} of it in {length} updates")
    highest = max(rates)

    def falls(share: float) -> int:
        return max((i for i, rate in enumerate(rates) if rate > share * highest), default=0) + 1

    at, low = falls(ZERO), falls(1.01 * _TENTH)
    is_early = at * between < IN_TIME * length
    is_zero = at < len(rates) and is_early
    if seen.is_own and not is_zero and low < min(_N_SOON, _SOON * length, len(rates) / 2):
        share = rates[-1] / highest
        yield _found("tenth", f"{share:.2g} of its highest after {len(rates)} updates", low)
    if is_zero or (seen.is_own and at < min(length, len(rates))):
        value = f"{rates[at] / highest:.2g} of its highest, in a training of {length} updates"
        yield _found("zero", value, at * between, is_bad=is_early)


def _found(key: str, value: str, n: int = 0, *, is_bad: bool = True) -> Finding:
    return _LINES.found(key, value, _EXPECTED, is_bad=is_bad, n=n)


CHECK = Check(
    name="optimizer-steps",
    question="Does the optimizer reset gradients, and do its steps move the weights?",
    rules=("S2.7",),
    ability=Ability.CAN_LOOK_INSIDE,
    ask=ask,
    after=("parts", "network"),
    reads=(StepFigures,),
)
