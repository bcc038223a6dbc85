"""Splits by a seeded, stratified draw, never by order; samples that are nested (S0.11, S2.11)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

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


def sample_of(classes: Sequence[Any], share: float, *, seed: int = 0) -> list[int]:
    """Return the positions of a sample, in order: of each class its share, at least one."""
    places: dict[Any, list[int]] = defaultdict(list)
    for place, name in enumerate(classes):
        places[name].append(place)
    chosen: list[int] = []
    for rank, name in enumerate(sorted(places, key=str)):
        members = places[name]
        # The order within a class does not depend on the share: so samples are nested.
        order = np.random.default_rng([seed, rank]).permutation(len(members))
        n = max(1, round(share * len(members)))
        chosen += [members[i] for i in order[:n]]
    return sorted(chosen)


def rarest_of(classes: Sequence[Collection[int]]) -> list[int | None]:
    """Return the rarest of the classes that each item has, None for one without any."""
    n_of = Counter(name for names in classes for name in set(names))
    return [min(names, key=lambda name: (n_of[name], name), default=None) for names in classes]


def _strata(items: Sequence[Item]) -> list[list[Item]]:
    """Return the items by class; those with boxes by their rarest class."""
    ordered = sorted(items, key=lambda item: item.id)
    rarest = rarest_of([{box.label for box in item.boxes} for item in ordered])
    groups: dict[object, list[Item]] = {}
    for item, label in zip(ordered, rarest, strict=True):
        key: object = item.label if label is None else label
        whole = isinstance(key, int) or (isinstance(key, float) and key.is_integer())
        groups.setdefault(key if whole or key is None else "numbers", []).append(item)
    return list(groups.values())
