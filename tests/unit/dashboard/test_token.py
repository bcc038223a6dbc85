"""The token outlives the server, and is its owner's alone."""

from __future__ import annotations

import stat
from pathlib import Path

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
