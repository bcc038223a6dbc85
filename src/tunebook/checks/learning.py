"""A short training, and whether what it learned holds on other examples (S0.30, S2.9).

The validation loss with every target at its own example is compared with that of shuffled targets:
this asks nothing of the metric, and lopsided classes do not mislead it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from tunebook.analysis.series import number
from tunebook.checks.check import Ability, Asked, Check, Conclusion, read
from tunebook.checks.experiments import Look, Part, Train, Watch
from tunebook.checks.readings import NotFinite, Readings, SplitFigures, Trained
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

_LINEAR_GAIN = 4.0


@dataclass(frozen=True, slots=True)
class Baselines:
    """Accuracies, or shares of variance explained, on ``n`` validation examples (S2.9).

    ``trivial`` is the majority class or the mean. None where they are unknown.
    """

    has_augmentation: bool
    trivial: float | None = None
    linear: float | None = None
    n: int = 0
    is_accuracy: bool = True

    def error(self, score: float) -> float:
        """Return the standard error of a score."""
        return math.sqrt(max(score * (1 - score), 0.01) / max(1, self.n))


def ask(config: Configuration, length: int, readings: Readings) -> Asked:
    """Train for a moment; what was not learned is asked for with one thing changed."""
    plain, bare = _training(config), _training(config, (Part.AUGMENTATION,))
    look = Look("baselines", config)
    base, done = read(readings, look, Baselines), readings.get(plain)
    if isinstance(done, NotFinite):
        title = "What is learned is unknown: the loss of a short training is not finite."
        return Conclusion((_finding(Verdict.UNKNOWN, title, f"at update {done.at}"),))
    if base is None or not isinstance(done, Trained):
        return (plain, look)
    reason = _obstacle(done)
    if reason:
        title = f"What is learned could not be measured: {reason}."
        return Conclusion((_finding(Verdict.UNKNOWN, title),))
    train, val = done.splits["train"], done.splits["train-val"]
    found = _modes(train, length, done.losses[0]) or _renamed(train, val)
    if found is not None and found.verdict is Verdict.PROBLEM:
        return Conclusion((found,))
    if not _holds(val, SURE):
        return _nothing(config, readings, done, base)
    if base.has_augmentation and bare not in readings:
        return (bare,)
    without = read(readings, bare, Trained) if base.has_augmentation else None
    lost = None if without is None else _destroyed(val, without.splits.get("train-val"))
    if lost is not None:
        return Conclusion((lost,))
    holds = _finding(
        Verdict.PASS, "What is learned holds on the validation set.", _losses(val), _LOWER
    )
    return Conclusion((*([found] if found else []), holds, *_against(base, val)))


_LOWER = "lower with the true targets"


def _obstacle(done: Trained) -> str:
    """Return why nothing can be said, nothing if something can."""
    for name in ("train", "train-val"):
        split = done.splits.get(name)
        if split is None or split.reason:
            return f"{name}: {split.reason}" if split else f"no figures of {name}"
        if split.n < MIN_EXAMPLES:
            return f"{split.n} examples of {name} are fewer than {MIN_EXAMPLES}"
        if not split.targets_matter:
            return "the loss is the same for shuffled targets"
        if not all(map(math.isfinite, (split.loss, split.shuffled, split.deviation))):
            return f"the loss on {name} is not finite"
    return ""


def _holds(split: SplitFigures | None, sure: float = CLEAR) -> bool:
    return split is not None and split.shuffled - split.loss > sure * split.deviation


def _losses(split: SplitFigures) -> str:
    return f"validation loss {number(split.loss)}, {number(split.shuffled)} with shuffled targets"


def _nothing(config: Configuration, readings: Readings, done: Trained, base: Baselines) -> Asked:
    """Return what it means that nothing holds on the validation set.

    Where the training examples were learned, the same training tells more that is validated on a
    part of them. Where not: one without augmentation, then with a known optimizer.
    """
    is_fitted = _holds(done.splits["train"])
    causes: tuple[str, ...] = ()
    for without, told in _OTHERS[is_fitted]:
        if without == (Part.AUGMENTATION,) and not base.has_augmentation:
            continue
        other = _training(config, without, within=is_fitted)
        if other not in readings:
            return (other,)
        learned = read(readings, other, Trained)
        if learned is not None and _holds(learned.splits.get("train-val")):
            causes = told
            break
    title = "Nothing is learned that holds on the validation set."
    if not causes:
        causes = _LINEAR if _linear_learns(base) else _MIXED
        if done.is_cut and not is_fitted:
            cut = f"{title} The training was cut short."
            return Conclusion((_finding(Verdict.UNKNOWN, cut, causes=causes),))
    return Conclusion(
        (
            _finding(
                Verdict.PROBLEM,
                title,
                _losses(done.splits["train-val"]),
                _LOWER,
                causes=causes,
                next_test="Look at ten inputs of each split with their labels.",
            ),
        )
    )


_MIXED = (
    "labels do not belong to their inputs: a mix-up of files or of order",
    "the inputs say nothing about the labels",
)
_LINEAR = ("inputs and targets are mixed up on their way into training", "the learning rate")
_OTHERS: dict[bool, tuple[tuple[tuple[Part, ...], tuple[str, ...]], ...]] = {
    True: (
        (
            (),
            (
                "labels of the validation set do not belong to their inputs: another order or "
                "class list than in training",
                "inputs of the validation set are preprocessed differently",
            ),
        ),
    ),
    False: (
        (
            (Part.AUGMENTATION,),
            ("the augmentation is wrong: it destroys what the labels depend on",),
        ),
        (
            (Part.AUGMENTATION, Part.REGULARIZATION, Part.OPTIMIZER),
            ("the learning rate or the optimizer", "too much regularization"),
        ),
    ),
}
"""What is tried without which parts, and the causes if it learns what the plain one did not."""


def _training(
    config: Configuration, without: tuple[Part, ...] = (), *, within: bool = False
) -> Train:
    return Train(config, N_UPDATES, without=without, watch=(Watch.SPLITS,), within=within)


def _linear_learns(base: Baselines) -> bool:
    """Whether the linear model is better than the trivial one by more than chance."""
    if base.linear is None or base.trivial is None:
        return False
    return base.linear > base.trivial + _LINEAR_GAIN * base.error(base.trivial)


def _modes(train: SplitFigures, length: int, first: float) -> Finding | None:
    """Return whether evaluation makes much less of the training examples than training does."""
    learned = min(first, train.shuffled) - train.training_loss
    lost = train.loss - train.training_loss
    far = _FAR_WITH_NORM if train.momenta else _FAR
    if not (learned > 0 and lost > max(far * learned, CLEAR * train.deviation)):
        return None
    value = f"loss {number(train.loss)} in evaluation, {number(train.training_loss)} in training"
    title = "Evaluation makes less of the training examples than training mode does."
    cause = "evaluation mode does something else than training mode, such as other preprocessing"
    verdict = Verdict.PROBLEM
    if train.fresh_loss - train.training_loss < _HALF * lost:
        momenta = ", ".join(map(number, train.momenta))
        cause = f"the running statistics of batch norm are wrong: their momentum is {momenta}"
        # Otherwise a slow average after few updates, or weights that still move fast.
        is_wrong = max(train.momenta) > _HALF or (1 - min(train.momenta)) ** length > _FEW
        verdict = Verdict.PROBLEM if is_wrong else Verdict.NOTICE
    return _finding(verdict, title, value, "much the same", causes=(cause,))


def _renamed(train: SplitFigures, val: SplitFigures) -> Finding | None:
    """Return whether validation has classes by other numbers than training.

    The best pairs of class and guess are those of a linear assignment; a class is renamed if it is
    guessed as its partner, and in training as itself.
    """
    from scipy.optimize import linear_sum_assignment

    if not val.confusion or len(val.confusion) != len(train.confusion):
        return None
    classes, partners = linear_sum_assignment(val.confusion, maximize=True)
    moved, n_moved = list[str](), 0
    for label, guess in zip(classes.tolist(), partners.tolist(), strict=True):
        row, own = val.confusion[label], train.confusion[label]
        n = sum(row)
        is_moved = (
            n >= _LEAST_OF_CLASS
            and row[guess] > _MANY * n
            and row[label] < _FEW * n
            and own[label] > _MANY * sum(own) > 0
        )
        if label != guess and is_moved:
            moved.append(f"{label} is guessed as {guess}")
            n_moved += n
    if len(moved) < 2 or n_moved < _LEAST_MOVED:
        return None
    return _finding(
        Verdict.PROBLEM,
        "The labels of validation are numbered differently from those of training.",
        f"of validation: {', '.join(moved[:5])}",
        "each class is guessed as itself, as on the training examples",
        causes=("the validation set uses another class list: its labels are a permutation",),
        advice="Number the classes once, and use the same list for all splits.",
    )


def _destroyed(val: SplitFigures, without: SplitFigures | None) -> Finding | None:
    """Return whether augmentation costs most of what is learned without it."""
    if without is None or not _holds(without):
        return None
    gained, possible = val.shuffled - val.loss, without.shuffled - without.loss
    is_far = gained < _HALF * possible and possible - gained > CLEAR * without.deviation
    if val.score is not None and without.score is not None:
        is_far &= without.score - val.score > max(_FEW, _HALF**2 * without.score)
    if not is_far:
        return None
    return _finding(
        Verdict.PROBLEM,
        "Augmentation costs most of what is learned without it.",
        f"{_losses(val)}; {number(without.loss)} without augmentation",
        "much the same after a short training",
        causes=("the augmentation destroys what the labels depend on, or is too strong",),
        advice="Look at ten augmented inputs with their labels.",
    )


def _against(base: Baselines, val: SplitFigures) -> Iterator[Finding]:
    """Yield how the network compares with what costs nothing (S2.9)."""
    if base.trivial is None or val.score is None:
        return
    best = max(base.trivial, base.linear or base.trivial)
    gap = _LINEAR_GAIN * (base.error(best) if base.is_accuracy else _FEW)
    what = "accuracy" if base.is_accuracy else "share of variance explained"
    linear = "" if base.linear is None else f", of a linear model {number(base.linear)}"
    trivial = "the majority class" if base.is_accuracy else "the mean"
    is_worse = val.score < best - gap
    yield Finding(
        "baselines",
        Verdict.NOTICE if is_worse else Verdict.PASS,
        "A short training is worse than what costs nothing."
        if is_worse
        else "A short training is no worse than a linear model or a constant.",
        f"{what} {number(val.score)}, of {trivial} {number(base.trivial)}{linear}",
        advice="Train longer, or tune the learning rate, before a search." if is_worse else "",
        source="S2.9",
    )


def _finding(verdict: Verdict, title: str, value: str = "", *more: str, **rest: object) -> Finding:
    expected = more[0] if more else ""
    return Finding("learning", verdict, title, value, expected, source="S0.30", **rest)  # type: ignore[arg-type]  # fields of a finding


CHECK = Check(
    name="learning",
    question="Does what a short training learns hold on other examples?",
    rules=("S0.30", "S2.9"),
    ability=Ability.CAN_LOOK_INSIDE,
    ask=ask,
    least=2,
    most=4,
    after=("data", "inputs", "targets", "single-batch"),
    reads=(Baselines,),
)
