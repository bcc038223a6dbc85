"""Augments copies of one batch, and compares inputs and targets row by row with the originals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch

from tunebook.checks.augmentation import AugmentationFigures
from tunebook.checks.looks.attempts import attempt
from tunebook.checks.looks.bench import Bench, Tries
from tunebook.checks.looks.tensors import first_tensor, n_nonfinite, tensors_in
from tunebook.recipes.batches import Batch, changed

_N_CALLS, _N_COMPARED, _N_MOVES = 32, 4, 8
_LIKE, _LESS, _DIFFERS = 0.8, 0.1, 0.01
_TURNS: Mapping[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "shifted": lambda t: t,
    "flipped left to right": lambda t: t.flip(-1),
    "flipped upside down": lambda t: t.flip(-2),
    "turned by 180 degrees": lambda t: t.flip(-1, -2),
    "turned by 90 degrees": lambda t: t.rot90(1, (-2, -1)),
    "turned by 270 degrees": lambda t: t.rot90(3, (-2, -1)),
}


def look(bench: Bench) -> AugmentationFigures:
    """Return what augmentation does; what it raises is a reading, also when it is trained on."""
    augment = bench.task.augment
    if augment is None:
        return AugmentationFigures()
    seen, tries = bench.see(), Tries()
    batch = seen.batch
    calls: list[Batch] = []
    n_same = 0
    for k in range(_N_CALLS):
        made = attempt("Augmentation", lambda: augment(*changed(batch, torch.clone)))
        inputs, targets = attempt("Augmentation", lambda made=made: (made[0], made[1]))
        n_same += _is_same(batch, (inputs, targets))
        if k < _N_COMPARED:
            calls.append((inputs, targets))
    outputs = attempt("The network, given augmented inputs,", seen.training.network, calls[0][0])
    attempt("The loss of an augmented batch", bench.task.loss, outputs, calls[0][1])
    found: dict[str, Any] = tries("the scale of augmented inputs", _scale, batch, calls) or {}
    rows = tries("rows of augmented batches", _rows, batch, calls)
    moves = tries("moves of augmented inputs", _moves, batch, calls)
    return AugmentationFigures(
        n_calls=_N_CALLS,
        n_nonfinite=sum(n_nonfinite(call[0]) for call in calls) if not n_nonfinite(batch[0]) else 0,
        changes=n_same < _N_CALLS,
        failed=tries.failed,
        **found | (rows or {}) | (moves or {}),
    )


def _is_same(a: Any, b: Any) -> bool:
    """Whether two batches have the same tensors; others are not compared."""
    pairs = list(tensors_in(a)), list(tensors_in(b))
    return len(pairs[0]) == len(pairs[1]) and all(map(torch.equal, *pairs))


def _scale(batch: Batch, calls: list[Batch]) -> dict[str, Any]:
    first = first_tensor(batch[0])
    if first is None or not first.is_floating_point() or float(first.std()) < 1e-8:
        return {}
    made = [t for t in (first_tensor(call[0]) for call in calls) if t is not None]
    size = float(first.std())
    ratios = [float(t.float().std()) / size for t in made]
    shift = max(abs(float(t.float().mean() - first.mean())) / size for t in made)
    return {"scales": (min(ratios), max(ratios)), "shift": shift}


def _rows(batch: Batch, calls: list[Batch]) -> dict[str, Any]:
    """Count rows with the inputs of others, and with another class than before."""
    first, targets = first_tensor(batch[0]), batch[1]
    if first is None or not isinstance(targets, torch.Tensor) or len(first) != len(targets):
        return {}
    place = {row.numpy(force=True).tobytes(): i for i, row in enumerate(first)}
    counts: Counter[str] = Counter()
    for inputs, made in calls:
        rows = first_tensor(inputs)
        is_kept = isinstance(made, torch.Tensor) and made.shape == targets.shape
        if rows is None or not is_kept or made.dtype is not targets.dtype:
            continue
        for i, row in enumerate(rows):
            other = place.get(row.numpy(force=True).tobytes())
            if other is None or i >= len(targets):
                continue
            is_label_kept = torch.equal(made[i], targets[i])
            if torch.equal(first[other], first[i]):
                counts["n_same"] += 1
                counts["n_relabelled"] += not (is_label_kept or made.is_floating_point())
            elif is_label_kept and not torch.equal(targets[other], targets[i]):
                counts["n_exchanged"] += 1
    return dict(counts)


def _moves(batch: Batch, calls: list[Batch]) -> dict[str, Any]:
    """Count inputs that were flipped, turned or shifted, and targets that stayed in place."""
    images, targets = batch
    counts: Counter[str] = Counter()
    motions: Counter[str] = Counter()
    n = min(_N_MOVES, len(images)) if isinstance(images, torch.Tensor | list) else 0
    for inputs, made in calls:
        for i in range(n if isinstance(inputs, torch.Tensor | list) else 0):
            before, after = images[i], inputs[i]
            if not isinstance(before, torch.Tensor) or before.dim() < 3:
                return {}
            old, new = (list(_placed(t, i, before.shape[-2:])) for t in (targets, made))
            motion = _motion(before, after) if old and len(old) == len(new) else None
            if motion is None:
                continue
            name, move = motion
            pairs = [(a, b) for a, b in zip(old, new, strict=True) if _tells(a, before, move)]
            if pairs:
                motions[name] += 1
                counts["n_moved"] += 1
                counts["n_left"] += all(torch.equal(a, b) for a, b in pairs)
    common = motions.most_common(1)
    return {**counts, "motion": common[0][0] if common else ""}


def _placed(targets: Any, row: int, size: Any) -> Iterator[torch.Tensor]:
    """Yield the targets of a row that lie in the image: maps of its size, boxes, key points."""
    if isinstance(targets, torch.Tensor) and targets.dim() > 2 and targets.shape[-2:] == size:
        yield targets[row]
    elif isinstance(targets, dict):
        for name, value in targets.items():
            has_places = "box" in str(name).lower() or "keypoint" in str(name).lower()
            if has_places and isinstance(value, list | torch.Tensor):
                yield torch.as_tensor(value[row])
            else:
                yield from _placed(value, row, size)
    elif isinstance(targets, list | tuple) and row < len(targets):
        own = targets[row]
        if isinstance(own, dict):
            yield from _placed({k: [v] for k, v in own.items()}, 0, size)


def _tells(target: torch.Tensor, image: torch.Tensor, move: Callable[..., torch.Tensor]) -> bool:
    """Whether a target would look different after the same move; boxes do, if there are any."""
    if target.shape[-2:] != image.shape[-2:]:
        return target.numel() > 0
    return float((move(target) != target).float().mean()) > _DIFFERS


def _motion(
    before: torch.Tensor, after: torch.Tensor
) -> tuple[str, Callable[[torch.Tensor], torch.Tensor]] | None:
    """Return the move by which the second image is most like the first, None if it stayed.

    Correlation over all shifts at once, by Fourier transforms: noise and brightness do not matter.
    """
    if before.shape != after.shape or not before.is_floating_point():
        return None
    a, b = (t.float().reshape(-1, *t.shape[-2:]).mean(0) for t in (before, after))
    a, b = a - a.mean(), b - b.mean()
    size = float(a.norm() * b.norm())
    if size < 1e-8:
        return None
    stays = float((a * b).sum()) / size
    best, found = 0.0, None
    for name, turn in _TURNS.items():
        if turn(a).shape != b.shape:
            continue
        spectrum = torch.fft.rfft2(b) * torch.fft.rfft2(turn(a)).conj()
        likeness = torch.fft.irfft2(spectrum, s=list(b.shape)) / size
        if float(likeness.max()) > best + 1e-4:
            best = float(likeness.max())
            place = divmod(int(likeness.argmax()), b.shape[1])
            found = (name, lambda t, turn=turn, place=place: turn(t).roll(place, (-2, -1)))
    return found if best > _LIKE and stays < best - _LESS else None
