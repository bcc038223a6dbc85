"""The inputs: their scale in each split, whose statistics made it, and what reaches the weights."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from tunebook.checks.inputs import Inputs, Level
from tunebook.checks.looks.attempts import PartFailed, attempt
from tunebook.checks.looks.bench import Bench
from tunebook.checks.looks.tables import Table, named_tensors, tables
from tunebook.training.task import Split

_NORMS = (nn.LayerNorm, nn.GroupNorm, nn.modules.batchnorm._NormBase)  # noqa: SLF001  # base of all
_EXACT, _N_LEAST, MOVED, FACTOR, _CONSTANT = 0.02, 20, 1.5, 5.0, 1e-8


def look(bench: Bench) -> Inputs:
    """Return the levels of all inputs that are numbers with fractions, or bytes."""
    known = tables(bench)
    levels: dict[str, dict[str, Level]] = {}
    pooled: dict[str, bool] = {}
    for name, x in known[Split.TRAIN].columns.items():
        if not name.startswith("inputs") or x.dim() < 2 or not _is_scaled(x):
            continue
        wide = {
            s: t.columns[name].double()
            for s, t in known.items()
            if name in t.columns and t.columns[name].shape[1:] == x.shape[1:]
        }
        levels[name] = {s.value: _level(t, wide[Split.TRAIN], known[s]) for s, t in wide.items()}
        # Every example has to be in it, or a mean is never exactly 0.
        is_whole = all(table.share in (0.0, 1.0) for table in known.values())
        pooled[name] = is_whole and len(wide) > 1 and _is_exact(torch.cat(list(wide.values())))
    return Inputs(levels, pooled, reaches=_reaches(bench) if levels else None)


def _is_scaled(x: torch.Tensor) -> bool:
    return x.is_floating_point() or x.dtype is torch.uint8


def _features(x: torch.Tensor) -> torch.Tensor:
    """Return rows of features: of images their channels, of series what each moment has."""
    x = x.movedim(1, -1) if x.dim() > 3 else x
    return torch.nan_to_num(x.reshape(-1, x.shape[-1]), 0.0, 0.0, 0.0)


def _is_exact(x: torch.Tensor) -> bool:
    """Whether each feature has mean 0 and deviation 1 closer than any sample would by chance.

    Inputs of which each example was normalized by itself have it too, and are no such case.
    """
    rows = x.flatten(1).mean(1)
    f = _features(x)
    deviations, n = f.std(0), len(f)
    varies = deviations > _CONSTANT
    if n < _N_LEAST or not varies.any() or float(rows.std()) < 1e-3:
        return False
    biased = deviations * ((n - 1) / n) ** 0.5
    off = torch.minimum((deviations - 1).abs(), (biased - 1).abs())[varies].max()
    return bool(f.mean(0)[varies].abs().max() * n**0.5 < _EXACT and off * n**0.5 < _EXACT)


def _spans_exactly(x: torch.Tensor) -> bool:
    """Whether each feature of many values goes from 0 to 1, and hardly any row reaches the ends."""
    if x.dim() != 2 or len(x) < _N_LEAST:
        return False
    is_fine = (x.sort(0).values.diff(dim=0) > 0).sum(0) > len(x) // 2
    ends = [(x[:, is_fine] - end).abs() < 1e-6 for end in (0, 1)]
    reached = [((e.sum(0) > 0) & (e.sum(0) <= 2)).all() for e in ends]
    return int(is_fine.sum()) > 1 and bool(x.min() >= 0 and x.max() <= 1 and all(reached))


def _level(x: torch.Tensor, train: torch.Tensor, table: Table) -> Level:
    f, g = _features(x), _features(train)
    means, deviations = f.mean(0), torch.nan_to_num(f.std(0))
    varies = deviations > _CONSTANT
    was = g.std(0)
    factor = torch.maximum(deviations, was) / torch.minimum(deviations, was).clamp_min(_CONSTANT)
    away = (means - g.mean(0)).abs() > MOVED * torch.maximum(deviations, was)
    # Features that hold one value nearly everywhere differ by the accident of a few rows.
    usual = g.median(0).values
    is_often = torch.maximum((f != usual).double().mean(0), (g != usual).double().mean(0)) > 0.1
    has_moved = ((factor > FACTOR) | away) & ((was > _CONSTANT) | varies) & is_often
    rows = torch.nan_to_num(x.flatten(1), 0.0, 0.0, 0.0)
    low, high = float(f.min()), float(f.max())
    kept = deviations[varies]
    return Level(
        n=len(x),
        n_features=f.shape[1],
        n_constant=int((~varies).sum()),
        mean=float(f.mean()),
        deviation=float(f.std()),
        off_center=float(means[varies].abs().max()) if varies.any() else 0.0,
        deviations=(float(kept.min()), float(kept.max())) if varies.any() else (0.0, 0.0),
        range=(low, high),
        at_ends=tuple(float((rows == e).any(1).double().mean()) for e in (low, high)),
        is_exact=table.share == 1.0 and (_is_exact(x) or _spans_exactly(rows)),
        moved=tuple(has_moved.nonzero().flatten().tolist()),
    )


def _reaches(bench: Bench) -> float | None:
    """Return the size of what the first layer with weights is given, None if there is none.

    A normalization that comes first makes it 1, whatever it is given.
    """
    seen: list[float] = []

    def note(module: nn.Module, arguments: tuple[Any, ...]) -> None:
        given = next((t for _, t in named_tensors(arguments, "")), None)
        if not seen and isinstance(module, _NORMS):
            seen.append(1.0)
        elif not seen and given is not None and given.is_floating_point():
            seen.append(float(max(given.mean().abs(), given.std())))

    def forward() -> None:
        network = bench.fresh().network.eval()
        for module in network.modules():
            if list(module.parameters()) and not list(module.children()):
                module.register_forward_pre_hook(note)
        with torch.no_grad():
            network(bench.sample(size=32)[0])

    try:
        attempt("The network", forward)
    except PartFailed:
        return None
    return seen[0] if seen else None
