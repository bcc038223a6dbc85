"""The quality report: planted faults with exact counts, nothing raised on a clean set (S0.3)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance
from typer.testing import CliRunner

from tunebook.cli.main import app
from tunebook.datasets.library import ImportOptions, import_dataset, open_dataset
from tunebook.datasets.quality import judge_quality
from tunebook.datasets.quality_page import quality_sections
from tunebook.records.finding import Verdict
from tunebook.reports.pages import read_page


def by_check(stored):
    return {f.check: f for f in judge_quality(stored.dataset, stored.folder)}


def test_s0_3_clean_set_raises_nothing(coco, tmp_path):
    found = judge_quality(import_dataset(coco, "clean", tmp_path).dataset)
    assert [f.title for f in found if f.verdict is not Verdict.PASS] == []


def test_s0_3_planted_faults_are_counted_exactly(change, tmp_path):
    def spoil(table):
        table["categories"].append({"id": 9, "name": "rare"})
        first = len(table["annotations"])
        for number in range(6):
            told = {"id": first + number, "image_id": 110 + number, "category_id": 9}
            table["annotations"].append({**told, "bbox": [2, 2, 9 + number, 9]})
        for number in range(300):
            box = [number % 50, number // 50, 6, 6 + number % 7]
            told = {"id": 1000 + number, "image_id": 119, "category_id": 1, "bbox": box}
            table["annotations"].append(told)
        table["annotations"][0]["bbox"] = [5, 5, 0, 9]
        table["annotations"][8]["bbox"] = [5, 5, 9, 0]

    root = change(spoil)
    parts = {"train": range(100), "test": range(100, 120)}
    table = json.loads((root / "annotations.json").read_text())
    (root / "annotations.json").unlink()
    # Five images of the test part are copies of training images.
    for number in range(5):
        shutil.copy(root / "images" / f"{number:03d}.png", root / "images" / f"{100 + number}.png")
    for split, numbers in parts.items():
        chosen = {
            "images": [i for i in table["images"] if i["id"] in numbers],
            "annotations": [a for a in table["annotations"] if a["image_id"] in numbers],
            "categories": table["categories"],
        }
        (root / f"{split}.json").write_text(json.dumps(chosen))
    found = by_check(import_dataset(root, "spoilt", tmp_path))
    assert found["leakage"].value == "5"
    assert sum("without area" in item for item in found["import"].items) == 2
    assert found["one-split-only"].items == ("rare: only in test",)
    assert (
        found["detection-cap"].items[0].endswith("302 boxes")
        or "30" in found["detection-cap"].items[0]
    )
    assert found["detection-cap"].verdict is Verdict.PROBLEM
    for check in ("leakage", "import", "one-split-only"):
        assert found[check].verdict is Verdict.PROBLEM


def test_split_with_one_class_is_named(folders, tmp_path):
    for name in ("方块", "квадрат"):
        (folders / "test" / name).mkdir(parents=True)
    for part in ("circle", "方块", "квадрат"):
        (folders / "train").mkdir(exist_ok=True)
        shutil.move(folders / part, folders / "train" / part)
    shutil.move(folders / "train" / "circle" / "00.png", folders / "test" / "方块" / "x.png")
    found = by_check(import_dataset(folders, "one", tmp_path))
    assert found["one-split-only"].verdict is Verdict.PROBLEM
    assert len(found["one-split-only"].items) == 2


def test_report_is_a_page_with_pictures_and_a_command_with_an_exit_code(coco, tmp_path):
    import_dataset(coco, "shapes", tmp_path, ImportOptions(seed=1))
    runner = CliRunner()
    done = runner.invoke(app, ["data", "report", "shapes", "--json", "--home", str(tmp_path)])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert {f["verdict"] for f in told["findings"]} <= {"pass", "notice"}
    page = read_page(tmp_path, f"datasets/shapes/{told['version']}")
    titles = [section.title for section in page.sections]
    assert titles == ["Overview", "Quality", "Boxes", "Pictures"]
    assert len(page.sections[-1].pictures) == 12


def test_commands_import_list_and_export(folders, tmp_path):
    runner, home = CliRunner(), ["--home", str(tmp_path)]
    done = runner.invoke(app, ["data", "import", str(folders), "--name", "shapes", *home])
    assert done.exit_code == 0, done.output
    assert "120 items (train 96, train-val 12, test 12)" in done.output
    done = runner.invoke(app, ["data", "list", *home])
    assert "image classification" in done.output
    done = runner.invoke(app, ["data", "export", "shapes", str(tmp_path / "out"), *home])
    assert (tmp_path / "out" / "items.jsonl").exists()
    assert len(list((tmp_path / "out" / "files").rglob("*.png"))) == 120


def photo(seed: int, side: int = 96) -> Image.Image:
    """Draw what has the coarse shades of a photo: large areas, some of them bright."""
    coarse = np.random.default_rng(seed).integers(0, 256, (7, 7, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)


def two_splits(root: Path, n: int = 12) -> Path:
    """Write photos of two classes in train and test, no two of them alike."""
    for number, (split, name) in enumerate(product(("train", "test"), ("cat", "dog"))):
        (root / split / name).mkdir(parents=True)
        for i in range(n):
            photo(100 * number + i).save(root / split / name / f"{i}.png")
    return root


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "smaller": lambda image: image.resize((60, 60)),
    "larger": lambda image: image.resize((150, 150)),
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.15),
    "paler": lambda image: ImageEnhance.Contrast(image).enhance(0.8),
    "grey": lambda image: image.convert("L"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_copies_that_were_changed_are_found_across_splits(
    change: Callable[[Image.Image], Image.Image], tmp_path: Path
) -> None:
    root = two_splits(tmp_path / "in")
    for i in range(3):
        change(photo(i)).save(root / "test" / "cat" / f"copy{i}.jpg", quality=40)
    found = by_check(import_dataset(root, "x", tmp_path))["near-duplicates"]
    assert found.verdict is Verdict.NOTICE
    assert found.value == "3"
    for i in range(3):
        pair = f"train/cat/{i}.png ~ test: test/cat/copy{i}.jpg"
        assert any(pair in one for one in found.items)


def test_different_photos_and_flat_images_are_no_near_duplicates(tmp_path: Path) -> None:
    root = two_splits(tmp_path / "in", n=25)
    for split in ("train", "test"):
        Image.new("RGB", (64, 64), (len(split), 90, 90)).save(root / split / "cat" / "flat.png")
    found = by_check(import_dataset(root, "x", tmp_path))
    assert found["near-duplicates"].verdict is Verdict.PASS, found["near-duplicates"].items
    assert found["leakage"].verdict is Verdict.PASS


def test_equal_images_with_different_labels_are_label_errors(tmp_path: Path) -> None:
    root = two_splits(tmp_path / "in")
    shutil.copy(root / "train/cat/0.png", root / "train/dog/same.png")
    shutil.copy(root / "train/cat/1.png", root / "train/cat/same.png")
    found = by_check(import_dataset(root, "x", tmp_path))
    assert found["label-errors"].verdict is Verdict.PROBLEM
    assert found["label-errors"].items == ("train/cat/0.png: cat but train/dog/same.png: dog",)
    assert found["duplicates"].value == "2"


def test_equal_rows_of_a_table_with_different_labels_are_a_notice(tmp_path: Path) -> None:
    rows = "".join(f"{i // 2},{'ab'[i % 2]}\n" for i in range(40))
    (tmp_path / "t.csv").write_text(f"x,label\n{rows}")
    assert by_check(import_dataset(tmp_path / "t.csv", "t", tmp_path))["label-errors"].verdict is (
        Verdict.NOTICE
    )


def test_missing_validation_set_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x,label,split\n1,a,train\n2,a,test\n")
    found = by_check(import_dataset(tmp_path / "t.csv", "t", tmp_path))["splits"]
    assert (found.verdict, found.items) == (Verdict.PROBLEM, ("train-val: no item",))


def test_files_that_nothing_needs_are_counted(tmp_path: Path) -> None:
    root = two_splits(tmp_path / "in")
    photo(7).save(root / "loose.png")
    (root / "README.md").write_text("Photos")
    found = by_check(import_dataset(root, "x", tmp_path))["strays"]
    assert (found.verdict, found.value, found.items) == (
        Verdict.NOTICE,
        "2",
        ("README.md", "loose.png"),
    )


def test_page_has_a_line_for_each_split_and_histograms(change, tmp_path):
    def crowd(table):
        table["annotations"][0]["iscrowd"] = 1

    stored = import_dataset(change(crowd), "x", tmp_path)
    overview, _, boxes, _ = quality_sections(stored.dataset, stored.folder)
    (splits,) = overview.tables
    assert [(row[0], row[1], row[2] + row[3]) for row in splits.rows] == [
        ("train", 96, 192),
        ("train-val", 12, 24),
        ("test", 12, 24),
    ]
    assert sum(row[3] for row in splits.rows) == 1
    assert overview.paragraphs[1] == "Drawn with seed 0: train 96, train-val 12, test 12."
    charts = {chart.title: chart for section in (overview, boxes) for chart in section.charts}
    assert len(charts) == 6
    assert all(sum(chart.series[0].y) in {120, 239} for chart in charts.values())
    assert charts["Boxes an image"].series[0].x == ["1", "2"]
    assert charts["Boxes an image"].series[0].y == [1.0, 119.0]


def test_report_of_an_earlier_import_is_renewed_with_what_is_found_now(tmp_path: Path) -> None:
    root = two_splits(tmp_path / "in")
    before = import_dataset(root, "x", tmp_path)
    (root / "note.txt").write_text("new")
    again = import_dataset(root, "x", tmp_path)
    assert again.version == before.version
    assert open_dataset("x", tmp_path).dataset.details["strays"] == ["note.txt"]
    assert "note.txt" in (again.folder / "report.json").read_text()
