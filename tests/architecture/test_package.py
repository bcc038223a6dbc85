"""What users get: light to import, documented, whole."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import tunebook

PACKAGE = Path(tunebook.__file__).parent
HEAVY = ("numpy", "pandas", "pydantic", "ray", "scipy", "sqlalchemy", "starlette", "torch")
HELP = """
import sys
sys.argv = ["tunebook", "--help"]
from tunebook.cli.main import main
try:
    main()
except SystemExit:
    pass
"""
STARTS = {"import": "import tunebook"}
if (PACKAGE / "cli" / "main.py").exists():
    STARTS["help"] = HELP


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_starting_loads_nothing_heavy(start):
    code = f"{start}\nimport sys\nprint(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stderr.split()) & set(HEAVY) == set()


def test_public_names_exist_and_are_documented():
    names = getattr(tunebook, "__all__", [])
    values = {name: getattr(tunebook, name) for name in names}
    called = {n: v for n, v in values.items() if inspect.isclass(v) or inspect.isroutine(v)}
    assert [name for name, value in called.items() if not inspect.getdoc(value)] == []


def test_installed_package_holds_every_file_of_the_source(root):
    source = root / "src" / "tunebook"
    wanted = {path.relative_to(source) for path in source.rglob("*") if _is_content(path)}
    got = {path.relative_to(PACKAGE) for path in PACKAGE.rglob("*") if _is_content(path)}
    assert got == wanted


def _is_content(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts
