"""``load.py`` of a model folder: tables, top classes, boxes with a picture; without the data."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from tunebook.datasets.library import import_dataset
from tunebook.errors import DatasetError
from tunebook.presets.described import open_recipe
from tunebook.presets.model import write_best_model
from tunebook.recipes.asking import ask
from tunebook.study.study_file import checked_file


def model(home: Path, folder: Path, **body: Any) -> Path:
    """Train a recipe, write its model, and take the data away."""
    study, _ = open_recipe(checked_file(body), home=home)
    study.run(workers=0, progress=False)
    write_best_model(study, folder)
    shutil.rmtree(home / "datasets")
    return folder


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = [f"{i % 17 - 8},5;{('rot', 'grün')[i % 2]};{'abc'[i % 3]}" for i in range(150)]
    (tmp_path / "t.csv").write_text("\n".join(["größe;farbe;label", *rows]))
    import_dataset(tmp_path / "t.csv", "t", tmp_path / "home")
    return model(tmp_path / "home", tmp_path / "model", recipe="tabular", data="t", max_steps=2)


def test_table_is_read_by_its_names_and_each_row_has_the_top_classes(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = tmp_path / "new.csv"
    new.write_text("farbe,note,größe\ngrün,x,1.5\nrot,y,NA\nrot,z,1.5\n", encoding="utf-16")
    ask(table, [str(new), "-1.5,rot", "--top", "2"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(": ")[0] for line in lines] == [
        *[f"{new} row {n}" for n in (1, 2, 3)],
        "-1.5,rot",
    ]
    for line in lines:
        shares = [float(share) for share in re.findall(r"'[abc]' (0\.\d+)", line)]
        assert len(shares) == 2
        assert shares == sorted(shares, reverse=True)
    ask(table, ["1.5,rot", "--top", "9"])
    (row,) = capsys.readouterr().out.splitlines()
    assert row.count("'") == 6
    assert row.split(": ")[1].startswith(lines[2].split(": ")[1])


@pytest.mark.parametrize(
    ("content", "says"),
    [("größe,other\n1,2\n", "lacks columns"), ("", "is not a table"), (None, "cannot be read")],
)
def test_table_that_does_not_fit_is_a_message_and_code_2(
    content: str | None, says: str, table: Path, tmp_path: Path, capsys: Any
) -> None:
    if content is not None:
        (tmp_path / "new.csv").write_text(content)
    with pytest.raises(SystemExit, match="2"):
        ask(table, [str(tmp_path / "new.csv")])
    assert says in capsys.readouterr().err


def test_row_of_another_length_is_a_message(table: Path, capsys: Any) -> None:
    with pytest.raises(SystemExit, match="2"):
        ask(table, ["1.5"])
    assert "A row must have 2 cells" in capsys.readouterr().err


def test_detection_prints_boxes_in_pixels_and_draws_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for i in range(30):
        image = Image.new("RGB", (80, 40), (20, 20, 20 + i))
        ImageDraw.Draw(image).rectangle([20, 10, 40, 30], fill=(250, 200, 0))
        (tmp_path / "in").mkdir(exist_ok=True)
        image.save(tmp_path / f"in/{i}.png")
        (tmp_path / f"in/{i}.txt").write_text("0 0.375 0.5 0.25 0.5")
    (tmp_path / "in/classes.txt").write_text("lamp\n")
    import_dataset(tmp_path / "in", "lamps", tmp_path / "home")
    set_ = {"resolution": 64, "width": 8, "lr": 0.01}
    body = {"recipe": "object-detection", "data": "lamps", "max_steps": 4, "set": set_}
    folder = model(tmp_path / "home", tmp_path / "model", **body)
    monkeypatch.chdir(tmp_path)
    ask(folder, ["in/3.png", "--threshold", "0.02"])
    head, *boxes = capsys.readouterr().out.splitlines()
    assert head == f"in/3.png: {len(boxes)} with a score of 0.02 or more, drawn in 3-boxes.png"
    score, name, sides = re.fullmatch(r"  (0\.\d+) (\w+) at (.*)", boxes[0]).groups()
    assert (name, float(score) >= 0.02) == ("lamp", True)
    found = [float(side) for side in sides.split(",")]
    assert found == pytest.approx([20, 10, 40, 30], abs=8)
    with Image.open("3-boxes.png") as drawn, Image.open("in/3.png") as plain:
        assert drawn.size == (80, 40)
        assert drawn.tobytes() != plain.tobytes()
    ask(folder, ["in/3.png", "--threshold", "1"])
    assert capsys.readouterr().out.startswith("in/3.png: 0 with a score of 1 or more")


OWN = """
import torch
from torch.utils.data import TensorDataset

class Own:
    maximize = "accuracy"
    labels = ["no", "yes"]

    def data(self, split):
        x = torch.linspace(-1, 1, 20)[:, None]
        return TensorDataset(x, (x[:, 0] > 0).long())

    def network(self, config):
        return torch.nn.Linear(1, 2)

    def loss(self, outputs, targets):
        return torch.nn.functional.cross_entropy(outputs, targets)

    def metrics(self, outputs, targets):
        return {"accuracy": (outputs.argmax(1) == targets).float().mean()}

    def answer(self, network, raw):
        return "asked " + raw
"""


def test_task_of_a_users_own_answers_in_its_own_way(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "own.py").write_text(OWN)
    body = {"recipe": f"{tmp_path / 'own.py'}:Own", "max_steps": 1}
    (tmp_path / "home/datasets").mkdir(parents=True)
    ask(model(tmp_path / "home", tmp_path / "model", **body), ["0.5", "x.csv"])
    assert capsys.readouterr().out == "0.5: asked 0.5\nx.csv: asked x.csv\n"


def test_dataset_without_a_validation_split_is_refused_in_plain_words(tmp_path: Path) -> None:
    rows = "".join(f"{i},{i % 2},test\n" for i in range(30))
    (tmp_path / "t.csv").write_text(f"x,label,split\n{rows}")
    import_dataset(tmp_path / "t.csv", "t", tmp_path)
    with pytest.raises(DatasetError, match="'t' has no training split"):
        open_recipe(checked_file({"recipe": "tabular", "data": "t"}), home=tmp_path)
    (tmp_path / "t.csv").write_text("x,label,split\n1,a,train\n2,a,test\n")
    import_dataset(tmp_path / "t.csv", "u", tmp_path)
    with pytest.raises(DatasetError, match="'u' has no validation split"):
        open_recipe(checked_file({"recipe": "tabular", "data": "u"}), home=tmp_path)
