"""A file that is overwritten is there whole at every moment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tunebook.files import write_file


def test_content_and_rights_of_a_new_file(tmp_path: Path) -> None:
    write_file(tmp_path / "new.html", "é")
    assert (tmp_path / "new.html").read_bytes() == "é".encode()
    (tmp_path / "usual").touch()
    assert (tmp_path / "new.html").stat().st_mode == (tmp_path / "usual").stat().st_mode
    assert sorted(p.name for p in tmp_path.iterdir()) == ["new.html", "usual"]


def test_error_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("good")
    # A name so long that no file can be made beside it.
    with pytest.raises(OSError, match="too long"):
        write_file(tmp_path / ("x" * 300), "new")
    assert path.read_text() == "good"
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_half_a_character_is_escaped(tmp_path: Path) -> None:
    write_file(tmp_path / "a.json", '"\udcff"')
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == '"\\udcff"'


def test_rights_of_a_file_stay_and_a_link_keeps_pointing(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    target = tmp_path / "kept" / "report.html"
    target.write_text("old")
    target.chmod(0o640)
    link = tmp_path / "latest.html"
    link.symlink_to(target)
    write_file(link, b"new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == 0o640


def test_device_is_written_to_and_stays_a_device() -> None:
    write_file(Path(os.devnull), "gone")
    assert not Path(os.devnull).is_file()
