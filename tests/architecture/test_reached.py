"""Nothing of the playbook half is there for its tests alone: a user reaches all of it."""

from __future__ import annotations

import textwrap

import pytest

from reach import WHOLE, Reach, computed_roots

PACKAGES = ("checks", "playbook", "guide", "analysis")


@pytest.fixture(scope="module")
def reach():
    return Reach()


def test_every_public_function_and_class_of_the_playbook_is_reached(reach):
    found = reach.reached(computed_roots(reach))
    missed = [f"{m}:{n}" for m, n in reach.definitions(*PACKAGES) if (m, n) not in found]
    assert missed == []


def test_roots_are_the_command_and_the_public_names(reach):
    roots = computed_roots(reach)
    assert ("tunebook.cli.main", "main") in roots
    assert ("tunebook.study.tune", "tune") in roots


@pytest.fixture
def package(tmp_path):
    def make(**modules):
        folder = tmp_path / "tunebook"
        for name, text in modules.items():
            path = folder.joinpath(*name.split("__")).with_suffix(".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text))
            (path.parent / "__init__.py").touch()
        return Reach(tmp_path)

    return make


def test_a_function_that_only_stands_in_all_is_not_reached(package):
    found = package(
        checks__rates="""
            __all__ = ["alone", "used"]
            def alone(): ...
            def used(): return _inner()
            def _inner(): ...
        """,
        main="from tunebook.checks.rates import used\ndef main(): used()",
    ).reached({("tunebook.main", "main")})
    assert ("tunebook.checks.rates", "used") in found
    assert ("tunebook.checks.rates", "alone") not in found


def test_a_method_is_reached_where_its_name_is_used(package):
    found = package(
        checks__rates="""
            class Rate:
                def half(self): ...
                def twice(self): ...
                def __len__(self): ...
        """,
        main="from tunebook.checks.rates import Rate\ndef main(): Rate().half()",
    ).reached({("tunebook.main", "main")})
    named = {name for module, name in found if module == "tunebook.checks.rates"}
    assert named == {WHOLE, "Rate", "Rate.half", "Rate.__len__"}


def test_registries_reach_what_they_name_in_strings(package):
    found = package(
        checks__rates="class Rate: ...\nRECIPE = Rate()\ndef other(): ...",
        checks__more="def measured(): ...",
        main="""
            WHERE = {"rate": "tunebook.checks.rates", "more": ("tunebook.checks.more", "measured")}
            def main(): return WHERE
        """,
    ).reached({("tunebook.main", "main")})
    assert ("tunebook.checks.rates", "Rate") in found
    assert ("tunebook.checks.more", "measured") in found
    assert ("tunebook.checks.rates", "other") not in found


def test_what_a_command_decorates_is_reached(package):
    found = package(
        cli__data="""
            @app.command("list")
            def listed(): return _rows()
            def _rows(): ...
        """,
        main="from tunebook.cli.data import app\nfrom tunebook.cli import data\n"
        "def main(): return data",
    ).reached({("tunebook.main", "main")})
    assert ("tunebook.cli.data", "_rows") in found
