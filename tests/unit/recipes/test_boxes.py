"""Overlaps by hand, and repeats against the definition."""

from __future__ import annotations

import pytest
import torch

from tunebook.recipes.boxes import best_detections, not_repeated, overlaps, size_overlaps


def drawn(n: int, seed: int) -> torch.Tensor:
    dice = torch.Generator().manual_seed(seed)
    corner, size = torch.rand(n, 2, generator=dice) * 60, torch.rand(n, 2, generator=dice) * 40 + 5
    return torch.cat([corner, corner + size], 1)


def test_overlap_is_intersection_over_union() -> None:
    box = torch.tensor([[0.0, 0, 10, 10]])
    others = torch.tensor([[0.0, 0, 10, 10], [5, 0, 15, 10], [10, 10, 20, 20], [20, 0, 30, 10]])
    assert overlaps(box, others)[0].tolist() == pytest.approx([1, 50 / 150, 0, 0])
    assert size_overlaps(torch.tensor([[10.0, 10]]), torch.tensor([[5.0, 20]])).item() == (
        pytest.approx(50 / 150)
    )


@pytest.mark.parametrize("seed", range(3))
def test_s0_6_repeats_are_those_of_the_definition(seed: int) -> None:
    boxes = drawn(80, seed)
    kinds = torch.arange(80) % 2
    kept: list[int] = []
    for i in range(80):
        same = [j for j in kept if kinds[j] == kinds[i]]
        if not same or overlaps(boxes[i : i + 1], boxes[same]).max() <= 0.45:
            kept.append(i)
    assert not_repeated(boxes, kinds).tolist() == kept
    assert 10 < len(kept) < 80


def test_best_detections_are_sorted_without_repeats_of_their_class_and_padded() -> None:
    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60]])
    scores = torch.tensor([[0.5, 0.3], [0.9, 0.02], [0.2, 0.005]])
    found = best_detections(boxes, scores, least=0.01, most=5)
    told = [(*row[:4], pytest.approx(row[4]), row[5]) for row in found.tolist()]
    assert told == [
        (1, 0, 11, 10, 0.9, 0),
        (0, 0, 10, 10, 0.3, 1),
        (50, 50, 60, 60, 0.2, 0),
        *[(0.0,) * 6] * 2,
    ]
    assert best_detections(boxes, scores * 0, least=0.01, most=2).eq(0).all()
