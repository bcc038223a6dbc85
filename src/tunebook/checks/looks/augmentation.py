"""Augments copies of one batch, and compares inputs and targets row by row with the originals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch

from tunebook.analysis.series import number
from tunebook.checks.looks.attempts import attempt
from tunebook.checks.looks.bench import Bench, Tries
from tunebook.checks.looks.tensors import bytes_of, first_tensor, n_nonfinite, tensors_in
from tunebook.checks.one_look import Symptom, Symptoms
from tunebook.recipes.batches import Batch, changed

_N_CALLS, _N_COMPARED, _N_ROWS = 32, 4, 3
_N_IMAGES, _N_CLASSES, _CLEARLY, _TOLD = 256, 32, 2.0, 0.1
_NOISY, _LIKE, _LESS = 0.2, 0.6, 0.3
_LEAST, _MOST, _BLANK = 0.2, 5.0, 1e-6
"""Deviations of augmented inputs over those of the originals."""


def look(bench: Bench) -> Symptoms:
    """Return the first mistake of augmentation; what it raises is a reading, as in training."""
    augment, seen, tries = bench.task.augment, bench.see(), Tries()
    tries.look_for("how masks lie on their images", _turned, bench)
    if augment is None:
        return tries.symptoms(None)

    def augmented(batch: Batch) -> Batch:
        inputs, targets = augment(*changed(batch, torch.clone))
        return inputs, targets

    batch = seen.batch
    calls = [attempt("Augmentation", augmented, batch) for _ in range(_N_CALLS)]
    outputs = attempt("The network, given augmented inputs,", seen.training.network, calls[0][0])
    attempt("The loss of an augmented batch", bench.task.loss, outputs, calls[0][1])
    if all(_is_same(batch, call) for call in calls):
        value = f"{_N_CALLS} calls returned the same inputs and targets"
        tries.found.append(Symptom("nothing", value))
    calls = calls[:_N_COMPARED]
    # Augmentation need not take inputs that are made up: then it tells nothing.
    drawn, masks = _drawn(batch), Tries()
    if drawn is not None:
        masks.look_for("masks", lambda: _places([augmented(drawn) for _ in range(_N_COMPARED)]))
    tries.found += masks.found
    tries.look_for("rows of augmented batches", _rows, batch, calls)
    tries.look_for("the scale of augmented inputs", _scale, batch, calls)
    found = tries.symptoms(f"{_N_CALLS} calls")
    return replace(found, found=found.found[:1])


def _is_same(a: Any, b: Any) -> bool:
    """Whether two batches have the same tensors; others are not compared."""
    pairs = list(tensors_in(a)), list(tensors_in(b))
    return len(pairs[0]) == len(pairs[1]) and all(map(torch.equal, *pairs))


def _scale(batch: Batch, calls: list[Batch]) -> Iterator[Symptom]:
    """Yield numbers that are not finite, or of another size."""
    first = first_tensor(batch[0])
    if first is None or not first.is_floating_point() or n_nonfinite(first) or not first.std() > 0:
        return
    if n := sum(n_nonfinite(call[0]) for call in calls):
        yield Symptom("nan", f"{n} not finite", "0")
        return
    made = [t.float() for t in (first_tensor(call[0]) for call in calls) if t is not None]
    size = float(first.std())
    ratios = [float(t.std()) / size for t in made]
    shift = max(abs(float(t.mean() - first.mean())) / size for t in made)
    if min(ratios) < _LEAST or max(ratios) > _MOST or shift > _MOST:
        span = f"{number(min(ratios))} to {number(max(ratios))}"
        key = "blank" if min(ratios) < _BLANK else "scale"
        yield Symptom(key, f"deviation times {span}, mean by {number(shift)}")


def _rows(batch: Batch, calls: list[Batch]) -> Iterator[Symptom]:
    """Yield inputs that were left as they are, or moved to other rows, without their targets."""
    first, targets = first_tensor(batch[0]), batch[1]
    if first is None or not isinstance(targets, torch.Tensor) or len(first) != len(targets):
        return
    known: defaultdict[bytes, set[bytes]] = defaultdict(set)
    for row, target in zip(first, targets, strict=True):
        known[bytes_of(row)].add(bytes_of(target))
    of_others = set().union(*known.values())
    n = n_wrong = 0
    for inputs, made in calls:
        rows = first_tensor(inputs)
        if rows is None or not isinstance(made, torch.Tensor) or made.shape != targets.shape:
            continue
        if made.dtype is targets.dtype:
            pairs = [(bytes_of(row), bytes_of(y)) for row, y in zip(rows, made, strict=False)]
            n += sum(row in known for row, _ in pairs)
            n_wrong += sum(y in of_others - known.get(row, of_others) for row, y in pairs)
    if n_wrong >= _N_ROWS and n_wrong > _NOISY * n:
        yield Symptom("exchanges", f"{n_wrong} of {n} inputs have other targets", "0")


def _map_of(targets: Any, images: Any) -> torch.Tensor | None:
    """Return the targets that are a map of the size of the images, one for each."""
    if not isinstance(images, torch.Tensor) or images.dim() != 4:
        return None
    n, _, *size = images.shape
    maps = (t for t in tensors_in(targets) if t.dim() > 2 and [len(t), *t.shape[-2:]] == [n, *size])
    return next((t.float().reshape(n, -1, *size)[:, :1] for t in maps), None)


def _turns(t: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return images as they are first, and as flips and turns that keep their shape make them."""
    flips = {"": t, "mirrored": t.flip(-1), "upside down": t.flip(-2), "turned": t.flip(-1, -2)}
    is_square = t.shape[-1] == t.shape[-2]
    return flips | {f"transposed {n}".strip(): x.mT for n, x in flips.items() if is_square}


def _turned(bench: Bench) -> Iterator[Symptom]:
    """Yield that masks tell the values of pixels better once they are flipped or turned."""
    images, targets = bench.sample(size=_N_IMAGES)
    found, shares = _map_of(targets, images), dict[str, float]()
    if found is None:
        return
    masks, values = found[:, 0], images.float().movedim(1, -1).flatten(0, -2)
    masks = masks if len(masks.unique()) <= _N_CLASSES else (masks > masks.mean()).float()
    for name, turned in _turns(masks).items():
        parts = [values[turned.flatten() == c] for c in masks.unique()]
        between = [len(p) * (p.mean(0) - values.mean(0)).square() for p in parts]
        shares[name] = float((sum(between) / len(values) / (values.var(0) + 1e-12)).max())
    best = max(shares, key=shares.__getitem__)
    if shares[best] >= max(_CLEARLY * shares[""], _TOLD):
        value = f"{best}, they tell {shares[best]:.0%} of the variance of pixels"
        yield Symptom("turned", f"{value}, and {shares['']:.0%} as they are", name=best)


def _drawn(batch: Batch) -> Batch | None:
    """Return the batch with inputs that show their own targets, in the range of the inputs."""
    images, targets = batch
    found = _map_of(targets, images)
    if found is None:
        return None
    low, high = images.min(), images.max()
    shares = (found - found.min()) / (found.max() - found.min()).clamp(min=1e-8)
    return (low + (high - low) * shares).expand(images.shape).to(images.dtype), targets


def _places(calls: list[Batch]) -> Iterator[Symptom]:
    """Yield inputs that show their targets only after a flip, a turn or a shift.

    Correlation over all shifts at once, by Fourier transforms: noise and brightness do not matter.
    """
    n = n_apart = 0
    for images, targets in calls:
        maps = _map_of(targets, images)
        for a, b in zip(images.float().mean(1), () if maps is None else maps[:, 0], strict=False):
            a, b = a - a.mean(), b - b.mean()
            size = float(a.norm() * b.norm())
            if size < 1e-8:
                continue
            turns = torch.stack(list(_turns(b).values()))
            product = torch.fft.rfft2(a) * torch.fft.rfft2(turns).conj()
            best = float(torch.fft.irfft2(product, s=a.shape).abs().max()) / size
            n += 1
            n_apart += best > _LIKE and abs(float((a * b).sum())) / size < best - _LESS
    if n_apart >= _N_ROWS:
        yield Symptom("masks", f"{n_apart} of {n} inputs no longer match their masks", "0")
