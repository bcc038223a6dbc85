"""What a trained network makes of training and validation, in evaluation and in training mode."""

from __future__ import annotations

import math
from statistics import fmean, stdev
from typing import Any

import torch
from torch import nn
from torch.optim.swa_utils import update_bn

from tunebook.checks.looks.attempts import PartFailed, attempt
from tunebook.checks.looks.baselines import explained
from tunebook.checks.looks.bench import Bench
from tunebook.checks.looks.shape import guesses, is_counted, shape_of
from tunebook.checks.looks.tensors import n_rows, take
from tunebook.checks.readings import SplitFigures
from tunebook.checks.shape import TargetKind, TaskShape
from tunebook.recipes.batches import Batch
from tunebook.recipes.loop import Training, joined
from tunebook.training.task import Split

N_EXAMPLES, N_SHUFFLES, MOST_CLASSES, MOST_NUMBERS = 512, 60, 100, 2**22
_BatchNorm = nn.modules.batchnorm._BatchNorm  # noqa: SLF001  # the base of all


def learned(training: Training, bench: Bench) -> dict[str, SplitFigures]:
    """Return the figures of both splits; a split that raises has the reason in their place."""
    shape, found = shape_of(training.task, bench.see()), dict[str, SplitFigures]()
    kept = {name: value.clone() for name, value in training.network.state_dict().items()}
    for split in (Split.TRAIN, Split.TRAIN_VAL):
        part = f"Evaluation on the split {split.value!r}"
        try:
            batch = Bench(training.task, bench.config).sample(split, N_EXAMPLES)
            found[split.value] = attempt(part, _figures, training, batch, shape)
        except PartFailed as failed:
            found[split.value] = SplitFigures(reason=f"{part} raised {failed.reading.told}")
        # Passes in training mode move the statistics of batch norm.
        training.network.load_state_dict(kept)
    return found


@torch.no_grad()
def _figures(training: Training, batch: Batch, shape: TaskShape) -> SplitFigures:
    (inputs, targets), n = batch, n_rows(batch[1])
    if n is None or n < 2:
        return SplitFigures(reason="its targets are not in rows of examples")
    outputs = passed(training, batch, is_training=False)
    if isinstance(outputs, torch.Tensor) and outputs.numel() > MOST_NUMBERS:
        # Words of a large vocabulary would fill the memory; fewer examples do.
        return _figures(training, take(batch, range(n // 2)), shape)

    def cost(outputs: Any, targets: Any = targets) -> float:
        return float(training.task.loss(outputs, targets))

    rng = torch.Generator().manual_seed(0)
    orders = [torch.randperm(n, generator=rng).tolist() for _ in range(N_SHUFFLES)]
    shuffled = [cost(outputs, take(targets, order)) for order in orders]
    noise = torch.rand(outputs.shape, generator=rng) if isinstance(outputs, torch.Tensor) else None
    score, confusion = _score(outputs, targets, shape)
    norms = [m for m in training.network.modules() if isinstance(m, _BatchNorm)]
    momenta = {1.0 if m.momentum is None else m.momentum for m in norms if m.track_running_stats}
    noisy, fresh = cost(passed(training, batch, is_training=True)), math.nan
    if momenta:
        update_bn([(inputs,)], training.network)
        fresh = cost(passed(training, batch, is_training=False))
    return SplitFigures(
        n,
        loss=cost(outputs),
        training_loss=noisy,
        fresh_loss=fresh,
        shuffled=fmean(shuffled),
        deviation=stdev(shuffled),
        targets_matter=noise is None or cost(noise) != cost(noise, take(targets, orders[0])),
        score=score,
        confusion=confusion,
        momenta=tuple(sorted(momenta)),
    )


def passed(training: Training, batch: Batch, *, is_training: bool) -> Any:
    """Return the outputs for a batch, in parts as large as those of training."""
    training.network.train(is_training)
    n, inputs = n_rows(batch[1]) or 1, batch[0]
    n_parts = max(1, n // training.settings.batch_size) if n_rows(inputs) == n else 1
    if n_parts == 1:
        return training.network(inputs)
    parts = [take(inputs, rows.tolist()) for rows in torch.arange(n).tensor_split(n_parts)]
    return joined([training.network(part) for part in parts])


def _score(outputs: Any, targets: Any, shape: TaskShape) -> tuple[float | None, Any]:
    """Return accuracy or share of variance explained, and the confusion of few classes."""
    if not isinstance(outputs, torch.Tensor) or not isinstance(targets, torch.Tensor):
        return None, ()
    if shape.class_axis is not None and shape.n_classes is not None:
        counted = is_counted(targets, shape)
        wanted, guess = targets[counted], guesses(outputs, targets, shape.class_axis)[counted]
        n = shape.n_classes
    elif outputs.numel() != targets.numel():
        return None, ()
    elif shape.kind is TargetKind.LABELS:
        is_share = bool((outputs >= 0).all() and (outputs <= 1).all())
        wanted, guess = targets.long().flatten(), (outputs.flatten() > 0.5 * is_share).long()
        n = 2 if targets.numel() == len(targets) else MOST_CLASSES + 1
    else:
        return explained(outputs.reshape(targets.shape), targets), ()
    score = float((guess == wanted).double().mean())
    if n > MOST_CLASSES or not len(wanted) or int(wanted.min()) < 0 or int(wanted.max()) >= n:
        return score, ()
    counts = torch.bincount(wanted * n + guess, minlength=n * n).reshape(n, n)
    return score, tuple(map(tuple, counts.tolist()))
