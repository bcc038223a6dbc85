"""How fast 10,000 images are imported with a full quality report, beside cleanvision.

    benchmarks/search/environments.sh cleanvision
    .venv/bin/python -m benchmarks.datasets [--images 10000] [--no-peer]

Photos of 200 x 150 pixels in ten classes, generated: a fortieth of them exact duplicates.
cleanvision looks for its own default issues in the same files, in a process of its own, with one
job as tunebook has. The import also copies and hashes every file, and makes the version.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from tunebook.datasets.library import import_dataset
from tunebook.datasets.quality import judge_quality

SIZE, N_CLASSES, DUPLICATE_EVERY = (200, 150), 10, 40
PEER = Path(__file__).parent / ".venvs" / "cleanvision" / "bin" / "python"
PEER_CODE = """
import sys, time
from cleanvision import Imagelab
begin = time.perf_counter()
lab = Imagelab(data_path=sys.argv[1], verbose=False)
lab.find_issues(n_jobs=1, verbose=False)
print(time.perf_counter() - begin, int(lab.issue_summary.num_images.sum()))
"""


def make(folder: Path, n: int) -> int:
    """Write images of smooth noise; return how many are copies of an earlier one."""
    rng = np.random.default_rng(0)
    copies, before = 0, None
    for i in range(n):
        place = folder / f"class-{i % N_CLASSES}" / f"{i:06d}.jpg"
        place.parent.mkdir(parents=True, exist_ok=True)
        if before is not None and i % DUPLICATE_EVERY == 0:
            shutil.copyfile(before, place)
            copies += 1
            continue
        coarse = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize(SIZE, Image.Resampling.BICUBIC).save(place, quality=90)
        before = place
    return copies


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--no-peer", action="store_true")
    asked = parser.parse_args()
    n = asked.images
    with tempfile.TemporaryDirectory() as working:
        folder = Path(working) / "photos"
        copies = make(folder, n)
        print(
            f"{n:,} images of {SIZE[0]} x {SIZE[1]}, {copies} copies; load {os.getloadavg()[0]:.1f}"
        )
        begin = time.perf_counter()
        stored = import_dataset(folder, "photos", Path(working) / "home")
        imported = time.perf_counter()
        findings = judge_quality(stored.dataset, stored.folder)
        done = time.perf_counter()
        (found,) = [f for f in findings if f.check == "duplicates"]
        print(
            f"tunebook     {n / (done - begin):7.0f} images/s: import {imported - begin:.1f} s, "
            f"report {done - imported:.1f} s; {len(findings)} checks, duplicates: {found.value}"
        )
        if asked.no_peer or not PEER.exists():
            return
        told = subprocess.run(
            [PEER, "-c", PEER_CODE, str(folder)], capture_output=True, text=True, check=True
        )
        seconds, n_issues = told.stdout.split()[-2:]
        speed = n / float(seconds)
        print(f"cleanvision  {speed:7.0f} images/s: {float(seconds):.1f} s; {n_issues} issues")


if __name__ == "__main__":
    main()
