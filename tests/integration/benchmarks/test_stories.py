"""The stories that train nothing meet their pass marks."""

from __future__ import annotations

import sys

from benchmarks.stories import e6_science, e7_batch


def test_e6_science_story_meets_its_marks(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["e6_science", "--repeats", "20"])
    code = e6_science.main()
    assert code == 0, capsys.readouterr().out


def test_e7_batch_story_meets_its_marks(capsys):
    code = e7_batch.main()
    assert code == 0, capsys.readouterr().out
