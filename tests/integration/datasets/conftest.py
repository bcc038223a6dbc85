"""Generated images with rectangles, and datasets of them in every format (T-DET)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

CLASSES = ("circle", "方块", "квадрат")


def draw(path: Path, seed: int, *, side: int = 64, mode: str = "RGB") -> list[tuple[int, ...]]:
    """Write an image with two rectangles, and return their class, corner and size."""
    rng = np.random.default_rng(seed)
    image = Image.fromarray(rng.integers(90, 160, (side, side, 3), dtype=np.uint8))
    pen = ImageDraw.Draw(image)
    found = []
    for _ in range(2):
        x, y, width, height = (int(v) for v in rng.integers((4, 4, 8, 8), (30, 30, 25, 25)))
        label = int(rng.integers(len(CLASSES)))
        pen.rectangle([x, y, x + width, y + height], fill=(60 * label + 40, 200, 30))
        found.append((label, x, y, width, height))
    path.parent.mkdir(parents=True, exist_ok=True)
    image.convert(mode).save(path)
    return found


@pytest.fixture
def coco(tmp_path: Path) -> Path:
    """A clean set of 120 images as COCO."""
    root = tmp_path / "coco"
    table: dict[str, list[dict[str, object]]] = {"images": [], "annotations": []}
    for number in range(120):
        name = f"{number:03d}.png"
        boxes = draw(root / "images" / name, number)
        table["images"].append({"id": number, "file_name": name, "width": 64, "height": 64})
        for label, *box in boxes:
            told = {"id": len(table["annotations"]), "image_id": number, "bbox": box}
            table["annotations"].append({**told, "category_id": label + 1})
    categories = [{"id": i + 1, "name": name} for i, name in enumerate(CLASSES)]
    (root / "annotations.json").write_text(json.dumps({**table, "categories": categories}))
    return root


@pytest.fixture
def change(coco: Path) -> Callable[[Callable[[dict], None]], Path]:
    """Change the COCO file by a function, and return the folder."""

    def changed(by: Callable[[dict], None]) -> Path:
        path = coco / "annotations.json"
        table = json.loads(path.read_text())
        by(table)
        path.write_text(json.dumps(table))
        return coco

    return changed


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """Folders of 40 images for each of three classes."""
    root = tmp_path / "folders"
    for label, name in enumerate(CLASSES):
        for number in range(40):
            draw(root / name / f"{number:02d}.png", 1000 * label + number)
    return root
