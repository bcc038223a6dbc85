"""Samples are stratified, nested, and not the first ones (S0.11)."""

from __future__ import annotations

from collections import Counter
from statistics import median

import pytest

from tunebook.datasets.records import Dataset, Item, Kind
from tunebook.datasets.splitting import (
    DEFAULT_SHARES,
    checked_shares,
    rarest_of,
    sample_of,
    split_name,
    with_splits,
)
from tunebook.errors import DatasetError

CLASSES = ["a"] * 97 + ["b"] * 43 + ["c"] * 11


def test_s0_11_class_shares_of_a_sample_differ_by_an_item_at_most():
    shares = Counter(CLASSES[i] for i in sample_of(CLASSES, 0.1))
    assert all(abs(shares[name] - 0.1 * CLASSES.count(name)) <= 1 for name in "abc")


def test_s0_11_samples_are_nested_and_repeatable():
    small, large = sample_of(CLASSES, 0.1), sample_of(CLASSES, 0.25)
    assert set(small) < set(large)
    assert small == sample_of(CLASSES, 0.1)
    assert small != sample_of(CLASSES, 0.1, seed=1)
    assert small != list(range(len(small)))  # the platform's own code took the first ones


def test_s0_11_images_count_for_the_rarest_of_their_classes():
    assert rarest_of([{0, 1}, {0}, set(), {0, 2}, {2}]) == [1, 0, None, 2, 2]


def dataset(labels: list[float], *, classes: int = 0) -> Dataset:
    items = tuple(Item(f"{i:04d}", "", "", label) for i, label in enumerate(labels))
    return Dataset(Kind.TABLE, tuple(map(str, range(classes))), items)


def sizes(drawn: Dataset) -> dict[str, int]:
    return {split: len(drawn.of_split(split)) for split in drawn.splits}


@pytest.mark.parametrize("n", [400, 37, 3])
def test_whole_numbers_to_predict_are_drawn_by_quantiles(n: int) -> None:
    numbers = [float(i * i % 9973) for i in range(n)]
    drawn = with_splits(dataset(numbers), DEFAULT_SHARES)
    assert set(sizes(drawn)) == {"train", "train-val", "test"}
    assert abs(sizes(drawn)["train"] - 0.8 * n) <= max(2, 0.03 * n)
    if n == 400:
        medians = {split: median(i.label for i in drawn.of_split(split)) for split in drawn.splits}
        assert max(medians.values()) / min(medians.values()) < 1.35


@pytest.mark.parametrize("per_class", [1, 2, 3, 4, 7])
def test_small_classes_leave_no_split_empty_and_the_sizes_near_the_shares(per_class: int) -> None:
    n = 20 * per_class
    drawn = with_splits(dataset([i % 20 for i in range(n)], classes=20), DEFAULT_SHARES)
    assert all(abs(sizes(drawn)[s] - share * n) <= 1 for s, share in DEFAULT_SHARES.items())
    if per_class > 1:
        assert {item.label for item in drawn.of_split("train")} == set(range(20))


def test_shares_that_divide_a_class_evenly_are_kept_exactly() -> None:
    drawn = with_splits(dataset([i % 3 for i in range(120)], classes=3), DEFAULT_SHARES)
    for split, n in (("train", 32), ("train-val", 4), ("test", 4)):
        assert Counter(item.label for item in drawn.of_split(split)) == dict.fromkeys(range(3), n)


@pytest.mark.parametrize(
    ("name", "split"),
    [
        *[(name, "train") for name in ("train", "Train2017", "training_set", "train-images")],
        *[(name, "train-val") for name in ("val", "valid", "val2017", "dev", "images_val")],
        *[(name, "test") for name in ("test", "testing", "test-dev2017", "TestSet")],
        *[(name, None) for name in ("dataset", "crash test", "dev board", "train test", "retrain")],
    ],
)
def test_folder_means_a_split_only_if_it_says_nothing_else(name: str, split: str | None) -> None:
    assert split_name(name) == split


def test_file_may_say_more_than_its_split() -> None:
    assert split_name("person_keypoints_val2017", is_file=True) == "train-val"
    assert split_name("instances_train_test", is_file=True) is None


@pytest.mark.parametrize("shares", [{"train": 0.9}, {"test": 1.0}, {"x": 0.5}, {"test": "a"}])
def test_shares_that_are_no_whole_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(DatasetError, match="Split shares must be positive and add up to 1"):
        checked_shares(shares)
