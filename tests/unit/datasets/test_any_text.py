"""A dataset holds any text and any file name, and is read as it was imported."""

from __future__ import annotations

import os
from pathlib import Path

from tunebook.datasets.library import import_dataset, open_dataset
from tunebook.records.section import decode

LINES = "one \u2028 two \x85 three \x0b four"


def test_texts_with_every_end_of_line_and_names_that_are_not_utf_8(tmp_path: Path) -> None:
    for label in ("good", "bad"):
        for n in range(6):
            name = b"photo\xff" if n == 0 else b"text"
            path = tmp_path / "texts" / label / os.fsdecode(name + b"%d.txt" % n)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{label} {n} {LINES}", encoding="utf-8")
    made = import_dataset(tmp_path / "texts", "words", tmp_path / "home")
    read = open_dataset("words", tmp_path / "home")
    assert read.dataset == made.dataset
    assert any(LINES in (item.text or "") for item in read.dataset.items)
    assert len(read.dataset.items) == 10
    # A name that no page or file of JSON can hold is told, and left out.
    assert [fault.why for fault in read.dataset.faults] == ["has a name that is not plain text"] * 2
    report = (read.folder / "report.json").read_text(encoding="utf-8")
    assert decode(report)[0].title
