"""Runs the network in both modes, on the same batch and on parts of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from tunebook.analysis.series import number
from tunebook.checks.looks.bench import BATCH, DROPOUT, Bench, Seen, Tries
from tunebook.checks.looks.shape import shape_of
from tunebook.checks.looks.tensors import difference, n_rows, scale_of, take
from tunebook.checks.one_look import SAME, Symptom, Symptoms
from tunebook.checks.shape import TargetKind
from tunebook.recipes.batches import changed
from tunebook.training.task import Split

_NORM = nn.modules.batchnorm._BatchNorm  # noqa: SLF001  # the base of all of them
_DROPS = {"bernoulli", "bernoulli_", "native_dropout"}
_LEAK, _N_READ = 100 * SAME, 6


class _Drawn(TorchDispatchMode):
    """Notes whether operations drop numbers at random."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # PyTorch has no types there
        self.drops = False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.drops |= func.overloadpacket.__name__ in _DROPS
        return func(*args, **(kwargs or {}))


def look(bench: Bench) -> Symptoms:
    """Return whether layers follow the mode, and what predictions in evaluation depend on."""
    seen, tries = bench.see(), Tries()
    kind = shape_of(bench.task, seen).kind
    with torch.no_grad():
        tries.look_for("training", _training, seen)
        tries.look_for("the random seed", _seeded, seen)
        tries.look_for("evaluation", _evaluation, seen, kind)
        tries.look_for("half of a batch", _halves, seen)
    # What draws samples on purpose, as variational autoencoders do, has other targets.
    is_settled = kind in {TargetKind.CLASSES, TargetKind.LABELS}
    tries.look_for("reading examples twice", _reread, bench, is_settled)
    return tries.symptoms("")


def _modes(network: nn.Module, inputs: Any) -> dict[nn.Module, bool]:
    """Return the mode in which each layer that depends on it is called.

    Batch statistics that are not kept are none that evaluation could use.
    """
    called: dict[nn.Module, bool] = {}
    hooks = [
        m.register_forward_pre_hook(lambda m, _: called.update({m: m.training}))
        for m in network.modules()
        if (isinstance(m, DROPOUT) and m.p > 0) or (isinstance(m, _NORM) and m.track_running_stats)
    ]
    try:
        network(inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return called


def _training(seen: Seen) -> Iterator[Symptom]:
    network, inputs = seen.training.network, seen.batch[0]
    network.train()
    called = _modes(network, inputs)
    is_still = bool(called) and not any(called.values())
    is_stuck = False
    if not network.training:
        # Functions that drop follow the mode of the network, without a layer of their own.
        for module in network.modules():
            module.training = True
        with _Drawn() as drawn:
            network(inputs)
        is_stuck = drawn.drops
    if is_still or is_stuck:
        # A pretrained network that is refined keeps its statistics, or a held body, on purpose.
        only_norms = not is_stuck and all(isinstance(m, _NORM) for m in called)
        is_held = any(not p.requires_grad for p in network.parameters())
        value, is_bad = "layers stay in evaluation mode after train()", not (only_norms or is_held)
        yield Symptom("evaluating", value, "training mode", is_bad=is_bad)


def _seeded(seen: Seen) -> Iterator[Symptom]:
    """Yield that random numbers begin anew in each pass."""
    network, (inputs, targets), states = seen.training.network, seen.batch, []
    network.train()
    with torch.random.fork_rng(devices=[]):
        for seed in (1, 2):
            torch.manual_seed(seed)
            seen.training.task.loss(network(inputs), targets)
            states.append(torch.get_rng_state())
    if torch.equal(*states):
        yield Symptom("seeded", "the random state after each pass is the same", "another")


def _evaluation(seen: Seen, kind: TargetKind) -> Iterator[Symptom]:
    network, inputs = seen.training.network, seen.batch[0]
    network.eval()
    stays = any(_modes(network, inputs).values())
    first = network(inputs)
    with _Drawn() as drawn:
        apart = (difference(first, network(inputs)) or 0.0) / scale_of(first)
    if drawn.drops and apart > SAME:
        yield Symptom("drops", number(apart), "0", is_bad=kind is not TargetKind.OTHER)
    elif stays:
        yield Symptom("training", number(apart), "0")
    elif apart > SAME:
        is_bad = kind in {TargetKind.CLASSES, TargetKind.LABELS}
        yield Symptom("random", number(apart), "0", is_bad=is_bad)


def _halves(seen: Seen) -> Iterator[Symptom]:
    """Yield that predictions of half a batch change when the other half joins it."""
    network, inputs = seen.training.network, seen.batch[0]
    first, again, n = network(inputs), network(inputs), n_rows(inputs)
    is_fit = isinstance(first, torch.Tensor) and first.dim() > 0 and len(first) == n
    if n is None or n < 4 or not is_fit or difference(first, again):
        return
    rows = range(0, n, 2)
    apart = (difference(network(take(inputs, rows)), take(first, rows)) or 0.0) / scale_of(first)
    if apart > _LEAK:
        layers, kinds = dict(network.named_modules()), (nn.RNNBase, nn.MultiheadAttention)
        across = [n for n, m in layers.items() if isinstance(m, kinds) and not m.batch_first]
        norms = [n for n, m in layers.items() if isinstance(m, _NORM) and not m.track_running_stats]
        key = "across" if across else "statistics" if norms else "leak"
        yield Symptom(key, number(apart), "0", next(iter((*across, *norms)), ""))


def _reread(bench: Bench, is_settled: bool) -> Iterator[Symptom]:
    examples = bench.task.examples(Split.TRAIN)
    for i in range(min(_N_READ, len(examples))):
        found = examples[i][0]
        kept = changed(found, torch.clone)
        if any(difference(found, kept) for _ in range(_N_READ) if examples[i]):
            yield Symptom("written", f"example {i} differs after it is read again", "the same")
            return
    if bench.task.has(Split.TRAIN_VAL):
        pair = (bench.read(Split.TRAIN_VAL, BATCH)[0] for _ in range(2))
        if apart := difference(*pair):
            yield Symptom("reread", f"by up to {number(apart)}", "0", is_bad=is_settled)
