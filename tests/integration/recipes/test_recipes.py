"""Recipes by name, on datasets imported for the purpose: trained, searched, taken away."""

from __future__ import annotations

import csv
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tunebook.datasets.library import ImportOptions, import_dataset
from tunebook.errors import DatasetError, TaskError
from tunebook.presets.described import open_recipe
from tunebook.presets.model import write_best_model
from tunebook.presets.reuse import found_by, reuse_notices
from tunebook.recipes.models import load_model
from tunebook.study.study_file import checked_file, file_of
from tunebook.training.task import load_task

SHARES = {"train": 0.6, "train-val": 0.4}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, draw_squares: Callable[[Path], None]) -> Path:
    """A home with a table, another one of numbers, and photos of light and dark squares."""
    folder = tmp_path_factory.mktemp("data")
    dice = random.Random(0)
    rows = [[dice.gauss(0, 3), dice.choice(["red", "blue"]), dice.random()] for _ in range(120)]
    for name, targets in (
        ("kinds", ["high" if r[0] > 0 else "low" for r in rows]),
        ("prices", [f"{100 + 10 * r[0]:.3f}" for r in rows]),
    ):
        with (folder / f"{name}.csv").open("w", newline="") as file:
            told = [[*row, target] for row, target in zip(rows, targets, strict=True)]
            csv.writer(file).writerows([["a", "colour", "noise", "target"], *told])
    draw_squares(folder / "squares")
    for name in ("kinds.csv", "prices.csv", "squares"):
        import_dataset(
            folder / name, name.split(".")[0], folder / "home", ImportOptions(None, SHARES)
        )
    return folder / "home"


def trained(home: Path, **body: Any) -> Any:
    study, made = open_recipe(checked_file(body), home=home)
    return study.run(workers=0, progress=False), made


@pytest.mark.parametrize(
    ("recipe", "data", "limit"),
    [
        ("tabular", "kinds", 0.85),
        ("tabular", "prices", None),
        ("image-classification", "squares", 0.9),
    ],
)
def test_s0_6_default_recipe_learns(
    home: Path, recipe: str, data: str, limit: float | None
) -> None:
    study, made = trained(home, recipe=recipe, data=data, max_steps=6, set={"lr": 0.01})
    if limit is None:
        assert study.spec.objective.metric == "val_rmse"
        assert study.best.value < 30.0  # the deviation of the prices
    else:
        assert study.best.value >= limit
    assert data in made.preset.metric_name
    assert study.spec.environment["data"].startswith(f"{data}@")
    body = file_of(study.facts)
    assert (body["recipe"], body["data"]) == (recipe, made.preset.data)


def test_models_of_recipes_answer_where_their_data_are_not(home: Path, tmp_path: Path) -> None:
    study, _ = trained(home, recipe="tabular", data="kinds", max_steps=6, set={"lr": 0.01})
    write_best_model(study, tmp_path / "model")
    image = next((home / "datasets" / "squares").rglob("*.png"))
    shutil.copy(image, tmp_path / "some.png")
    photos, _ = trained(home, recipe="image-classification", data="squares", max_steps=4)
    write_best_model(photos, tmp_path / "photos")
    home.rename(home.with_name("elsewhere"))
    try:
        command = [sys.executable, str(tmp_path / "model" / "load.py"), "5.0,red,0.5", "-5.0,blue,"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        # The likeliest class comes first.
        assert [line.split("'")[1] for line in done.stdout.splitlines()] == ["high", "low"]
        label, share = load_model(tmp_path / "photos").answer(str(tmp_path / "some.png"))
        assert label in {"dark", "light"}
        assert 0.5 <= share <= 1.0
    finally:
        home.with_name("elsewhere").rename(home)


def test_a_search_over_a_recipe_begins_with_its_defaults(home: Path) -> None:
    budget = {"trials": 3}
    search = {"search": "random", "budget": budget, "max_steps": 2, "sample": 0.5}
    study, made = trained(home, recipe="tabular", data="kinds", **search)
    assert dict(study.trials[0].config) == made.baseline
    assert made.baseline["lr"] == 1e-3
    new = trained(home, recipe="tabular", data="prices", set=found_by(study).values)[1]
    told = " ".join(reuse_notices(found_by(study), new))
    assert "data was kinds@" in told
    assert "metric was val_accuracy" in told


@pytest.mark.parametrize(
    ("body", "error", "says"),
    [
        ({"recipe": "tabullar", "data": "kinds"}, TaskError, "Did you mean 'tabular'"),
        ({"recipe": "tabular", "data": "kindz"}, DatasetError, "Did you mean 'kinds'"),
        ({"recipe": "tabular"}, DatasetError, "needs data"),
        ({"recipe": "image-classification", "data": "kinds"}, DatasetError, "not for this dataset"),
    ],
)
def test_bad_input_is_refused_before_anything_is_made(
    home: Path, body: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        open_recipe(checked_file(body), home=home)


def test_arguments_of_another_version_are_told_as_such() -> None:
    with pytest.raises(TaskError, match="train it again"):
        load_task("tunebook.recipes.tabular:TabularTask", {"rows": 3})
