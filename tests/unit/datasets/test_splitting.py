"""Samples are stratified, nested, and not the first ones (S0.11)."""

from __future__ import annotations

from collections import Counter

from tunebook.datasets.splitting import rarest_of, sample_of

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
