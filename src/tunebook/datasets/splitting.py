"""Splits by a seeded, stratified draw, never by order; samples that are nested (S0.11, S2.11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from tunebook.datasets.records import Dataset, Item
from tunebook.errors import DatasetError

NAMES = ("train", "train-val", "test-val", "test")
DEFAULT_SHARES = {"train": 0.8, "train-val": 0.1, "test": 0.1}
_ALIASES = {
    **dict.fromkeys(("training", "trn"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "train-val"),
    **dict.fromkeys(("testing", "tst"), "test"),
}


def split_name(name: str) -> str | None:
    """Return the split that a folder's or file's name means, None if it means none."""
    plain = name.lower()
    plain = _ALIASES.get(plain, plain)
    return plain if plain in NAMES else None


def checked_shares(shares: Mapping[str, float]) -> dict[str, float]:
    """Return shares of the splits; ``DatasetError`` if they are no shares of a whole."""
    unknown = [name for name in shares if name not in NAMES]
    total = sum(shares.values())
    if unknown or any(s <= 0 for s in shares.values()) or not 0.999 < total < 1.001:
        raise DatasetError(
            "These shares make no splits",
            got=dict(shares),
            expected=f"shares above 0 with a sum of 1 for some of {', '.join(NAMES)}",
        )
    return dict(shares)


def with_splits(dataset: Dataset, shares: Mapping[str, float], *, seed: int = 0) -> Dataset:
    """Return the dataset with its items drawn into splits: the same share of every class.

    Items of equal content stay together, lest one part knows the other.
    """
    wanted = checked_shares(shares)
    split_of: dict[str, str] = {}
    for group in _strata(dataset.items):
        ids = list(dict.fromkeys(item.digest or item.id for item in group))
        order = np.random.default_rng([seed, len(ids)]).permutation(len(ids))
        ends = np.cumsum([share * len(ids) for share in wanted.values()]).round().astype(int)
        begin = 0
        for name, end in zip(wanted, ends, strict=True):
            for place in order[begin:end]:
                split_of[ids[place]] = name
            begin = end
    last = next(iter(wanted))
    items = [replace(i, split=split_of.get(i.digest or i.id, last)) for i in dataset.items]
    return replace(dataset, items=tuple(items))


def sampled(items: Sequence[Item], share: float, *, seed: int = 0) -> list[Item]:
    """Return a share of the items of every class; a smaller share is part of a larger one."""
    if not 0.0 < share <= 1.0:
        raise DatasetError(
            "A sample has a share of the items", got=share, expected="above 0, at most 1"
        )
    kept: set[str] = set()
    for group in _strata(items):
        order = np.random.default_rng([seed, len(group)]).permutation(len(group))
        n = max(1, round(share * len(group)))
        kept |= {group[place].id for place in order[:n]}
    return [item for item in items if item.id in kept]


def _strata(items: Sequence[Item]) -> list[list[Item]]:
    """Return the items by class; those with boxes by their rarest class."""
    n_of: dict[float, int] = {}
    for item in items:
        for label in {box.label for box in item.boxes}:
            n_of[label] = n_of.get(label, 0) + 1
    groups: dict[object, list[Item]] = {}
    for item in sorted(items, key=lambda item: item.id):
        labels = {box.label for box in item.boxes}
        key: object = min(labels, key=lambda label: (n_of[label], label)) if labels else item.label
        whole = isinstance(key, int) or (isinstance(key, float) and key.is_integer())
        groups.setdefault(key if whole or key is None else "numbers", []).append(item)
    return list(groups.values())
