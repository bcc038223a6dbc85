"""Runs the network in both modes, on the same batch and on parts of it."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from tunebook.checks.looks.bench import BATCH, Bench, Seen, Tries, first_examples
from tunebook.checks.looks.shape import shape_of
from tunebook.checks.looks.tensors import difference, n_rows, scale_of, take
from tunebook.checks.modes import ModesFigures
from tunebook.checks.shape import TargetKind
from tunebook.training.task import Split

_DROPOUT = (nn.modules.dropout._DropoutNd,)  # noqa: SLF001  # the base of all of them
_NORMS = (nn.modules.batchnorm._BatchNorm,)  # noqa: SLF001  # the base of all of them
_DROPS = {"bernoulli", "bernoulli_", "native_dropout"}
_ACROSS = (nn.RNNBase, nn.MultiheadAttention)


class _Drawn(TorchDispatchMode):
    """Notes whether operations drop numbers at random."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # PyTorch has no types there
        self.drops = False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.drops |= func.overloadpacket.__name__ in _DROPS
        return func(*args, **(kwargs or {}))


def look(bench: Bench) -> ModesFigures:
    """Return whether layers follow the mode, and what predictions in evaluation depend on."""
    seen = bench.see()
    kind = shape_of(bench.task, seen).kind
    with torch.no_grad():
        return _figures(bench, seen, kind)


def _figures(bench: Bench, seen: Seen, kind: TargetKind) -> ModesFigures:
    tries = Tries()
    network, inputs = seen.training.network, seen.batch[0]
    called, _ = tries("layers in training mode", _modes_of, network, inputs, True) or ({}, None)
    still = {m for m, is_training in called.items() if not is_training}
    found = tries("evaluation", _modes_of, network, inputs, False)
    evaluated, first = found or ({}, None)
    twice, drops = (found and tries("evaluating twice", _twice, seen, first)) or (None, False)
    leak = tries("half of a batch", _leak, seen, first) if not twice else None
    layers = dict(network.named_modules())
    is_stuck = not network.train().training and tries("forced training", _drops, network, inputs)
    names = {m: name for name, m in layers.items()}
    idle = [m for m in layers.values() if isinstance(m, _DROPOUT) and m.p > 0 and m not in called]
    return ModesFigures(
        targets=kind,
        stays_training=any(evaluated.values()),
        stays_evaluating=bool(is_stuck) or (bool(still) and len(still) == len(called)),
        # A pretrained body that is held stays in evaluation mode on purpose.
        only_norms=any(not p.requires_grad for p in network.parameters())
        or (not is_stuck and all(isinstance(m, _NORMS) for m in still)),
        unused_dropout=tuple(names[m] for m in idle),
        drops=drops,
        twice=twice,
        reread=tries("reading validation examples twice", _reread, bench),
        leak=leak,
        across=tuple(n for n, m in layers.items() if isinstance(m, _ACROSS) and not m.batch_first),
        batch_statistics=tuple(
            n for n, m in layers.items() if isinstance(m, _NORMS) and not m.track_running_stats
        ),
        failed=tries.failed,
    )


def _modes_of(
    network: nn.Module, inputs: Any, is_training: bool
) -> tuple[dict[nn.Module, bool], Any]:
    """Return the mode in which each layer that depends on it was called, and the outputs.

    Batch statistics that are not kept are none that evaluation could use.
    """
    network.train(is_training)
    found: dict[nn.Module, bool] = {}
    kinds = (*_DROPOUT, *_NORMS)
    hooks = [
        m.register_forward_pre_hook(lambda m, _: found.update({m: m.training}))
        for m in network.modules()
        if isinstance(m, kinds)
        and getattr(m, "p", 1) > 0
        and getattr(m, "track_running_stats", True)
    ]
    try:
        # Where no layer depends on the mode, training needs no pass.
        outputs = network(inputs) if hooks or not is_training else None
    finally:
        for hook in hooks:
            hook.remove()
    return found, outputs


def _drops(network: nn.Module, inputs: Any) -> bool:
    """Whether a network that stays in evaluation mode would drop numbers in training."""
    modules = list(network.modules())
    for module in modules:
        module.training = True
    with _Drawn() as drawn:
        network(inputs)
    network.eval()
    return bool(drawn.drops)


def _twice(seen: Seen, first: Any) -> tuple[float | None, bool]:
    """Return how far a second evaluation differs, and whether numbers are dropped in it."""
    network, inputs = seen.training.network.eval(), seen.batch[0]
    with _Drawn() as drawn:
        apart = difference(first, network(inputs))
    return (None if apart is None else apart / scale_of(first)), drawn.drops


def _reread(bench: Bench) -> float | None:
    split = Split.TRAIN_VAL if bench.task.has(Split.TRAIN_VAL) else Split.TRAIN
    if split is Split.TRAIN:
        return None
    (first, _), (second, _) = (first_examples(bench.task, BATCH, split) for _ in range(2))
    return difference(first, second)


def _leak(seen: Seen, together: Any) -> float | None:
    """Return how far predictions of half a batch change when the other half joins it."""
    network, inputs = seen.training.network.eval(), seen.batch[0]
    n = n_rows(inputs)
    if n is None or n < 4:
        return None
    rows = list(range(0, n, 2))
    if not isinstance(together, torch.Tensor) or len(together) != n:
        return None
    apart = difference(network(take(inputs, rows)), together[rows])
    return None if apart is None else apart / scale_of(together)
