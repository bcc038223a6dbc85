"""Photos that a network tells apart: light squares and dark ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="session")
def draw_squares() -> Callable[[Path], None]:
    """Return what writes twenty photos of each kind into a folder of its own below another."""

    def draw(folder: Path) -> None:
        rng = np.random.default_rng(0)
        for kind, level in (("dark", 40), ("light", 210)):
            (folder / kind).mkdir(parents=True)
            for i in range(20):
                pixels = rng.normal(level, 20, (24, 20, 3)).clip(0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(folder / kind / f"{i}.png")

    return draw
