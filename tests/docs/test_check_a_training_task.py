"""The commands of the how-to on checking a task run, and print what the page shows."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tunebook.cli.main import app

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/check-a-training-task.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


def _blocks(language: str) -> list[str]:
    return [text for kind, text in BLOCKS if kind == language]


def _told(text: str) -> set[str]:
    """The lines of an output without their figures."""
    return {re.sub(r"[\d.]+", "#", line.strip()) for line in text.splitlines() if line.strip()}


def test_commands_of_the_page_run_and_print_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(ROOT / "examples" / "digits_task.py", tmp_path)
    (source,) = _blocks("python")
    (tmp_path / "broken_task.py").write_text(source, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    healthy, broken = (CliRunner().invoke(app, shlex.split(block)[1:]) for block in _blocks("sh"))
    assert healthy.exit_code == 0, healthy.output
    assert broken.exit_code == 1, broken.output
    (shown,) = _blocks("text")
    assert _told(shown) <= _told(broken.output)
