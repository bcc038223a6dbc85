"""What the how-to on datasets says can be typed works as it stands; its table has every format."""

from __future__ import annotations

import re
import shlex
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tunebook.cli.main import main
from tunebook.datasets.library import FORMATS, open_dataset

PAGE = (Path(__file__).parents[2] / "docs/how-to/import-a-dataset.md").read_text(encoding="utf-8")
(BLOCK,) = re.findall(r"^```sh\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
INLINE = re.findall(r"`(tunebook data [^`]+)`", PAGE)
N_PHOTOS = 30


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with photos of two birds, and a home of its own."""
    rng = np.random.default_rng(0)
    for name, level in (("sparrow", 80), ("wren", 160)):
        for i in range(N_PHOTOS):
            place = tmp_path / "photos" / name / f"{i}.jpg"
            place.parent.mkdir(parents=True, exist_ok=True)
            pixels = rng.normal(level, 30, (40, 40, 3)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(place)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TUNEBOOK_HOME", str(tmp_path / "home"))
    return tmp_path


def typed(command: str) -> str:
    with redirect_stdout(StringIO()) as out, pytest.raises(SystemExit) as left:
        main(shlex.split(command)[1:])
    assert left.value.code in (0, None), out.getvalue()
    return out.getvalue()


def test_every_command_runs_in_order(folder: Path) -> None:
    printed = [typed(command) for command in [*BLOCK.splitlines(), *INLINE]]
    assert "birds" in printed[0]
    assert len(open_dataset("birds", folder / "home").dataset.items) == 2 * N_PHOTOS
    assert (folder / "FOLDER" / "items.jsonl").is_file()


def test_shares_of_the_page_are_a_whole(folder: Path) -> None:
    (shares,) = re.findall(r"`(--split [^`]+)`", PAGE)
    typed(f"tunebook data import photos/ --name parts {shares}")
    dataset = open_dataset("parts", folder / "home").dataset
    assert len(dataset.of_split("train")) == round(0.7 * 2 * N_PHOTOS)


def test_table_names_every_format() -> None:
    told = re.findall(r"^\| `(\w+)` \|", PAGE, flags=re.MULTILINE)
    assert sorted(told) == sorted(FORMATS)
