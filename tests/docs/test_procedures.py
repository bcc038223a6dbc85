"""Every rule of the playbook is carried out by live code or has a recorded reason not to be."""

from __future__ import annotations

import re
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def procedures():
    loader = SourceFileLoader("procedures", str(ROOT / "scripts" / "procedures"))
    module = module_from_spec(spec_from_loader("procedures", loader))
    loader.exec_module(module)
    return module


def test_every_id_is_carried_out_or_has_a_recorded_reason(procedures):
    assert procedures.unexplained() == []


def test_all_code_that_is_named_is_reached_by_a_user(procedures):
    assert procedures.dead() == []


def test_what_is_not_built_names_no_code_and_is_no_rule_of_a_check(procedures):
    found = procedures.carried_out()
    for one, entry in procedures.rules().items():
        if procedures.note(entry):
            assert found[one] == [], one
            assert entry.get("pending", entry.get("reason"))


def test_checks_name_only_rules_that_there_are(procedures):
    known = set(procedures.rules())
    for check in procedures.CHECKS:
        assert set(check.rules) <= known, check.name


def test_a_rule_whose_only_code_nobody_reaches_counts_as_not_built(procedures, monkeypatch):
    lost = {"S9.1": {"title": "Lost", "code": ["checks.check:NoSuchThing"]}}
    monkeypatch.setattr(procedures, "rules", lambda: lost)
    monkeypatch.setattr(procedures, "CHECKS", ())
    assert procedures.unexplained() == ["S9.1"]
    assert procedures.dead() == ["checks.check:NoSuchThing"]


def test_all_ids_of_the_specification_are_known(procedures):
    known = procedures.rules()
    series = {"S0.": 37, "S1.": 20, "S2.": 21, "S3.": 10, "S4.": 49, "C": 20, "I": 10}
    assert list(known) == [f"{head}{i}" for head, n in series.items() for i in range(1, n + 1)]
    assert all(entry["title"] for entry in known.values())


def test_the_page_is_what_the_script_writes_but_for_new_tests(procedures):
    written = procedures.PAGE.read_text(encoding="utf-8").splitlines()
    made = procedures.page().splitlines()
    cells = [[line.rpartition(" | ")[0] for line in lines] for lines in (written, made)]
    assert cells[0] == cells[1]
    for line in (one for one in written if re.match(r"\| [SCI]\d", one)):
        files = re.findall(r"`([^`]+)`", line.rpartition(" | ")[2])
        assert all((procedures.TESTS / path).exists() for path in files), line


def test_ids_are_read_from_ranges_and_names(procedures):
    assert procedures.cited_in("as S4.24 to S4.26 and C5 say") == {"S4.24", "S4.25", "S4.26", "C5"}
    assert procedures.named_in("test_s0_37_and_s4_9_marks") == {"S0.37", "S4.9"}
    assert procedures.named_in("test_c1_to_c3_have_cards") == {"C1", "C2", "C3"}
    assert procedures.named_in("test_classes") == set()
