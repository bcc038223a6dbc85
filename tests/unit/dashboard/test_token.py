"""The token outlives the server, and is its owner's alone."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tunebook.dashboard.security import kept_token


def test_token_is_the_same_after_a_restart(tmp_path: Path) -> None:
    token = kept_token(tmp_path / "token")
    assert len(token) >= 32
    assert kept_token(tmp_path / "token") == token
    assert kept_token(tmp_path / "other") != token


def test_file_of_the_token_is_for_its_owner(tmp_path: Path) -> None:
    kept_token(tmp_path / "token")
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600


def test_empty_file_is_no_token(tmp_path: Path) -> None:
    (tmp_path / "token").touch()
    assert len(kept_token(tmp_path / "token")) >= 32


def test_file_that_others_may_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("known-to-the-open-pages\n")
    path.chmod(0o664)
    assert kept_token(path) == "known-to-the-open-pages"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe"])
def test_file_without_a_usable_token_gets_one_and_is_closed(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "token"
    path.write_bytes(content)
    path.chmod(0o666)
    token = kept_token(path)
    assert len(token) >= 32
    assert path.read_text() == token + "\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
