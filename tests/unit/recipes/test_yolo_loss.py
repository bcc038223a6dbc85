"""What rows should say of boxes, by hand: who learns a box, who is ignored, what counts more."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
import torch

from tunebook.recipes.boxes import ignored_as
from tunebook.recipes.networks.darknet import darknet
from tunebook.recipes.networks.detector import Detector, Rows, expect_few
from tunebook.recipes.networks.yolov3 import yolov3_cfg
from tunebook.recipes.yolo_loss import assigned_rows, yolo_loss

ANCHORS = ((16.0, 16.0), (32.0, 64.0))
SIDE, STRIDE = 64, 16


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Small convolutions are slower on more threads than on one."""
    n = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n)


def rows_of(n_classes: int = 2, reach: float = 1.0) -> Rows:
    """An image of 64 pixels in cells of 16, with two anchors each; nothing is said yet."""
    places = [
        [x, y, STRIDE, *anchor, reach] for y in range(4) for x in range(4) for anchor in ANCHORS
    ]
    said = torch.zeros(1, len(places), 5 + n_classes)
    return Rows(said, torch.tensor(places))


def boxes_of(*boxes: tuple[float, float, float, float, int]) -> tuple[torch.Tensor, torch.Tensor]:
    padded = torch.full((1, len(boxes) + 1, 5), -1.0)
    padded[0, : len(boxes)] = torch.tensor(boxes).view(len(boxes), 5)
    return padded, torch.ones(1, len(boxes) + 1)


def gradient(rows: Rows, *boxes: tuple[float, float, float, float, int]) -> torch.Tensor:
    said = rows.said.requires_grad_()
    yolo_loss(Rows(said, rows.places), *boxes_of(*boxes)).backward()
    assert said.grad is not None
    return said.grad[0]


def saying(rows: Rows, row: int, box: tuple[float, ...]) -> None:
    """Let a row say a box exactly."""
    x, y, stride, wide, high, _ = rows.places[row].tolist()
    left, top, right, bottom = box[:4]
    inside = torch.tensor([(left + right) / 2 / stride - x, (top + bottom) / 2 / stride - y])
    rows.said[0, row, :2] = inside.logit()
    rows.said[0, row, 2:4] = torch.tensor([(right - left) / wide, (bottom - top) / high]).log()


def test_rows_in_a_box_to_ignore_are_not_told_to_be_empty() -> None:
    rows = rows_of()
    saying(rows, 0, (1.0, 1.0, 15.0, 15.0))
    crowd = (0.0, 0.0, 40.0, 40.0, ignored_as(1))
    objectness = gradient(rows, crowd)[:, 4]
    assert objectness[0] == 0
    assert (objectness[-8:] > 0).all()
    assert (gradient(rows_of())[:, 4] > 0).all()


def test_rows_say_boxes_in_pixels() -> None:
    rows = rows_of()
    # Column 1 and row 0, second anchor; what is said is 0: the middle of the cell.
    assert rows.boxes[0, 3].tolist() == [24 - 16, 8 - 32, 24 + 16, 8 + 32]
    assert rows.size.tolist() == [SIDE, SIDE]
    wide = rows_of(reach=2.0)
    wide.said[0, 3, 0] = 100.0
    assert wide.boxes[0, 3, [0, 2]].mean() == (1 + 1.5) * STRIDE


def test_s0_6_a_box_is_learnt_by_the_anchor_most_like_it_in_its_cell() -> None:
    boxes = torch.tensor([[20.0, 4, 32, 20], [10, 0, 40, 64], [60, 60, 68, 68]])
    # The last one's centre lies on the edge of the image: its cell is the last.
    expected = [(0 * 4 + 1) * 2, (2 * 4 + 1) * 2 + 1, 15 * 2]
    assert assigned_rows(rows_of(), boxes).tolist() == expected


def test_s0_6_a_row_that_says_its_box_has_nothing_to_learn_of_place_and_size() -> None:
    rows, box = rows_of(), (20.0, 3.0, 34.0, 17.0, 1)
    (row,) = assigned_rows(rows, torch.tensor([box[:4]])).tolist()
    saying(rows, row, box)
    found = gradient(rows, box)
    assert rows.boxes[0, row].tolist() == pytest.approx(box[:4], abs=1e-4)
    assert found[row, :4].abs().max() < 1e-5
    assert found[row, 4] < 0
    assert found[row, 5] > 0 > found[row, 6]
    certain = torch.full_like(rows.said, -20.0)
    certain[0, row] = torch.cat([rows.said[0, row, :4].detach(), torch.tensor([20.0, -20.0, 20.0])])
    assert yolo_loss(Rows(certain, rows.places), *boxes_of(box)).item() < 1e-4
    others = found[[i for i in range(len(found)) if i != row]]
    assert others[:, [0, 1, 2, 3, 5, 6]].abs().max() == 0


def test_s0_6_rows_that_see_a_box_well_are_not_told_to_be_empty() -> None:
    rows, box = rows_of(), (16.0, 16.0, 48.0, 48.0, 0)
    neighbour = (1 * 4 + 1) * 2  # the cell left above of the one of its centre
    rows.said[0, neighbour, :2] = 4.0
    rows.said[0, neighbour, 2:4] = torch.tensor([2.0, 2.0]).log()  # twice an anchor of 16
    found = gradient(rows, box)
    assert assigned_rows(rows, torch.tensor([box[:4]])).item() != neighbour
    assert found[neighbour].abs().max() == 0
    assert found[0, 4] > 0
    ignored_never = yolo_loss(rows, *boxes_of(box), ignored_above=1.0)
    assert ignored_never > yolo_loss(rows, *boxes_of(box))


def test_s0_6_small_boxes_count_more_by_2_minus_their_share_of_the_image() -> None:
    small, large = (4.0, 4.0, 12.0, 12.0, 0), (0.0, 0.0, 64.0, 64.0, 0)
    pulls = []
    for box in (small, large):
        rows = rows_of()
        (row,) = assigned_rows(rows, torch.tensor([box[:4]])).tolist()
        pulls.append(gradient(rows, box)[row, 2].abs().item())
    assert pulls == pytest.approx([2 - 8 * 8 / 64**2, 1.0])


def test_boxes_of_one_row_ask_for_both_classes_and_shares_weigh_them() -> None:
    first, second = (2.0, 2.0, 14.0, 14.0, 0), (3.0, 3.0, 15.0, 15.0, 1)
    found = gradient(rows_of(), first, second)
    assert (found[0, 5:] < 0).all()
    rows = rows_of()
    whole, none = (yolo_loss(rows, boxes_of(first)[0], torch.full((1, 2), s)) for s in (1.0, 0.0))
    half = yolo_loss(rows, boxes_of(first)[0], torch.full((1, 2), 0.5))
    assert half.item() == pytest.approx((whole + none).item() / 2)


@pytest.mark.usefixtures("one_thread")
def test_s0_6_a_small_yolov3_learns_where_a_square_is() -> None:
    torch.manual_seed(0)
    network = Detector(darknet(yolov3_cfg(1, width=4)))
    expect_few(network.darknet)
    images = torch.zeros(4, 3, 64, 64)
    boxes = torch.full((4, 2, 5), -1.0)
    for i, (x, y) in enumerate([(4, 4), (36, 8), (8, 40), (30, 34)]):
        images[i, :, y : y + 20, x : x + 20] = 1.0
        boxes[i, 0] = torch.tensor([x, y, x + 20, y + 20, 0])
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    losses = []
    for _ in range(12):
        optimizer.zero_grad()
        loss = yolo_loss(network(images), boxes, torch.ones(4, 2))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    # Rows that are told nothing would say "perhaps" of each of the 252 places.
    assert losses[0] < 252 * math.log(2) / 4
    assert losses[-1] < 0.4 * losses[0]
