"""The quality report: planted faults with exact counts, nothing raised on a clean set (S0.3)."""

from __future__ import annotations

import json
import shutil

from typer.testing import CliRunner

from tunebook.cli.main import app
from tunebook.datasets.library import ImportOptions, import_dataset
from tunebook.datasets.quality import judge_quality
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
