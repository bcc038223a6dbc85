"""The metric on outputs that are made: right ones, wrong ones, and those of one part alone."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import torch

from tunebook.analysis.series import number
from tunebook.checks.looks.attempts import PartFailed, attempt
from tunebook.checks.looks.bench import Bench, Seen, end_of, expects_logits, loss_operations
from tunebook.checks.looks.learned import passed
from tunebook.checks.looks.shape import guesses, is_counted, loss_of, shape_of, sure_of
from tunebook.checks.metric_kind import MetricKind, best_of, is_best, kind_of, words_of
from tunebook.checks.one_look import Symptom, Symptoms
from tunebook.checks.shape import TargetKind, TaskShape
from tunebook.records import Direction
from tunebook.training.task import Split, Task

N_EXAMPLES, MOST_NUMBERS, _PER_CLASS = 512, 2**21, 20
_SURER, _SURE, _PLAIN, _FAINT = 60.0, 20.0, 0.7, 0.3
"""Logits of outputs that are sure, above a threshold of 0.5, and below it."""

_STARTS = ((1.0, 0.0), (0.1, 0.0), (10.0, 0.0))
_SAME, _NEAR, _CLEAR = 1e-6, 0.01, 0.1
_PAIRS = (
    "the metric broadcasts: outputs and targets are not of the same shape, as (N, 1) and (N,), and "
    "all pairs are compared"
)
_BOXES = "the metric takes boxes of one form for the other: centres and sizes for corners"
_EXCHANGED = "the metric is given outputs and targets in the wrong order: they are exchanged"
_EXPLAINED, _RANKED = r"\b(r2|rsquared|squared|explained)\b", r"\b(auc|auroc|auprc|aucroc|rocauc)\b"
_COUNTED = r"\b(precision|recall)\b"
_N_OF_BOX, _NOISE, _NOISE_OF_SCORES, _WRONG = 4, 0.1, 1.5, 0.4


class Made(StrEnum):
    """Outputs that the metric is given; but for two, with the targets of validation."""

    RIGHT = "right"
    WRONG = "wrong everywhere"
    SHUFFLED = "right for other examples"
    OTHER_TARGETS = "right, the targets shuffled"
    FIRST_WRONG = "wrong in the first half"
    LAST_WRONG = "wrong in the last half"
    PLAIN = "right by logits of 0.7"
    FAINT = "right by logits of 0.3"
    ONE_SURER = "right, the first one by far"
    OTHER_PADDING = "right but for ignored targets"
    ALL_CLASSES = "right, all classes occur"
    AGAIN = "right, once more"


def look(bench: Bench) -> Symptoms:
    """Evaluate a fresh network, then give the metric outputs that are made."""
    task, training, seen = bench.task, bench.fresh(), bench.see()
    failed, reported = None, dict[str, float]()
    try:
        reported = attempt("Evaluation", training.evaluate, Split.TRAIN_VAL, limit=N_EXAMPLES)
    except PartFailed as error:
        failed = error
    shape, batch = shape_of(task, seen), bench.sample(Split.TRAIN_VAL, N_EXAMPLES)
    with torch.no_grad():
        outputs = attempt("Evaluation", passed, training, batch, is_training=False)
    unknown = _obstacle(outputs, batch[1], shape)
    tried = None if unknown else _tried(task, seen, shape, outputs, batch[1])
    if tried is not None and not tried.is_understood():
        tried, unknown = None, "the loss is not lowest at outputs that are right"
    kind = kind_of(task.metric, task.metric_kind)
    best = best_of(task.metric, kind)
    values = _Values(task, kind, best, {} if tried is None else tried.values())
    if math.isnan(values.value(Made.RIGHT)):
        unknown = unknown or "it raises on outputs that are right"
    known = "" if tried is None else tried.mistake(values)
    if failed:
        if not known:
            raise failed
        return Symptoms(found=(Symptom("raises", failed.reading.told, name=known),))
    value = reported.get(f"{Split.TRAIN_VAL.prefix}_{task.metric}")
    if value is None:
        names = ", ".join(name.removeprefix(f"{Split.TRAIN_VAL.prefix}_") for name in reported)
        return Symptoms(found=(Symptom("absent", names, name=task.metric),))
    told = f"{task.metric} {number(value)} before training"
    if not math.isfinite(value):
        return Symptoms(found=(Symptom("nan", told),))
    n_enough = min(len(task.examples(Split.TRAIN_VAL)) - 1, _PER_CLASS * (shape.n_classes or 1))
    n_tried = 0 if tried is None else len(tried.targets)
    has_all = shape.kind is TargetKind.CLASSES and n_tried >= n_enough
    found = _mistake(values, known, has_all=has_all) or _notice(values, told)
    reason = {f"{task.metric} of right outputs: {unknown}": told} if unknown else {}
    summary = f"{told}, {number(values.value(Made.RIGHT))} for outputs that are right"
    if found is not None:
        return Symptoms(found=(found,), failed=reason)
    return Symptoms(summary=summary, failed=reason)


@dataclass(frozen=True, slots=True)
class _Values:
    """The metric of outputs that are made, NaN where it raised."""

    task: Task
    kind: MetricKind
    best: tuple[float, ...]
    of: Mapping[Made, float]

    def value(self, made: Made) -> float:
        return self.of.get(made, math.nan)

    def range(self, *made: Made) -> float:
        """Return how far apart the values of these outputs are, NaN if one is unknown."""
        values = [self.value(m) for m in made]
        return sum(abs(v - values[0]) for v in values) / max(1.0, abs(values[0]))

    def are_same(self, *made: Made) -> bool:
        return self.range(*made) <= _SAME

    def is_best(self, value: float) -> bool:
        """Whether it is the best value, as near as bad outputs are far from right ones."""
        bad = (abs(self.value(m) - self.value(Made.RIGHT)) for m in (Made.SHUFFLED, Made.WRONG))
        return is_best(value, self.best, max(filter(math.isfinite, bad), default=1.0))


def _notice(values: _Values, told: str) -> Symptom | None:
    if values.kind is MetricKind.UNKNOWN:
        return Symptom("unnamed", told, is_bad=False)
    right, all_classes = (values.value(made) for made in (Made.RIGHT, Made.ALL_CLASSES))
    if values.is_best(all_classes) and not values.is_best(right):
        return Symptom("some classes", told, is_bad=False)
    return None


def _mistake(values: _Values, known: str, *, has_all: bool) -> Symptom | None:
    """Return the likeliest mistake with the outputs that show it, None if there is none."""
    right, shuffled, wrong = Made.RIGHT, Made.SHUFFLED, Made.WRONG
    first, last, surer = Made.FIRST_WRONG, Made.LAST_WRONG, Made.ONE_SURER
    same, value, task = values.are_same, values.value, values.task
    best = {made: values.is_best(value(made)) for made in Made}
    direction, wanted = task.objective.direction, values.kind.direction
    declared = f"{task.metric} is declared as {direction}"
    if math.isnan(value(right)):
        is_declared = wanted in {None, direction}
        return None if is_declared else Symptom("direction", task.metric, name=declared)
    gain = value(right) - value(shuffled)
    turned = gain if direction is Direction.MAXIMIZE else -gain
    is_backward = turned < -_CLEAR * max(abs(value(right)), abs(value(shuffled)))
    way = "backward" if wanted is direction else "direction"
    is_vague = bool(values.best) and not best[right]
    lost = {made: abs(value(made) - value(right)) > _CLEAR * abs(gain) for made in Made}
    rows: tuple[tuple[bool, str, str, tuple[Made, ...]], ...] = (
        (bool(known), "known", known, ()),
        (same(right, wrong, shuffled), "constant", "", ()),
        (same(right, shuffled, Made.OTHER_TARGETS), "unpaired", "", ()),
        (is_backward and (best[wrong] or not is_vague), way, declared, ()),
        (lost[Made.AGAIN], "state", "", (Made.AGAIN,)),
        # A larger sample may have all classes, and labels that no example has are not a mistake.
        (is_vague and best[Made.ALL_CLASSES] and has_all, "classes", "", ()),
        (is_vague and not best[Made.ALL_CLASSES], "other", "", ()),
        (values.range(right, Made.OTHER_PADDING) > _SAME, "padding", "", (Made.OTHER_PADDING,)),
        (same(right, Made.PLAIN) and lost[Made.FAINT], "threshold", "", (Made.PLAIN, Made.FAINT)),
        (same(right, last) and not same(right, first), "part", "first", (first, last)),
        (same(right, first) and not same(right, last), "part", "last", (first, last)),
        (values.kind.is_rate and same(shuffled, wrong, first, last), "rounded", "", (first, last)),
        (best[right] and values.range(right, surer) > _NEAR, "others", "", (surer,)),
    )
    for holds, key, name, evidence in rows:
        if holds:
            shown = dict.fromkeys((right, shuffled, wrong, *evidence))
            told = "; ".join(f"{made} {number(value(made))}" for made in shown)
            return Symptom(key, f"{task.metric} of outputs that are {told}", name=name)
    return None


def _obstacle(outputs: Any, targets: Any, shape: TaskShape) -> str:
    """Return why right outputs cannot be made, nothing if they can."""
    are_tensors = isinstance(outputs, torch.Tensor) and isinstance(targets, torch.Tensor)
    if not are_tensors or shape.kind is TargetKind.OTHER:
        return "outputs or targets are not one tensor"
    if shape.kind is not TargetKind.CLASSES and outputs.numel() != targets.numel():
        return "outputs and targets differ in size"
    if not targets.numel() or len(targets) < 2 or len(outputs) % len(targets):
        return "outputs and targets are not in rows of examples"
    return ""


def _tried(task: Task, seen: Seen, shape: TaskShape, outputs: Any, targets: Any) -> _Metric:
    """Return the metric with as many rows as memory allows, an even number of them."""
    n = len(targets)
    most = max(2, min(n, MOST_NUMBERS * n // max(1, outputs.numel())))
    rows = torch.linspace(0, n - 1, most - most % 2).long()
    like = outputs.reshape(n, -1, *outputs.shape[1:])[rows].flatten(0, 1)
    takes_logits = expects_logits(loss_operations(task, seen))
    return _Metric(task, shape, like, targets[rows], end_of(seen.outputs), takes_logits)


@dataclass(frozen=True, slots=True)
class _Metric:
    """The metric of a task, and what outputs and targets look like."""

    task: Task
    shape: TaskShape
    like: torch.Tensor
    targets: torch.Tensor
    end: str
    takes_logits: bool

    @torch.no_grad()
    def of(self, outputs: torch.Tensor, targets: torch.Tensor | None = None) -> float:
        """Return the metric, NaN where it raises: these outputs may not be what it takes."""
        targets = (self.targets if targets is None else targets).clone()
        predict = self.task.predict
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                given = outputs.clone() if predict is None else predict(outputs.clone())
                return float(self.task.metrics(given, targets)[self.task.metric])
        # The user's metric is tried on outputs that it may not take.
        except Exception:  # noqa: BLE001  # it only tells that it does not take them
            return math.nan

    def right(self, targets: torch.Tensor, size: float = _SURE) -> torch.Tensor:
        """Return outputs that are right, as this network makes them."""
        axis = self.shape.class_axis
        if axis is not None:
            made = sure_of(targets, self.like, axis, size)
            if self.end == "Softmax":
                return made.softmax(axis)
            is_open = self.takes_logits and self.end != "LogSoftmax"
            return made if is_open else made.log_softmax(axis)
        made = targets.to(self.like.dtype).reshape(self.like.shape)
        if self.shape.kind is TargetKind.NUMBERS:
            return made
        made = (2 * made - 1) * size
        return made if self.takes_logits else made.sigmoid()

    def others(self) -> torch.Tensor:
        """Return targets that are wrong everywhere."""
        if self.shape.class_axis is not None:
            n = self.like.shape[self.shape.class_axis]
            return (self.targets.clamp(0, n - 1) + 1) % n
        if self.shape.kind is TargetKind.LABELS:
            return 1 - self.targets
        return self.targets + 3 * self.targets.double().std().to(self.targets.dtype) + 1

    def shuffled(self) -> torch.Tensor:
        """Return the targets in another order of examples."""
        rng = torch.Generator().manual_seed(0)
        return self.targets[torch.randperm(len(self.targets), generator=rng)]

    def is_understood(self) -> bool:
        """Whether right outputs cost less than all others that are tried."""
        right, wrong = self.right(self.targets), self.right(self.others())
        made = [right, wrong]
        if self.shape.kind is TargetKind.NUMBERS:
            std = float(right.double().std())
            made += [right + share * std for share in (-1.0, -0.05, 0.05, 1.0)]
        cost, *others = (loss_of(self.task, outputs, self.targets) for outputs in made)
        return cost < min(others)

    def values(self) -> dict[Made, float]:
        """Return the metric of all outputs that are made."""
        targets, others, n = self.targets, self.others(), len(self.like) // 2
        right, wrong = self.right(targets), self.right(others)
        made = {
            Made.RIGHT: (right, targets),
            Made.WRONG: (wrong, targets),
            Made.SHUFFLED: (self.right(self.shuffled()), targets),
            Made.OTHER_TARGETS: (right, self.shuffled()),
            Made.FIRST_WRONG: (torch.cat([wrong[:n], right[n:]]), targets),
            Made.LAST_WRONG: (torch.cat([right[:n], wrong[n:]]), targets),
        }
        if self.shape.kind is not TargetKind.NUMBERS:
            made[Made.PLAIN] = self.right(targets, _PLAIN), targets
            made[Made.FAINT] = self.right(targets, _FAINT), targets
            surer = self.right(targets, _SURER)
            made[Made.ONE_SURER] = torch.cat([surer[:1], right[1:]]), targets
        counted = is_counted(targets, self.shape)
        if not bool(counted.all()):
            made[Made.OTHER_PADDING] = self.right(targets.where(counted, others)), targets
        # Labels take turns; classes in order would lie on a diagonal, which no wrong axis changes.
        is_labels, n_all = self.shape.kind is TargetKind.LABELS, targets.numel()
        n_classes = 2 if is_labels else self.shape.n_classes or 0
        if n_classes > 1 and len(targets) >= 2 * n_classes:
            rng = torch.Generator().manual_seed(3)
            numbers = torch.arange(n_all) if is_labels else torch.randperm(n_all, generator=rng)
            mixed = (numbers.reshape(targets.shape) % n_classes).to(targets.dtype)
            mixed = mixed.where(counted, targets)
            made[Made.ALL_CLASSES] = self.right(mixed), mixed
        # Last: whoever keeps a state has seen wrong outputs by now.
        made[Made.AGAIN] = right, targets
        return {name: self.of(*pair) for name, pair in made.items()}

    def mistake(self, values: _Values) -> str:
        """Return the mistake that, made up for, gives right outputs the best value they lack."""
        right = values.value(Made.RIGHT)
        is_unpaired = values.are_same(Made.RIGHT, Made.SHUFFLED, Made.OTHER_TARGETS)
        is_fine = not values.best or values.is_best(right)
        if is_fine and not is_unpaired:
            return next(self._of_imperfect(), "")
        for cause, outputs, targets in self._changes(self.right(self.targets)):
            value = self.of(outputs, targets)
            if is_unpaired and cause == _PAIRS:
                # Where each output meets its own target, it matters which one that is.
                shuffled = self.of(outputs, self.shuffled().reshape(targets.shape))
                if abs(value - shuffled) > _NEAR * abs(shuffled):
                    return cause
            elif not is_fine and values.is_best(value):
                return cause
        if not is_fine and self.shape.kind is TargetKind.NUMBERS and self._has_unit(values):
            return "the metric changes the unit of outputs or of targets alone: they differ in it"
        return ""

    def _changes(self, right: torch.Tensor) -> Iterator[tuple[str, torch.Tensor, torch.Tensor]]:
        """Yield changes of right outputs or of targets, with the mistake they make up for."""
        axis, targets = self.shape.class_axis, self.targets
        # A class takes the place of what the loss ignores.
        targets = targets.where(is_counted(targets, self.shape), targets.clamp(min=0))
        yield "the metric counts padding: targets that the loss ignores", right, targets
        if axis is None and targets.shape[-1] == _N_OF_BOX:
            for change in (_centres, _corners):
                one, other = change(right), change(targets)
                for pair in ((one, targets), (right, other), (one, other)):
                    yield _BOXES, *pair
        flat = () if axis is not None else (right.flatten(), right.reshape(-1, 1))
        for made in (*flat, right):
            for shape in (targets.shape, (-1,), (targets.numel(), 1)):
                yield _PAIRS, made, targets.reshape(shape)
        if axis is not None:
            for k in (k for k in range(right.dim()) if k != axis):
                cause = f"the metric takes classes from axis {k}: the wrong axis, they are on"
                yield f"{cause} {axis}", right.movedim(axis, k), targets
            given = guesses(right, targets, axis)
            yield "the metric takes scores for class numbers: the argmax is missing", given, targets
        if self.shape.kind is TargetKind.LABELS:
            cause = "the metric has the wrong threshold: it cuts {} as if they were {}, not at {}"
            yield cause.format("logits", "probabilities", 0), right.sigmoid(), targets
            yield cause.format("probabilities", "logits", 0.5), right.logit(), targets

    def _of_imperfect(self) -> Iterator[str]:
        """Yield the mistakes that only outputs show that are partly right."""
        name, kind, targets = words_of(self.task.metric), self.shape.kind, self.targets
        rng = torch.Generator().manual_seed(1)
        if kind is TargetKind.NUMBERS:
            right = self.right(targets)
            mean = right.mean(0)
            small, large = (self.of(mean + k * (right - mean)) for k in (0.5, 2.0))
            # Sizes of errors beside the spread of the outputs, and not of the targets.
            if re.search(_EXPLAINED, name) and max(abs(small), abs(large - 0.75)) < _NEAR:
                yield _EXCHANGED
            if "iou" in name and targets.shape[-1] == _N_OF_BOX:
                noisy = right + _NOISE * torch.randn(right.shape, generator=rng) * right.std(0)
                boxes = _iou(_corners(noisy), _corners(right)), _iou(noisy, right)
                are_corners = bool((right[..., 2:] > right[..., :2]).all())
                taken, true = boxes[:: 1 if are_corners else -1]
                if abs(self.of(noisy) - taken) < _NEAR**2 < abs(self.of(noisy) - true):
                    yield _BOXES
        elif re.search(_RANKED, name):
            scores, axis = self.right(targets, 1.0), self.shape.class_axis
            is_open = axis is not None or self.takes_logits
            noise = _NOISE_OF_SCORES * torch.randn(scores.shape, generator=rng)
            scores = (scores if is_open else scores.logit()) + noise
            guess = (scores > 0).to(targets.dtype).reshape(targets.shape)
            hard = self.right(guess if axis is None else guesses(scores, targets, axis))
            found = self.of(scores if is_open else scores.sigmoid())
            if found == self.of(hard) != self.of(self.right(targets)):
                yield "the metric ranks hard answers: it is given classes, and needs the scores"
        elif re.search(_COUNTED, name):
            is_kept = torch.rand(targets.shape, generator=rng) > _WRONG
            guess = targets.where(is_kept | ~is_counted(targets, self.shape), 0 * targets)
            found = self.of(self.right(guess))
            shares = [_rates(targets, guess), _rates(guess, targets)]
            own, other = shares[:: 1 if "recall" in name else -1]
            near = [min(abs(found - share) for share in rates) for rates in (own, other)]
            if near[1] < _NEAR**2 < near[0]:
                yield _EXCHANGED

    def _has_unit(self, values: _Values) -> bool:
        """Whether outputs that are multiplied and shifted give the best value."""
        from scipy.optimize import minimize

        right = self.right(self.targets)

        def distance(scale: Any) -> float:
            value = self.of(right * float(scale[0]) + float(scale[1]))
            return abs(value - values.best[0]) if math.isfinite(value) else math.inf

        found = (minimize(distance, start, method="Nelder-Mead") for start in _STARTS)
        nearest = min(found, key=lambda one: float(one.fun))
        return values.is_best(self.of(right * float(nearest.x[0]) + float(nearest.x[1])))


def _centres(boxes: torch.Tensor) -> torch.Tensor:
    low, high = boxes[..., :2], boxes[..., 2:]
    return torch.cat([(low + high) / 2, high - low], -1)


def _corners(boxes: torch.Tensor) -> torch.Tensor:
    middle, size = boxes[..., :2], boxes[..., 2:]
    return torch.cat([middle - size / 2, middle + size / 2], -1)


def _iou(a: torch.Tensor, b: torch.Tensor) -> float:
    """Return the mean share of boxes, given by their corners, that two have in common."""
    low, high = torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])
    common = (high - low).clamp(min=0).prod(-1)
    both = sum((c[..., 2:] - c[..., :2]).clamp(min=0).prod(-1) for c in (a, b))
    return float((common / (both - common)).mean())


def _rates(wanted: torch.Tensor, guess: torch.Tensor) -> tuple[float, float]:
    """Return the share of a class that is guessed: the mean over classes, and of the last one."""
    of_classes = [float((guess[wanted == k] == k).double().mean()) for k in wanted.unique()]
    return sum(of_classes) / len(of_classes), of_classes[-1]
