"""A short training, and whether what it learned holds on other examples (S0.30, S2.9).

The validation loss with every target at its own example is compared with that of shuffled targets:
this asks nothing of the metric, and lopsided classes do not mislead it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

from tunebook.analysis.series import number
from tunebook.checks.check import Ability, Asked, Check, Conclusion, read
from tunebook.checks.experiments import Look, Part, Train, Watch
from tunebook.checks.one_look import Lines
from tunebook.checks.optimizer_steps import StepFigures
from tunebook.checks.readings import NotFinite, Readings, SplitFigures, Trained
from tunebook.checks.single_batch import Cause
from tunebook.records import Configuration
from tunebook.records.finding import Finding, Verdict

N_UPDATES, MIN_EXAMPLES = 300, 25
SURE, CLEAR = 2.5, 5.0
"""How many deviations the true targets must lie below shuffled ones: chance does so in 0.6 %.
What only tells causes apart must be clearer."""

_FAR, _FAR_WITH_NORM = 0.15, 0.3
"""Share of what was learned that evaluation mode loses; batch norm averages slowly (ours)."""

_MANY, _HALF, _FEW, _LEAST_OF_CLASS, _LEAST_MOVED = 0.6, 0.5, 0.1, 3, 10
"""Shares of a class that are guessed as one other class, and as itself, if it is renamed (ours)."""

_LEAST_GAIN, _SWAPPED = 0.3, 0.3
"""What must be learned, and the share of two classes that augmentation exchanges (ours)."""

_NOTHING = "Nothing is learned that holds on the validation set."
_LOOK = "Look at ten inputs of each split with their labels."
_LOOK_AUGMENTED = "Look at ten augmented inputs with their labels."
_LINES = Lines("learning", {
    "augmentation": (_NOTHING, "the augmentation is wrong: it destroys what the labels depend on",
                     _LOOK_AUGMENTED),
    "drowned": (_NOTHING, Cause.DROWNED.value, "Print every term of the loss by itself."),
    "form": ("Validation is learned far less than held-out training examples.",
             "validation inputs have another form than those of training: other preprocessing, "
             "another layout, or augmentation", _LOOK),
    "optimizer": (_NOTHING, "the learning rate or the optimizer, or too much regularization",
                  "Tune the learning rate."),
    "validation": (_NOTHING, "labels of the validation set do not belong to their inputs, or these "
                   "are preprocessed differently: another order or class list than in training",
                   _LOOK),
    "way": (_NOTHING, "inputs and targets are mixed up on their way into training", _LOOK),
    "mix-up": (_NOTHING, "labels do not belong to their inputs: a mix-up of files or of order, or "
               "the inputs say nothing about the labels", _LOOK),
    "costly": ("Augmentation costs most of what is learned without it.",
               "the augmentation destroys what the labels depend on, or is too strong",
               _LOOK_AUGMENTED),
    "renamed": ("The labels of validation are numbered differently from those of training.",
                "the validation set uses another class list: its labels are a permutation",
                "Number the classes once, and use the same list for all splits."),
    "mode": ("Evaluation makes less of the training examples than training mode does.",
             "evaluation mode does something else than training mode, such as other preprocessing",
             ""),
    "norm": ("Evaluation makes less of the training examples than training mode does.",
             "the running statistics of batch norm are wrong: their momentum is {momenta}", ""),
}, "S0.30")  # fmt: skip
_BASELINES = Lines("baselines", {
    "worse": ("A short training is worse than what costs nothing.", "",
              "Train longer, or tune the learning rate, before a search."),
}, "S2.9")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Baselines:
    """Accuracies, or shares of variance explained, on validation examples (S2.9).

    ``trivial`` is the majority class or the mean. None where they are unknown. What is better by no
    more than ``margin`` may be so by chance.
    """

    has_augmentation: bool
    trivial: float | None = None
    linear: float | None = None
    margin: float = 0.0
    is_accuracy: bool = True


def ask(config: Configuration, length: int, readings: Readings) -> Asked:
    """Train for a moment; what was not learned is asked for with one thing changed."""
    plain, look = _training(config), Look("baselines", config)
    base, done = read(readings, look, Baselines), readings.get(plain)
    if isinstance(done, NotFinite):
        return _unknown("What is learned is unknown: a short training gives a loss of NaN.")
    steps = Look("optimizer-steps", config)
    made = read(readings, steps, StepFigures)
    if base is None or made is None or not isinstance(done, Trained):
        return (plain, look, steps)
    reason = _obstacle(done)
    if reason:
        return _unknown(f"What is learned could not be measured: {reason}.")
    train, val = done.splits["train"], done.splits["train-val"]
    found = _modes(train, length, done.losses[0]) or _renamed(train, val)
    if found is not None and found.verdict is Verdict.PROBLEM:
        return Conclusion((found,))
    bare = _training(config, Part.AUGMENTATION)
    if base.has_augmentation and bare not in readings:
        return (bare,)
    without = read(readings, bare, Trained) if base.has_augmentation else None
    other = None if without is None else without.splits["train-val"]
    if not _holds(val, SURE):
        if other is not None and _holds(other):
            return Conclusion((_LINES.found("augmentation", _losses(val), _LOWER),))
        if made.is_drowned and not _holds(train):
            return Conclusion((_LINES.found("drowned", _losses(val), _LOWER),))
        return _nothing(config, readings, done, base)
    if other is not None and (_is_costly(val, other) or _exchanged(val, other)):
        value = f"{_losses(val)}; {number(other.loss)} without augmentation"
        return Conclusion((_LINES.found("costly", value, "much the same"),))
    if _is_less(val, train, base):
        within = _training(config, within=True)
        half = read(readings, within, Trained)
        if half is None and within not in readings:
            return (within,)
        if half is not None and _is_less(val, half.splits["train-val"], base):
            held = number(half.splits["train-val"].score or 0.0)
            value = f"score {number(val.score or 0.0)}, {held} on held-out training examples"
            return Conclusion((_LINES.found("form", value, "much the same"),))
    title = "What is learned holds on the validation set."
    notices = () if found is None else (found,)
    return Conclusion((*notices, _LINES.passed(title, _losses(val), _LOWER), *_against(base, val)))


_LOWER = "lower with the true targets"


def _training(config: Configuration, *without: Part, within: bool = False) -> Train:
    return Train(config, N_UPDATES, without=without, watch=(Watch.SPLITS,), within=within)


def _unknown(title: str) -> Conclusion:
    return Conclusion((Finding("learning", Verdict.UNKNOWN, title, source="S0.30"),))


def _obstacle(done: Trained) -> str:
    """Return why nothing can be said, nothing if something can."""
    for name, split in done.splits.items():
        if split.reason:
            return f"{name}: {split.reason}"
        if split.n < MIN_EXAMPLES:
            return f"{split.n} examples of {name} are fewer than {MIN_EXAMPLES}"
        if not split.targets_matter:
            return "the loss is the same for shuffled targets"
        if not all(map(math.isfinite, (split.loss, split.shuffled, split.deviation))):
            return f"the loss on {name} is not finite"
    return ""


def _holds(split: SplitFigures, sure: float = CLEAR) -> bool:
    return split.shuffled - split.loss > sure * split.deviation


def _losses(split: SplitFigures) -> str:
    return f"validation loss {number(split.loss)}, {number(split.shuffled)} with shuffled targets"


def _nothing(config: Configuration, readings: Readings, done: Trained, base: Baselines) -> Asked:
    """Return what it means that nothing holds on the validation set.

    Where the training examples were learned, the same training tells more that is validated on a
    part of them. Where not, one with a known optimizer does.
    """
    is_fitted = _holds(done.splits["train"])
    known = (Part.AUGMENTATION, Part.REGULARIZATION, Part.OPTIMIZER)
    other = _training(config, within=True) if is_fitted else _training(config, *known)
    if other not in readings:
        return (other,)
    learned = read(readings, other, Trained)
    if learned is not None and _holds(learned.splits["train-val"]):
        key = "validation" if is_fitted else "optimizer"
    elif done.is_cut and not is_fitted:
        return _unknown(f"{_NOTHING} The training was cut short.")
    else:
        gain = (base.linear or 0.0) - (base.trivial or 0.0)
        key = "way" if gain > base.margin else "mix-up"
    return Conclusion((_LINES.found(key, _losses(done.splits["train-val"]), _LOWER),))


def _modes(train: SplitFigures, length: int, first: float) -> Finding | None:
    """Return whether evaluation makes much less of the training examples than training does."""
    learned = min(first, train.shuffled) - train.training_loss
    lost = train.loss - train.training_loss
    far = _FAR_WITH_NORM if train.momenta else _FAR
    if not (learned > 0 and lost > max(far * learned, CLEAR * train.deviation)):
        return None
    value = f"loss {number(train.loss)} in evaluation, {number(train.training_loss)} in training"
    if not train.fresh_loss - train.training_loss < _HALF * lost:
        return _LINES.found("mode", value, "much the same")
    momenta = ", ".join(map(number, train.momenta))
    # Otherwise a slow average after few updates, or weights that still move fast.
    is_bad = max(train.momenta) > _HALF or (1 - min(train.momenta)) ** length > _FEW
    return _LINES.found("norm", value, "much the same", is_bad=is_bad, momenta=momenta)


def _renamed(train: SplitFigures, val: SplitFigures) -> Finding | None:
    """Return whether validation has classes by other numbers than training.

    The best pairs of class and guess are those of a linear assignment; a class is renamed if it is
    guessed as its partner, and in training as itself.
    """
    from scipy.optimize import linear_sum_assignment

    if not val.confusion or len(val.confusion) != len(train.confusion):
        return None
    moved = {}
    for label, guess in zip(*linear_sum_assignment(val.confusion, maximize=True), strict=True):
        row, own = val.confusion[label], train.confusion[label]
        is_other = row[guess] > _MANY * sum(row) and row[label] < _FEW * sum(row)
        is_learned = own[label] > _MANY * sum(own) > 0
        if label != guess and sum(row) >= _LEAST_OF_CLASS and is_other and is_learned:
            moved[f"{label} is guessed as {guess}"] = sum(row)
    if len(moved) < 2 or sum(moved.values()) < _LEAST_MOVED:
        return None
    expected = "each class is guessed as itself, as on the training examples"
    return _LINES.found("renamed", f"of validation: {', '.join(list(moved)[:5])}", expected)


def _is_less(val: SplitFigures, other: SplitFigures, base: Baselines) -> bool:
    """Whether less than half of what others show above a constant is left of the score."""
    if val.score is None or other.score is None or base.trivial is None:
        return False
    left, gain = val.score - base.trivial, other.score - base.trivial
    return gain > _LEAST_GAIN and left < _HALF * gain


def _exchanged(val: SplitFigures, without: SplitFigures) -> bool:
    """Whether augmentation alone makes the network exchange two classes."""
    if len(val.confusion) != len(without.confusion):
        return False
    for a, b in combinations(range(len(val.confusion)), 2):
        rows, plain = ([split.confusion[k] for k in (a, b)] for split in (val, without))
        n, n_right = sum(map(sum, rows)), rows[0][a] + rows[1][b]
        n_swapped, n_plain = rows[0][b] + rows[1][a], plain[0][b] + plain[1][a]
        is_alone = n - n_right - n_swapped < _FEW * n and n_plain < _FEW * n
        if n >= MIN_EXAMPLES and n_swapped > _SWAPPED * n and is_alone:
            return True
    return False


def _is_costly(val: SplitFigures, without: SplitFigures) -> bool:
    """Whether augmentation costs most of what is learned without it."""
    gained, possible = val.shuffled - val.loss, without.shuffled - without.loss
    is_far = gained < _HALF * possible and possible - gained > CLEAR * without.deviation
    if val.score is not None and without.score is not None:
        is_far &= without.score - val.score > max(_FEW, _HALF**2 * without.score)
    return is_far and _holds(without)


def _against(base: Baselines, val: SplitFigures) -> tuple[Finding, ...]:
    """Return how the network compares with what costs nothing (S2.9)."""
    if base.trivial is None or val.score is None:
        return ()
    what = "accuracy" if base.is_accuracy else "share of variance explained"
    linear = "" if base.linear is None else f", of a linear model {number(base.linear)}"
    value = f"{what} {number(val.score)}, of a constant {number(base.trivial)}{linear}"
    if val.score < max(base.trivial, base.linear or base.trivial) - base.margin:
        return (_BASELINES.found("worse", value, is_bad=False),)
    title = "A short training is no worse than a linear model or a constant."
    return (_BASELINES.passed(title, value),)


_CAUSES_NAMED = (
    *("data", "inputs", "targets", "leak", "overlap", "repeats"),
    *("modes", "sequence", "augmentation", "single-batch"),
    *("regularization-on-a-batch", "augmentation-on-a-batch"),
)
"""Checks whose problems keep a training from learning: a second line would only repeat them."""

CHECK = Check(
    name="learning",
    question="Does what a short training learns hold on other examples?",
    rules=("S0.30", "S2.9"),
    ability=Ability.CAN_LOOK_INSIDE,
    ask=ask,
    least=2,
    most=5,
    after=_CAUSES_NAMED,
    reads=(Baselines, StepFigures),
)
