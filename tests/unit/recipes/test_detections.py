"""COCO's metric where it can be computed by hand (S0.23)."""

from __future__ import annotations

import pytest
import torch

from tunebook.datasets.records import Box, Item
from tunebook.datasets.splitting import sample_of
from tunebook.recipes.boxes import ignored_as
from tunebook.recipes.detections import mean_average_precision
from tunebook.recipes.object_detection import CELL, ObjectDetectionTask, cells_of
from tunebook.recipes.pictures import Pictures, boxes_of
from tunebook.recipes.sampling import classes_of

N, PER_IMAGE, SIDE = 50, 2, 50.0
LABELS = ["cat", "dog"]


def truth() -> torch.Tensor:
    """Fifty images with two squares each, of two classes."""
    boxes = torch.full((N, 5, 5), -1.0)
    for image in range(N):
        for place in range(PER_IMAGE):
            left = 100.0 * place
            boxes[image, place] = torch.tensor([left, 10.0, left + SIDE, 10 + SIDE, place])
    return boxes


def found(boxes: torch.Tensor, score: float = 0.9) -> torch.Tensor:
    """Detections that are the boxes themselves."""
    kept = boxes[:, :PER_IMAGE]
    return torch.cat([kept[..., :4], torch.full_like(kept[..., :1], score), kept[..., 4:]], -1)


def value(detections: torch.Tensor) -> float:
    return mean_average_precision(detections, {"boxes": truth()}, LABELS)["map"]


def test_s0_23_perfect_boxes_are_1():
    assert value(found(truth())) == pytest.approx(1.0)


def test_s0_23_an_overlap_of_0_62_passes_three_of_ten_thresholds():
    shifted = found(truth())
    shift = SIDE * (1 - 0.62) / (1 + 0.62)  # of two equal squares side by side
    shifted[..., [0, 2]] += shift
    assert value(shifted) == pytest.approx(0.3)


def test_s0_23_duplicates_scored_below_all_true_ones_cost_nothing():
    both = torch.cat([found(truth()), found(truth(), score=0.1)], 1)
    assert value(both) == pytest.approx(1.0)


def test_s0_23_half_of_the_objects_undetected_is_51_of_101_recall_points():
    detections = found(truth())
    detections[N // 2 :, :, 4] = 0.0
    assert value(detections) == pytest.approx(51 / 101)


def test_s0_23_detections_in_a_crowd_count_neither_way():
    boxes = truth()
    boxes[:, 2] = torch.tensor([200.0, 0.0, 400.0, 200.0, ignored_as(0)])
    inside = torch.tensor([220.0, 20.0, 260.0, 60.0, 0.95, 0.0]).expand(N, 3, 6)
    detections = torch.cat([found(truth()), inside], 1)
    assert mean_average_precision(detections, {"boxes": boxes}, LABELS)["map"] == pytest.approx(1.0)
    assert mean_average_precision(detections, {"boxes": truth()}, LABELS)["map"] < 0.8
    # A crowd that nobody finds is not missed.
    assert mean_average_precision(found(truth()), {"boxes": boxes}, LABELS)["map"] == pytest.approx(
        1.0
    )


def test_boxes_to_ignore_come_last_and_are_no_objects():
    boxes = (Box(0, 0, 8, 8, 1, is_ignored=True), Box(8, 8, 4, 4, 0))
    item = Item("a", "a", "train", boxes=boxes, file="a.png", size=(80, 80))
    rows = boxes_of(item, 80)
    assert rows[:3, 4].tolist() == [0, ignored_as(1), -1]
    assert Pictures(torch.zeros(1, 3, 80, 80), rows[None]).targets == [0]


def test_cells_in_a_box_to_ignore_are_not_told_to_be_empty():
    task = ObjectDetectionTask("", "", labels=["a", "b"], resolution=80, scale={})
    crowd = torch.tensor([[0.0, 0, 40, 40, ignored_as(0)], [48, 48, 64, 64, 1]])
    outputs = torch.full((1, 6, 10, 10), -4.0)
    outputs[0, 0, 1, 1] = 4.0  # sure of an object of class 0 in the crowd
    losses = []
    for boxes in (crowd, crowd[1:]):
        cells = {name: told[None] for name, told in cells_of(boxes, 10, 2).items()}
        losses.append(float(task.loss(outputs, cells)))
    assert losses[0] < losses[1] - 3
    assert cells_of(crowd, 10, 2)["is_centre"].sum() == 1


def test_nothing_found_is_0_for_what_there_is():
    nothing = found(truth(), score=0.0)
    found_of = mean_average_precision(nothing, {"boxes": truth()}, [*LABELS, "owl"])
    names = {"map", "ap50", "ap75", "map_medium", "map/cat", "map/dog"}
    assert found_of == dict.fromkeys(names, 0.0)


def test_nothing_is_said_where_there_are_no_objects():
    empty = torch.full((N, 5, 5), -1.0)
    assert mean_average_precision(found(truth()), {"boxes": empty}, LABELS) == {}


def test_s0_23_classes_and_sizes_have_their_own_and_absent_ones_none():
    boxes = truth()  # 50 x 50 is of medium size
    boxes[0, 2] = torch.tensor([0.0, 70.0, 20.0, 90.0, 1])
    boxes[1, 2] = torch.tensor([0.0, 70.0, 120.0, 190.0, 0])
    detections = torch.cat([found(truth()), torch.zeros(N, 1, 6)], 1)
    detections[1, 2] = torch.tensor([0.0, 70.0, 120.0, 190.0, 0.9, 0])
    found_of = mean_average_precision(detections, {"boxes": boxes}, [*LABELS, "owl"])
    # 50 of 51 dogs, the small one missed: recalls of 0.00 to 0.98, 99 of 101.
    assert found_of["map/cat"] == pytest.approx(1.0)
    assert found_of["map/dog"] == pytest.approx(99 / 101)
    assert found_of["map"] == pytest.approx((1 + 99 / 101) / 2)
    assert "map/owl" not in found_of
    sizes = [found_of[f"map_{size}"] for size in ("small", "medium", "large")]
    assert sizes == pytest.approx([0.0, 1.0, 1.0])


def test_cells_say_where_a_box_is():
    item = Item("a", "a", "train", boxes=(Box(16, 32, 20, 10, 1),), file="a.png", size=(80, 80))
    boxes = boxes_of(item, 160)
    assert boxes[0].tolist() == [32, 64, 72, 84, 1]
    cells = cells_of(boxes[:1], 160 // CELL, 2)
    centre = cells["is_centre"][0].nonzero().tolist()
    assert centre == [[9, 6]]  # (64 + 84) / 2 / 8 and (32 + 72) / 2 / 8, rounded down
    assert cells["heat"][1, 9, 6] == 1.0
    assert cells["heat"][0].max() == 0.0
    x, y, width, height = cells["edges"][:, 9, 6].tolist()
    assert (x, y) == (0.5, 0.25)
    assert torch.tensor([width, height]).exp().tolist() == pytest.approx([5.0, 2.5])


def test_s0_11_a_sample_of_images_keeps_the_shares_of_their_rarest_classes():
    boxes = torch.full((40, 3, 5), -1.0)
    boxes[:30, 0] = torch.tensor([10.0, 10, 30, 30, 0])
    boxes[:10, 1] = torch.tensor([40.0, 40, 60, 60, 1])  # a rare class beside the common one
    pictures = Pictures(torch.zeros(40, 3, 80, 80), boxes)
    assert classes_of(pictures) == [1] * 10 + [0] * 20 + [-1] * 10
    chosen = sample_of(pictures.targets, 0.5)
    assert [sum(pictures.targets[i] == kind for i in chosen) for kind in (1, 0, -1)] == [5, 10, 5]
