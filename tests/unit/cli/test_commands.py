from __future__ import annotations

import ast
from pathlib import Path

import tunebook.recipes
from tunebook.cli.demo import SETTINGS
from tunebook.cli.driving import exit_code
from tunebook.cli.main import COMMANDS
from tunebook.records import StudyState

WRITES_A_PAGE = {"ui", "report"}
"""What is read in a browser has no other form."""


def test_help_names_every_command(command):
    out = command("--help").out
    assert all(f"  {name} " in out for name in COMMANDS)
    assert "130 interrupted" in out


def test_every_command_explains_its_options(command):
    for name in COMMANDS:
        done = command(name, "--help")
        assert done.code == 0
        assert ("--json" in done.out) == (name not in WRITES_A_PAGE)


def test_misspelt_option_is_bad_input(command):
    done = command("run", "--trails", "3")
    assert done.code == 2
    assert "--trials" in done.err


def test_exit_code_tells_how_a_study_went():
    assert exit_code(StudyState.DONE, "") == 0
    assert exit_code(StudyState.STOPPED, "time limit") == 0
    assert exit_code(StudyState.FAILED, "") == 1
    assert exit_code(StudyState.PAUSED, "interrupted by Ctrl-C") == 130
    assert exit_code(StudyState.PAUSED, "asked for by a person") == 0


def test_demo_tunes_as_the_example_does():
    source = (Path(tunebook.recipes.__file__).parent / "fashion.py").read_text(encoding="utf-8")
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    (tune,) = (c for c in calls if isinstance(c.func, ast.Attribute) and c.func.attr == "tune")
    assert {k.arg: ast.literal_eval(k.value) for k in tune.keywords} == SETTINGS
