"""Every rule of the playbook has an implementation or a recorded reason, and the page is true."""

from __future__ import annotations

import json
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


def test_every_id_is_implemented_or_has_a_recorded_reason(procedures):
    assert procedures.unexplained() == []


def test_what_is_still_to_come_says_why_and_is_not_implemented(procedures):
    built = procedures.implementations()
    known = json.loads(procedures.IDS.read_text(encoding="utf-8"))
    pending = {one: entry["pending"] for one, entry in known.items() if "pending" in entry}
    assert all(pending.values())
    assert [one for one in pending if one in built] == []


def test_all_ids_of_the_specification_are_known(procedures):
    known = json.loads(procedures.IDS.read_text(encoding="utf-8"))
    series = {"S0.": 37, "S1.": 20, "S2.": 21, "S3.": 10, "S4.": 49, "C": 20, "I": 10}
    assert list(known) == [f"{head}{i}" for head, n in series.items() for i in range(1, n + 1)]
    assert all(entry["title"] for entry in known.values())


def test_the_page_has_every_id_and_no_place_that_is_gone(procedures):
    text = procedures.PAGE.read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in text.splitlines() if re.match(r"\| [SCI]\d", line)]
    assert len(rows) == 167
    for row in rows:
        modules, tests = re.findall(r"`([^`]+)`", row[2]), re.findall(r"`([^`]+)`", row[3])
        assert all((procedures.SOURCE / path).exists() for path in modules), row
        assert all((procedures.TESTS / path).exists() for path in tests), row


def test_ids_are_read_from_ranges_and_names(procedures):
    assert procedures.cited_in("as S4.24 to S4.26 and C5 say") == {"S4.24", "S4.25", "S4.26", "C5"}
    assert procedures.named_in("test_s0_37_and_s4_9_marks") == {"S0.37", "S4.9"}
    assert procedures.named_in("test_c1_to_c3_have_cards") == {"C1", "C2", "C3"}
    assert procedures.named_in("test_classes") == set()
