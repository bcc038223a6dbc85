"""What changes an image changes its boxes: a bright square stays in its box."""

from __future__ import annotations

import pytest
import torch

from tunebook.recipes.box_augmentation import (
    augmented,
    flipped,
    mixed,
    recoloured,
    resized,
    sides_up_to,
    windowed,
)

SIDE = 64


def squares() -> tuple[torch.Tensor, torch.Tensor]:
    """Two dark images with a bright square each, and a row that is no box."""
    images, boxes = torch.zeros(2, 3, SIDE, SIDE), torch.full((2, 2, 5), -1.0)
    for i, (x, y) in enumerate([(8, 16), (30, 4)]):
        images[i, :, y : y + 20, x : x + 24] = 1.0
        boxes[i, 0] = torch.tensor([x, y, x + 24, y + 20, i])
    return images, boxes


def bright(image: torch.Tensor) -> list[float]:
    """Left, top, right and bottom of what is bright."""
    rows, columns = ((image[0] > 0.75).any(d).nonzero().flatten() for d in (1, 0))
    ends = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    return [float(end) for end in ends]


def test_s0_6_sides_of_multi_scale_are_320_to_608_by_32() -> None:
    assert sides_up_to(608) == list(range(320, 609, 32))
    assert sides_up_to(416) == list(range(224, 417, 32))
    assert sides_up_to(32) == [32]


def test_a_flipped_and_a_resized_square_stays_in_its_box() -> None:
    images, boxes = squares()
    seen, told = flipped(images, boxes, torch.tensor([True, False]))
    assert [bright(image) for image in seen] == told[:, 0, :4].tolist()
    assert told[1].equal(boxes[1])
    seen, told = resized(seen, told, 2 * SIDE)
    assert torch.tensor([bright(image) for image in seen]).sub(told[:, 0, :4]).abs().max() <= 1
    assert told[:, 1].eq(-1).all()


@pytest.mark.parametrize(
    "window", [(0.0, 0.0, 1.0, 1.0), (-0.5, -0.25, 2.0, 2.0), (0.1, 0.05, 0.8, 0.6)]
)
def test_a_square_in_a_window_stays_in_its_box(window: tuple[float, ...]) -> None:
    images, boxes = squares()
    seen, told = windowed(images, boxes, torch.tensor([window, window]))
    found = torch.tensor([bright(image) for image in seen])
    assert (found - told[:, 0, :4]).abs().max() <= 1.5
    assert told[:, 1].eq(-1).all()


def test_what_a_window_does_not_show_has_no_box_and_what_is_beyond_the_image_is_grey() -> None:
    images, boxes = squares()
    windows = torch.tensor([[0.6, 0.6, 0.4, 0.4], [-1.0, -1.0, 2.0, 2.0]])
    seen, told = windowed(images, boxes, windows)
    assert told[0].eq(-1).all()
    assert seen[1, :, : SIDE // 2 - 1].eq(0.5).all()
    assert told[1, 0].tolist() == [47, 34, 59, 44, 1]


def test_other_colours_leave_greys_grey_and_pixels_between_0_and_1() -> None:
    torch.manual_seed(0)
    grey = torch.rand(16, 1, 4, 4).expand(-1, 3, -1, -1)
    found = recoloured(grey)
    assert (found - found.mean(1, keepdim=True)).abs().max() < 1e-5
    found = recoloured(torch.rand(16, 3, 4, 4))
    assert 0 <= found.min() < found.max() <= 1
    same = [torch.equal(a, b) for a, b in zip(recoloured(grey), grey, strict=True)]
    assert len(set(same)) == 2  # some images stay as they are, others do not


def test_s0_6_mixed_images_have_the_boxes_of_both_by_their_shares() -> None:
    images, boxes = squares()
    seen, told, shares = mixed(images, boxes, 0.75)
    assert seen[0, 0, 17, 9] == 0.75
    assert seen[0, 0, 5, 50] == 0.25
    assert told[0, [0, 2]].equal(boxes[:, 0])
    assert shares[0].tolist() == [0.75, 0.75, 0.25, 0.25]


def test_a_batch_has_one_side_that_is_drawn() -> None:
    torch.manual_seed(0)
    sides = set()
    for _ in range(12):
        images, targets = augmented(*squares(), sides=[32, 64], mix_up=True)
        assert images.shape[2] == images.shape[3]
        assert targets["boxes"].shape == (2, 4, 5)
        assert targets["boxes"].max() <= images.shape[-1]
        sides.add(images.shape[-1])
    assert sides == {32, 64}
