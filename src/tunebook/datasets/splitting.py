"""Splits by seeded, stratified draws; given ones stay; samples are nested (S0.11, S2.11, I2)."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tunebook.datasets.records import SPLITS, Dataset, Fault, Item
from tunebook.errors import DatasetError

TRAIN, VALIDATION = SPLITS[:2]
DEFAULT_SHARES = {TRAIN: 0.8, VALIDATION: 0.1, "test": 0.1}
N_QUANTILES = 10
"""Groups of numbers to predict, each of which has its share in every split (ours)."""

_ALIASES = {
    **dict.fromkeys(("training", "trn", "trainval"), TRAIN),
    **dict.fromkeys(("val", "valid", "validation", "dev"), VALIDATION),
    **dict.fromkeys(("testing", "tst", "test-dev"), "test"),
}
_NEUTRAL = frozenset(
    {"", "set", "split", "data", "dataset", "images", "image", "imgs", "img", "labels", "list"}
)


def split_name(name: str, *, is_file: bool = False) -> str | None:
    """Return the split that a folder's name means, None if it means none.

    A year and words such as ``images`` or ``set`` change nothing; the name of a file may have any
    other words, as in ``instances_val2017``.
    """
    whole = re.sub(r"[_. ]", "-", name.lower()).rstrip("0123456789-")
    for words in ([whole], re.split(r"-|(?<=.)set$", whole)):
        meanings = {_ALIASES.get(word, word) for word in words} & set(SPLITS)
        others = {word for word in words if _ALIASES.get(word, word) not in SPLITS}
        if len(meanings) == 1 and (is_file or others <= _NEUTRAL):
            return meanings.pop()
    return None


def split_of_path(place: str) -> str:
    """Return the split that the first folder of a path means that means one, else ``""``."""
    return next(filter(None, map(split_name, place.split("/")[:-1])), "")


def checked_shares(shares: Mapping[str, float]) -> dict[str, float]:
    """Return shares that make a whole, the rest to training; ``DatasetError`` for others."""
    unknown = [name for name in shares if name not in SPLITS]
    wrong = any(not isinstance(share, int | float) or not share > 0 for share in shares.values())
    rest = 0.0 if unknown or wrong else 1.0 - sum(shares.values())
    whole = {TRAIN: rest, **shares}
    if unknown or wrong or whole[TRAIN] <= 0 or (TRAIN in shares and abs(rest) > 0.001):
        raise DatasetError(
            "Split shares must be positive and add up to 1",
            got=dict(shares),
            expected=f"shares for some of {', '.join(SPLITS)}; train may be left out",
        )
    return whole


def with_all_splits(
    dataset: Dataset, shares: Mapping[str, float] | None, *, seed: int = 0
) -> Dataset:
    """Return the dataset with every item in a split; ``details["drawn"]`` says what was drawn.

    A set without any is drawn whole. Else the given splits stay as they are: items in none join
    the training set, and out of it comes what ``shares`` ask for, by default a validation set if
    there is none. ``DatasetError`` if the shares would change a given split.
    """
    given = {item.split for item in dataset.items if item.split}
    if not given:
        return with_splits(dataset, shares or DEFAULT_SHARES, seed=seed)
    held = sorted(given - {TRAIN})
    if shares is not None and held and set(shares) & {TRAIN, *held}:
        missing = [name for name in (VALIDATION, "test") if name not in given]
        raise DatasetError(
            f"The dataset brings its own {' and '.join(held)}, which these shares would draw again",
            got=dict(shares),
            expected="shares for other splits only: they are drawn out of train",
            do=f"Use --split {missing[0]}=0.1, or no --split" if missing else "Leave --split out",
        )
    loose = [item for item in dataset.items if not item.split]
    if loose:
        others = f", as do {len(loose) - 1} others" if len(loose) > 1 else ""
        why = f"is in no split and joins train{others}"
        faults = (*dataset.faults, Fault(loose[0].source, why, is_left_out=False))
        items = [item if item.split else replace(item, split=TRAIN) for item in dataset.items]
        dataset = replace(dataset, items=tuple(items), faults=faults)
    if shares is None and VALIDATION not in given:
        shares = {VALIDATION: DEFAULT_SHARES[VALIDATION]}
    train = [item for item in dataset.items if item.split == TRAIN]
    if not shares or not train:
        return dataset
    drawn = with_splits(replace(dataset, items=tuple(train)), shares, seed=seed)
    split_of = {item.id: item.split for item in drawn.items}
    items = [replace(item, split=split_of.get(item.id, item.split)) for item in dataset.items]
    return replace(dataset, items=tuple(items), details=drawn.details)


def with_splits(dataset: Dataset, shares: Mapping[str, float], *, seed: int = 0) -> Dataset:
    """Draw items into splits, each class in the same shares; equal contents stay together."""
    wanted = checked_shares(shares)
    groups = _strata(dataset)
    split_of: dict[str, str] = {}
    for ids, counts in zip(groups, _counts([len(g) for g in groups], wanted), strict=True):
        order = np.random.default_rng([seed, len(ids)]).permutation(len(ids))
        names = [name for name, n in zip(wanted, counts, strict=True) for _ in range(n)]
        split_of |= {ids[place]: name for place, name in zip(order, names, strict=True)}
    items = tuple(replace(item, split=split_of[_content(item)]) for item in dataset.items)
    numbers = Counter(item.split for item in items)
    told = {name: numbers[name] for name in wanted}
    return replace(dataset, items=items, details={**dataset.details, "drawn": told, "seed": seed})


def _counts(sizes: Sequence[int], shares: Mapping[str, float]) -> list[list[int]]:
    """Return how many of each group are in each split.

    Each split has its share of a group, rounded down. What is left goes to the split that lacks
    most so far: so many small groups do not leave a split empty. If one is empty all the same, the
    largest gives it one.
    """
    share = np.array(list(shares.values())) / sum(shares.values())
    told, n_seen = np.zeros((len(sizes), len(share)), dtype=int), 0
    for place in np.argsort([-size for size in sizes], kind="stable"):
        quota = share * sizes[place]
        told[place] = np.floor(quota + 1e-9)
        n_seen += sizes[place]
        while told[place].sum() < sizes[place]:
            told[place, int((share * n_seen - told.sum(0)).argmax())] += 1
    for split in np.flatnonzero(told.sum(0) == 0):
        largest = int(told.sum(0).argmax())
        if told[:, largest].sum() > 1:
            row = told[:, largest].argmax()
            told[row, largest] -= 1
            told[row, split] += 1
    return told.tolist()


def _content(item: Item) -> str:
    return item.digest or item.id


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


def _strata(dataset: Dataset) -> list[list[str]]:
    """Return contents by class; of images with boxes by the rarest; numbers by their quantiles."""
    ordered = sorted(dataset.items, key=lambda item: item.id)
    keys: list[object] = list(rarest_of([{box.label for box in i.objects} for i in ordered]))
    numbers = [item.label for item in ordered if item.label is not None]
    if numbers and not dataset.classes:
        n = min(N_QUANTILES, len(numbers) // N_QUANTILES)
        inner: Any = np.linspace(0, 1, n + 1)[1:-1] if n > 1 else []
        edges = np.unique(np.quantile(numbers, inner))
        keys = [None if i.label is None else int(np.searchsorted(edges, i.label)) for i in ordered]
    elif numbers:
        keys = [item.label for item in ordered]
    groups: dict[object, list[str]] = defaultdict(list)
    seen = set[str]()
    for item, key in zip(ordered, keys, strict=True):
        if _content(item) not in seen:
            seen.add(_content(item))
            groups[key].append(_content(item))
    return list(groups.values())
