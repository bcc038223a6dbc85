"""Tries the loss on made-up outputs: what it pairs, what it adds up, what it takes them for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import torch

from tunebook.analysis.series import number
from tunebook.checks.looks.bench import (
    Bench,
    Seen,
    Tries,
    end_of,
    expects_logits,
    last_operation,
    loss_operations,
    probabilities_for_logits,
    told,
)
from tunebook.checks.looks.shape import (
    classes_last,
    fits,
    gradient_of,
    is_counted,
    loss_of,
    shape_of,
)
from tunebook.checks.looks.tensors import n_rows, tensors_in
from tunebook.checks.one_look import Symptom, Symptoms
from tunebook.checks.shape import TargetKind, TaskShape
from tunebook.recipes.batches import changed
from tunebook.training.task import Task

_NEAR, _EXACT, _UNIT, _HUGE, _TWICE = 1e-5, 1e-7, 1e-3, 1e3, 0.01
_MANY, _SURE_ENOUGH, _LARGE = 0.05, 0.9, 10.0
_N_DRAWS, _LEFT_OUT, _RARER, _HEAVIER, _ALONG = 6, 0.1, 2.0, 1.5, 0.8
_CHANCE, _FAR = 0.1, 10.0
"""The initial loss lies within this share of that of chance (S2.7); far above it is a problem."""

_REACHES = {
    **dict.fromkeys(("Relu", "Exp", "Softplus", "Abs"), (0.0, math.inf)),
    **dict.fromkeys(("Sigmoid", "Hardsigmoid", "Softmax"), (0.0, 1.0)),
    "Tanh": (-1.0, 1.0),
}


def look(bench: Bench) -> Symptoms:
    """Return the first mistake of the loss, for one explains the others."""
    seen, task, tries = bench.see(), bench.task, Tries()
    if seen.loss.numel() != 1:
        return Symptoms((Symptom("size", f"{seen.loss.numel()} numbers", "1"),))
    shape, made, outputs = shape_of(task, seen), loss_operations(task, seen), seen.outputs
    with torch.no_grad():
        first = loss_of(task, outputs, seen.batch[1])
        # A loss that draws at random tells nothing by its differences.
        if first == loss_of(task, outputs, seen.batch[1]):
            tries.look_for("which examples count", _counted, task, seen, shape)
            tries.look_for("what the loss depends on", _pairing, task, seen)
            if shape.class_axis is not None and bool(torch.isfinite(outputs).all()):
                tries.look_for("what the loss takes for scores", _scores, task, seen, shape)
            if probabilities_for_logits(seen, made):
                name = "sigmoid" if shape.kind is TargetKind.LABELS else "softmax"
                tries.found.append(Symptom("twice", f"outputs end in {end_of(outputs)}", name=name))
            tries.look_for("the range of targets", _range, bench, seen, shape, made)
            tries.look_for("the loss of chance", _start, bench, seen, shape, made)
    found = tries.symptoms(told(outputs, seen.batch[1]))
    return replace(found, found=found.found[:1])


def _is_same(a: float, b: float, near: float = _NEAR) -> bool:
    return math.isfinite(a) and abs(a - b) <= near * max(1e-6, abs(a))


def _made_up(task: Task, outputs: Any, targets: Any, seed: int = 0) -> Any:
    """Return random outputs that the loss takes: numbers spread like targets, or else shares."""
    draw = partial(torch.randn, generator=torch.Generator().manual_seed(seed))
    mean, deviation, n = 0.0, 1.0, sum(t.numel() for t in tensors_in(outputs))
    if isinstance(targets, torch.Tensor) and targets.numel() == n > 1:
        mean, deviation = float(targets.double().mean()), float(targets.double().std())
    made = changed(
        outputs,
        lambda t: mean + deviation * draw(t.shape).to(t) if t.is_floating_point() else t,
    )
    if math.isfinite(loss_of(task, made, targets)):
        return made
    return changed(made, lambda t: t.sigmoid() if t.is_floating_point() else t)


def _pairing(task: Task, seen: Seen) -> Iterator[Symptom]:
    """Yield what the loss does not depend on, and that it is a sum."""
    outputs, targets, cost = seen.outputs, seen.batch[1], partial(loss_of, task)
    made, others = (_made_up(task, outputs, targets, seed) for seed in (0, 1))
    twice = partial(changed, change=lambda t: torch.cat([t, t]) if t.dim() else t)
    base, repeated = cost(made, targets), cost(twice(made), twice(targets))
    if _is_same(base, cost(others, targets), _EXACT):
        yield Symptom("outputs", "others cost the same", "a difference")
    if isinstance(outputs, torch.Tensor) and seen.targets is not None and targets.dim():
        alike = targets[:1].expand_as(targets).contiguous()
        is_even = outputs.numel() == targets.numel()
        is_paired = is_even or any(fits(outputs, targets, a) for a in range(1, outputs.dim()))
        # Where a loss is no mean over examples, as of contrasts, targets may be others' business.
        is_unused = _is_same(base, cost(made, alike), _EXACT)
        if is_even and not is_unused and _is_same(base, cost(made.roll(1, 0), targets)):
            yield Symptom("broadcast", told(outputs, targets), "equal shapes")
        if is_paired and is_unused and _is_same(base, repeated) and not torch.equal(alike, targets):
            yield Symptom("targets", "others cost the same", "a difference")
    if abs(base) > 1e-6 and abs(repeated / base - 2) < _TWICE:
        yield Symptom("sum", f"a batch twice over costs {number(repeated / base)} times", "1")


def _counted(task: Task, seen: Seen, shape: TaskShape) -> Iterator[Symptom]:
    """Yield places of a batch to which no gradient arrives whatever their target is, or classes."""
    outputs, targets, found = seen.outputs, seen.targets, list[tuple[int, float, bool]]()
    n = n_rows(seen.batch)
    if targets is None or not n or not isinstance(outputs, torch.Tensor) or n_rows(outputs) != n:
        return
    is_one = shape.kind in {TargetKind.CLASSES, TargetKind.LABELS} and targets.numel() == n
    right = targets[:1]
    for seed in range(_N_DRAWS):
        # Some targets are left out on purpose: at last each place gets one that counted elsewhere.
        wanted = (
            targets.roll(seed, 0) if seed < _N_DRAWS - 1 else right.expand_as(targets).contiguous()
        )
        grad = gradient_of(task, _made_up(task, outputs, wanted, seed), wanted)
        if grad is None:
            return
        hits = grad.reshape(n, -1).any(1)
        right = wanted[hits][:1] if bool(hits.any()) else right
        keys = [float(t) if is_one else -1.0 for t in wanted]
        found += zip(range(n), keys, hits.tolist(), strict=True)
    known, lit = {k for _, k, is_hit in found if is_hit}, {i for i, _, is_hit in found if is_hit}
    lost = sorted({k for _, k, _ in found if k >= 0} - known)
    if 0 < len(lit) <= (1 - _LEFT_OUT) * n:
        name = f"{n - len(lit)} of {n} examples"
        yield Symptom("part", name, "all count", name)
    elif known and lost:
        yield Symptom("ignored", "no gradient", "all count", ", ".join(map(number, lost)))


def _scores(task: Task, seen: Seen, shape: TaskShape) -> Iterator[Symptom]:
    """Yield the axis over which scores are made shares if it is wrong, or if that was left out."""
    outputs, targets, axis = seen.outputs, seen.batch[1], shape.class_axis
    made = torch.randn(outputs.shape, generator=torch.Generator().manual_seed(1)).to(outputs)
    base = loss_of(task, made, targets)

    def is_free(a: int) -> bool:
        """Whether each row along an axis can be shifted: what a softmax does not see."""
        size = [1 if d == a else n for d, n in enumerate(made.shape)]
        shift = torch.randn(size, generator=torch.Generator().manual_seed(2)).to(made)
        return _is_same(base, loss_of(task, made + shift, targets), 1e-4)

    axes = sorted((a for a, n in enumerate(outputs.shape) if n > 1), key=lambda a: a != axis)
    share = next((a for a in axes if _is_share(outputs, a)), None)
    free = next((a for a in axes if is_free(a)), None)
    wrong = free if share in {None, axis} else share
    if wrong not in {None, axis}:
        name = "the batch" if wrong == 0 else f"axis {wrong}"
        yield Symptom("axis", f"axis {wrong}", f"axis {axis}", name)
    lowered = base - loss_of(task, made + 1, targets)
    is_log = share is not None and bool((outputs <= 0).all())
    if free is None and abs(lowered - 1) < _UNIT and not is_log:
        value = "adding 1 to the outputs lowers the loss by 1"
        yield Symptom("logarithm", value, "log-probabilities")


def _is_share(outputs: torch.Tensor, axis: int) -> bool:
    """Whether outputs are probabilities along an axis, or logarithms of some."""
    shares = outputs if bool((outputs >= 0).all()) else outputs.exp()
    return bool(((shares.sum(axis) - 1).abs() < _UNIT).all())


def _start(bench: Bench, seen: Seen, shape: TaskShape, made: list[str]) -> Iterator[Symptom]:
    """Yield an initial loss above what knowing nothing costs: equal scores, or equal shares."""
    share = 1 / shape.n_classes if shape.n_classes else 0.5
    equal = {"Softmax": share, "Sigmoid": share, "LogSoftmax": math.log(share)}
    even = 0.0 if expects_logits(made) else equal.get(end_of(seen.outputs))
    if even is None or shape.kind not in {TargetKind.CLASSES, TargetKind.LABELS}:
        return
    yield from _weights(bench, seen, shape, even)
    chance = loss_of(bench.task, torch.full_like(seen.outputs, even), seen.batch[1])
    initial = float(seen.loss)
    if 0 < (1 + _CHANCE) * chance < initial < math.inf:
        sizes = (float(t.abs().mean()) for t in tensors_in(seen.batch[0]) if t.is_floating_point())
        key = "large" if max(sizes, default=0.0) > _LARGE else "above"
        expected, is_bad = f"{number(chance)} within 10 %", initial > _FAR * chance
        yield Symptom(key, number(initial), expected, is_bad=is_bad)


def _weights(bench: Bench, seen: Seen, shape: TaskShape, even: float) -> Iterator[Symptom]:
    """Yield that frequent classes weigh more, by the gradients at equal scores."""
    axis, targets = shape.class_axis, seen.batch[1] if shape.is_dense else bench.sample()[1]
    equal = seen.outputs.new_full((len(targets), *seen.outputs.shape[1:]), even)
    grad, flat = gradient_of(bench.task, equal, targets), targets.flatten()
    if grad is None:
        return
    sizes = grad.flatten().abs() if axis is None else classes_last(grad, targets, axis).norm(dim=1)
    classes, counts = flat[is_counted(targets, shape).flatten()].unique(return_counts=True)
    means = torch.stack([sizes[flat == c].mean() for c in classes])
    top, low = int(counts.argmax()), int(counts.argmin())
    if counts[top] < _RARER * counts[low] or not means[top] > _HEAVIER * means[low] > 0:
        return
    if float(torch.corrcoef(torch.stack([counts.log(), means.log()]))[0, 1]) > _ALONG:
        value = f"{number(float(means[top] / means[low]))} times class {classes[low]:.0f}"
        yield Symptom("weights", value, "no more", f"{classes[top]:.0f}")


def _range(bench: Bench, seen: Seen, shape: TaskShape, made: list[str]) -> Iterator[Symptom]:
    """Yield targets that the last operation of the network or the loss does not allow."""
    outputs, targets = seen.outputs, bench.sample()[1]
    end, node = last_operation(outputs)
    reach = _reach(end, node)
    name = "ReLU" if end == "Relu" else end.lower()
    if shape.kind in {TargetKind.CLASSES, TargetKind.LABELS}:
        is_limited = end == "Relu" or _best_share(shape, *reach) < _SURE_ENOUGH
        if expects_logits(made) and is_limited:
            span = f"from {number(reach[0])} to {number(reach[1])}"
            yield Symptom("logits", span, "any number", name)
        return
    is_paired = isinstance(outputs, torch.Tensor) and isinstance(targets, torch.Tensor)
    if not is_paired or targets[0].numel() != outputs[0].numel():
        return
    right, cost = targets.reshape(-1, *outputs.shape[1:]).to(outputs), partial(loss_of, bench.task)
    near = right.clamp(*reach)
    span = f"{number(float(right.min()))} to {number(float(right.max()))}"
    off = float(((right - near).abs() > _UNIT * float(right.std())).float().mean())
    # Else the loss does not want outputs that are equal to the targets.
    if off and cost(right, targets) < cost(near, targets):
        value = f"{off:.0%} of targets outside of {number(reach[0])} to {number(reach[1])}"
        yield Symptom("reach", value, span, name, is_bad=off >= _MANY)
    sure = torch.where(right > 0.5, _HUGE, -_HUGE)
    is_beyond = bool(((right < 0) | (right > 1)).any())
    # A loss that leaves such targets out, as those of no label, stays above 0.
    if is_beyond and "BinaryCrossEntropyWithLogits" in made and cost(sure, targets) < -1:
        yield Symptom("beyond", f"{span}: the loss falls without bound", "0 to 1")


def _best_share(shape: TaskShape, low: float, high: float) -> float:
    """Return the largest probability that logits between two bounds can give every class."""
    if shape.kind is TargetKind.LABELS:
        return 1 / (1 + math.exp(-min(high, -low)))
    return 1 / (1 + ((shape.n_classes or 1) - 1) * math.exp(low - high))


def _reach(end: str, node: Any) -> tuple[float, float]:
    """Return what an operation lets through."""
    for kind, ends in (("Clamp", ("min", "max")), ("Hardtanh", ("min_val", "max_val"))):
        if end.startswith(kind):
            low, high = (getattr(node, f"_saved_{bound}", None) for bound in ends)
            return -math.inf if low is None else low, math.inf if high is None else high
    return _REACHES.get(end, (-math.inf, math.inf))
