"""The report: one file with everything in it, that asks nobody and hides nothing in a text."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from pathlib import Path

import tunebook as tb
from tunebook.engine import replay
from tunebook.records import Budget, DriverStarted, StudyCreated
from tunebook.reports.page import report_page
from tunebook.reports.snapshot import MAX_DETAILS, snapshot
from tunebook.testing.samples import sample_spec, sample_trial

HOSTILE = "</script><img onerror=alert(1)>"


def page(n: int = 5, notes: str = "") -> str:
    spec = sample_spec(HOSTILE if notes else "digits", notes=notes, budget=Budget(trials=n))
    events = [StudyCreated(0.0, spec), DriverStarted(0.0, "host:1", 1)]
    for number in range(n):
        events += sample_trial(number, n_steps=100, value=number / n)
    message = snapshot(replay(events), len(events), 9.0, path_of=lambda ref: "checkpoint")
    return report_page(message)


def test_scripts_and_styles_are_those_that_the_policy_names() -> None:
    text = page()
    policy = html.unescape(re.findall(r'content-security-policy" content="([^"]*)"', text)[0])
    inline = re.findall(r"<(?:script|style)>(.*?)</(?:script|style)>", text, flags=re.DOTALL)
    assert len(inline) == 3
    for code in inline:
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def test_page_loads_nothing() -> None:
    head = page().split("<style>")[0]
    assert not re.search(r"<(?:link|script|img)[^>]+(?:src|href)=", page())
    assert "http://" not in head
    assert "https://" not in head


def test_text_of_users_stays_text() -> None:
    text = page(notes=HOSTILE)
    assert HOSTILE not in text
    data = re.findall(r'id="snapshot">(.*?)</script>', text, flags=re.DOTALL)[0]
    message = json.loads(data)
    assert message["study"]["notes"] == HOSTILE
    assert message["study"]["name"] == HOSTILE


def test_200_trials_of_100_steps_are_at_most_3_mb() -> None:
    assert len(page(200).encode()) <= 3_000_000


def test_large_study_keeps_every_row_and_thins_the_details() -> None:
    data = re.findall(r'id="snapshot">(.*?)</script>', page(MAX_DETAILS + 50), flags=re.DOTALL)[0]
    message = json.loads(data)
    assert message["trials"]["total"] == len(message["trials"]["rows"]) == MAX_DETAILS + 50
    assert len(message["details"]) == MAX_DETAILS


def test_study_writes_its_own_report(tmp_path: Path) -> None:
    def train(trial: tb.TrialHandle) -> float:
        return float(trial.config.lr)

    space = tb.Space(lr=tb.Float(0.0, 1.0))
    study = tb.tune(
        train, space, maximize="acc", trials=2, workers=0, home=tmp_path, progress=False
    )
    study.write_report(tmp_path / "report.html")
    assert "train-1" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_study_without_trials_has_a_report_too() -> None:
    spec = sample_spec("digits")
    facts = replay([StudyCreated(0.0, spec)])
    message = snapshot(facts, 1, 9.0, path_of=lambda ref: "")
    assert "<title>digits - tunebook</title>" in report_page(message)


def test_notebook_shows_the_study_in_a_frame_that_cannot_reach_it(tmp_path: Path) -> None:
    space = tb.Space(lr=tb.Float(0.0, 1.0))
    study = tb.Study.create(space, maximize="acc", trials=2, name=HOSTILE, home=tmp_path)
    view = study._repr_html_()
    assert view is not None
    assert view.startswith("<iframe")
    assert 'sandbox="allow-scripts"' in view
    assert "<img" not in view
    study.close()
