"""Who may import whom: the contracts of pyproject.toml, and two that it cannot state.

Import-linter wants the modules that a contract names to exist; these two hold before they do.
"""

from __future__ import annotations

import subprocess
import sys

import grimp
import pytest
from importlinter import cli

READERS_OF_SETTINGS = {"cli", "dashboard", "live", "presets", "study", "settings"}
RUNS_TRIALS = (
    *("driver", "execution", "guide", "integrations"),
    *("presets", "recipes", "study", "training"),
)


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("tunebook", cache_dir=None)


def test_import_contracts_are_kept(root, capsys):
    status = cli.lint_imports(config_filename=str(root / "pyproject.toml"), no_cache=True)
    assert status == cli.EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_every_folder_is_a_package(sources):
    """Import-linter does not look into folders without ``__init__.py``."""
    folders = {s.name.rpartition("/")[0] for s in sources} - {""}
    packages = {s.name.rpartition("/")[0] for s in sources if s.name.endswith("/__init__.py")}
    assert folders - packages == set()


def test_settings_are_read_at_the_top_and_passed_down(graph):
    importers = {
        importer
        for module in graph.modules
        if module.startswith("tunebook.settings")
        for importer in graph.find_modules_that_directly_import(module)
    }
    assert {name for name in importers if name.split(".")[1] not in READERS_OF_SETTINGS} == set()


def test_dashboard_reaches_nothing_that_runs_trials(graph):
    reached = {
        module
        for importer in graph.modules
        if importer.startswith("tunebook.dashboard")
        for module in graph.find_upstream_modules(importer)
    }
    assert {m for m in reached if m.split(".")[1:2] and m.split(".")[1] in RUNS_TRIALS} == set()


def test_every_first_level_module_is_in_the_picture_of_the_layers(root, graph):
    picture = (root / "CONTRIBUTING.md").read_text(encoding="utf-8").split()
    modules = {name.split(".")[1] for name in graph.modules if name.startswith("tunebook.")}
    assert modules - {*picture, "__main__"} == set()


LIGHT = """
import importlib, pkgutil, sys
for package in ("checks", "playbook"):
    place = importlib.import_module(f"tunebook.{package}").__path__
    for found in pkgutil.iter_modules(place, f"tunebook.{package}."):
        if found.name not in {"tunebook.checks.looks", "tunebook.checks.laboratory"}:
            importlib.import_module(found.name)
        assert "torch" not in sys.modules, found.name
"""


def test_checks_and_playbook_import_no_torch_but_to_carry_experiments_out():
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
