"""The bundled images: what they are, and that nothing else passes for them."""

from __future__ import annotations

import io
from importlib.resources import files

import numpy as np
import pytest

from tunebook.datasets import Fashion, fashion
from tunebook.datasets.bundled.fashion import read_fashion
from tunebook.errors import DatasetError

BUNDLED = files("tunebook.datasets.bundled")


@pytest.fixture(scope="module")
def archive() -> bytes:
    return BUNDLED.joinpath("fashion_mnist_7000.npz").read_bytes()


@pytest.fixture(scope="module")
def images() -> Fashion:
    return fashion()


def npz(**arrays: object) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


@pytest.mark.parametrize(("part", "n"), [("train", 5000), ("validation", 1000), ("test", 1000)])
def test_each_part_has_every_class_equally_often(images: Fashion, part: str, n: int) -> None:
    found = getattr(images, part)
    assert (found.images.shape, found.images.dtype) == ((n, 1, 28, 28), np.uint8)
    assert (found.labels.shape, found.labels.dtype) == ((n,), np.int64)
    assert np.bincount(found.labels).tolist() == [n // 10] * 10
    assert len(images.class_names) == 10


def test_no_image_is_in_two_parts(images: Fashion) -> None:
    parts = (images.train, images.validation, images.test)
    every = [image.tobytes() for part in parts for image in part.images]
    assert len(set(every)) == 7000


def test_pixels_have_the_published_mean_and_spread(images: Fashion) -> None:
    pixels = images.train.images / 255
    assert pixels.mean() == pytest.approx(0.286, abs=0.002)
    assert pixels.std() == pytest.approx(0.353, abs=0.002)


def test_classes_are_mixed_in_every_stretch(images: Fashion) -> None:
    assert len(set(images.train.labels[:100].tolist())) == 10


def test_what_one_reader_does_to_its_images_another_does_not_see(images: Fashion) -> None:
    mine = fashion()
    mine.train.images[:] = 0
    assert fashion().train.images.any()


@pytest.mark.parametrize("place", [40, 1_000_000, -2000, -30, -10])
def test_changed_byte_is_an_error_of_ours(archive: bytes, place: int) -> None:
    changed = bytearray(archive)
    changed[place] ^= 0xFF
    with pytest.raises(DatasetError, match="damaged"):
        read_fashion(bytes(changed))


@pytest.mark.parametrize("kept", [0, 3, 1000, -1])
def test_cut_file_is_an_error_of_ours(archive: bytes, kept: int) -> None:
    with pytest.raises(DatasetError, match="damaged"):
        read_fashion(archive[:kept])


def test_other_images_are_refused_by_their_digest(images: Fashion) -> None:
    parts = ("train", "validation", "test")
    arrays = {f"{p}_images": getattr(images, p).images[:, 0] for p in parts}
    arrays |= {f"{p}_labels": getattr(images, p).labels.astype(np.uint8) for p in parts}
    assert read_fashion(npz(**arrays)).class_names == images.class_names
    arrays["test_labels"] = arrays["test_labels"][::-1]
    with pytest.raises(DatasetError, match="SHA-256"):
        read_fashion(npz(**arrays))


def test_pickled_content_is_never_loaded() -> None:
    bomb = np.array([{"a": 1}], dtype=object)
    with pytest.raises(DatasetError, match="allow_pickle"):
        read_fashion(npz(train_images=bomb))


def test_licence_lies_beside_the_images() -> None:
    licence = BUNDLED.joinpath("LICENSE-fashion-mnist.txt").read_text(encoding="utf-8")
    assert "MIT License" in licence
    assert "Zalando SE" in licence
