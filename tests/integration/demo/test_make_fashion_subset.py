"""The script that makes the bundled images: it chooses by content, and makes what we ship."""

from __future__ import annotations

import gzip
import struct
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from tunebook.datasets.bundled.fashion import read_fashion

ROOT = Path(__file__).parents[3]
ORIGINAL = Path("/usr/share/datasets/fashion-mnist")


@pytest.fixture(scope="module")
def script() -> ModuleType:
    loader = SourceFileLoader("make_fashion_subset", str(ROOT / "scripts/make_fashion_subset"))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def write_idx(path: Path, array: np.ndarray) -> None:
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes()))


def write_original(folder: Path, order: np.ndarray) -> Path:
    """Write 620 images of each class as the training set, in that order, and as the test set."""
    folder.mkdir()
    labels = np.arange(6200, dtype=np.uint8) % 10
    images = np.random.default_rng(0).integers(0, 256, (6200, 2, 2), dtype=np.uint8)
    for name in ("train", "t10k"):
        write_idx(folder / f"{name}-images-idx3-ubyte.gz", images[order])
        write_idx(folder / f"{name}-labels-idx1-ubyte.gz", labels[order])
    return folder


def test_choice_depends_on_the_images_and_not_on_their_order(
    script: ModuleType, tmp_path: Path
) -> None:
    order = np.arange(6200)
    forwards = script.subset(write_original(tmp_path / "forwards", order))
    backwards = script.subset(write_original(tmp_path / "backwards", order[::-1]))
    assert script.archive(forwards) == script.archive(backwards)
    assert np.bincount(forwards["train_labels"]).tolist() == [500] * 10
    assert np.bincount(forwards["validation_labels"]).tolist() == [100] * 10
    assert np.bincount(forwards["test_labels"]).tolist() == [100] * 10


@pytest.mark.skipif(not ORIGINAL.is_dir(), reason="needs Debian's dataset-fashion-mnist")
def test_original_files_give_the_images_that_we_ship(script: ModuleType) -> None:
    arrays = script.subset(ORIGINAL)
    assert read_fashion(script.archive(arrays)).test.labels.shape == (1000,)
    assert script.archive(arrays) == script.OUT.read_bytes()
