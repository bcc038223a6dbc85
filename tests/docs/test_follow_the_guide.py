"""The page on the guide: its command begins one, its table has the stages, its options exist."""

from __future__ import annotations

import re
import shlex
import shutil
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
from typer.testing import CliRunner

from guide_logs import read_state
from tunebook.cli.main import app, main
from tunebook.playbook.stages import STAGES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/follow-the-guide.md").read_text(encoding="utf-8")
(COMMAND,) = re.findall(r"^```sh\n(tunebook guide .*)\n```$", PAGE, flags=re.MULTILINE)


def test_command_begins_a_guide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(ROOT / "examples" / "digits_task.py", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TUNEBOOK_HOME", str(tmp_path / "home"))
    # The whole of it takes minutes: the crash tests and the stories carry guides to their ends.
    with redirect_stdout(StringIO()) as out, pytest.raises(SystemExit) as left:
        main([*shlex.split(COMMAND)[1:], "--until", "1"])
    assert left.value.code in (0, None), out.getvalue()
    assert read_state(tmp_path / "home" / "guides" / "Digits").stages == {0: "done", 1: "done"}
    assert (tmp_path / "home" / "guides" / "Digits" / "report.html").is_file()


def test_table_has_every_stage_and_every_option_exists() -> None:
    told = re.findall(r"^\| (\d) ([\w ]+) \|", PAGE, flags=re.MULTILINE)
    assert told == [(str(n), stage.name) for n, stage in enumerate(STAGES)]
    known = CliRunner().invoke(app, ["guide", "--help"], env={"COLUMNS": "300"}).output
    for option in set(re.findall(r"--[a-z]+", PAGE)):
        assert option in known, option
