"""Any string in any field reaches page, report, JSON, CSV and terminal, as visible text."""

from __future__ import annotations

import json
import re

import hypothesis.strategies as st
import pytest
from hypothesis import example, given, settings

from tunebook.cli.export import _csv, _rows
from tunebook.cli.output import emit, emit_json, emit_table, say
from tunebook.engine import Facts, apply
from tunebook.live.plain import closing_lines, opening_lines, trial_line
from tunebook.live.screen import Room, draw
from tunebook.live.view import take_picture
from tunebook.records import (
    CheckpointRef,
    Configuration,
    DriverStarted,
    DriverStopped,
    Failure,
    FailureKind,
    NotesChanged,
    Objective,
    Request,
    RequestObeyed,
    StudyCreated,
    TaskKind,
    TaskRef,
    TrialCheckpointed,
    TrialCreated,
    TrialEnded,
    TrialFailed,
    TrialNumber,
    TrialReported,
)
from tunebook.records.finding import Finding, Verdict
from tunebook.records.section import Section, SectionTable, decode, encode
from tunebook.records.text import clean, to_json
from tunebook.reports.page import report_page, sections_page
from tunebook.reports.sections import page_message
from tunebook.reports.snapshot import snapshot
from tunebook.reports.study_messages import study_message, study_row
from tunebook.space import Choice, Space
from tunebook.storage.encoding import decode as decode_event
from tunebook.testing.samples import sample_series, sample_spec
from tunebook.training.reporter import Reporter

HOSTILE = (
    "\x1b]0;owned\x07\x1b[2J\x9b31m\rphoto\udcff.jpg \u202eexe\u2069 [/red] </script>\x00\x7f\u2028"
)
OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)

texts = st.text(st.characters(exclude_categories=[]), min_size=1, max_size=30)


def facts_of(text: str) -> Facts:
    """Return a study in which every text is ``text``."""
    space = Space({"net": Choice(text, "plain " + text)})
    spec = sample_spec(
        text,
        space=space.to_dict(),
        objective=Objective.of(maximize=text),
        notes=text,
        environment={text: text, "versions": {text: text}},
        task=TaskRef(TaskKind.SCRIPT, text, options={"folder": text, "patterns": [text]}),
    )
    number, failed = TrialNumber(0), TrialNumber(1)
    failure = Failure(FailureKind.USER_ERROR, text, traceback=text, log_tail=text)
    config = Configuration({"net": text})
    events = [
        StudyCreated(0.0, spec),
        DriverStarted(0.0, text, 1),
        TrialCreated(1.0, number, config, until_step=10, why=text),
        TrialReported(2.0, number, {text: sample_series(1, 4)}),
        TrialCheckpointed(3.0, number, CheckpointRef(number, 4, text)),
        TrialEnded(4.0, number, 4, 4.0),
        TrialCreated(5.0, failed, config, until_step=10, why=text),
        TrialFailed(6.0, failed, failure),
        NotesChanged(7.0, text),
        RequestObeyed(8.0, 1, text),
        DriverStopped(9.0, text),
    ]
    facts = Facts()
    for event in events:
        apply(facts, event)
    return facts


def path_of(ref: CheckpointRef) -> str:
    return f"/home/{ref.digest}/x.ckpt"


def no_such(text: str) -> str:
    """Return a text that was checked: a file can hold it, and nothing obeys it."""
    text.encode("utf-8")
    assert not OBEYED.search(text), ascii(text)
    return text


@settings(max_examples=40, deadline=None)
@given(texts)
@example(HOSTILE)
@example("\ud800")
def test_page_report_and_stream_take_any_text_and_nothing_obeys_it(text: str) -> None:
    facts = facts_of(text)
    requests = [Request(1, 8.0, "edit notes", {"notes": text, "config": {text: text}})]
    message = study_message(facts, 9, 9.0, is_live=False, path_of=path_of, requests=requests)
    whole = snapshot(facts, 9, 9.0, path_of=path_of)
    row = study_row(facts, 9.0, is_live=False)
    read = json.loads(no_such(to_json(message)))
    assert read["notes"] == clean(text)
    assert read["best"]["value"] == 0.5
    assert json.loads(no_such(to_json(row)))["objective"]["metric"] == clean(text)
    details = json.loads(to_json(whole))["details"]["1"]
    assert details["traceback"] == details["log_tail"] == clean(text)
    page = report_page(whole)
    page.encode("utf-8")
    embedded = re.search(r'id="snapshot">(.*?)</script>', page)
    assert embedded is not None
    assert json.loads(embedded[1]) == json.loads(to_json(whole))


@settings(max_examples=40, deadline=None)
@given(texts)
@example(HOSTILE)
def test_sections_with_any_text_are_stored_and_shown(text: str) -> None:
    finding = Finding("x", Verdict.NOTICE, text, text, items=(text,), causes=(text,))
    section = Section(text, (text,), (finding,), (SectionTable(text, (text,), ((text,),)),))
    stored = encode([section])
    stored.encode("utf-8")
    (read,) = decode(stored)
    assert [clean(item) for item in read.findings[0].items] == [clean(text)]
    page = page_message([section], text, written_at=0.0)
    no_such(to_json(page))
    sections_page(page).encode("utf-8")


def test_report_of_before_with_half_a_character_is_read() -> None:
    (section,) = decode('[{"title": "photo\\ud800.jpg"}]')
    page = json.loads(to_json(page_message([section], "x", written_at=0.0)))
    assert page["sections"][0]["title"] == "photo\\ud800.jpg"


@settings(max_examples=40, deadline=None)
@given(texts)
@example(HOSTILE)
def test_terminal_shows_any_text_and_obeys_nothing(text: str) -> None:
    facts = facts_of(text)
    picture = take_picture(facts, 9.0, facts.trials)
    lines = [line.plain for line in draw(picture, Room(120, 40))]
    lines += [clean(line) for line in opening_lines(picture, facts.budget)]
    lines += [clean(line) for line in closing_lines(picture, text, [text])]
    lines += [trial_line(trial) for trial in picture.ended]
    for line in lines:
        no_such(line)


@pytest.mark.parametrize("text", [HOSTILE, "\ud800", "[/x] :smile: [bold]"])
def test_commands_print_any_text_as_it_is_cleaned(text: str, capsys) -> None:
    emit(text)
    emit_json({text: text})
    emit_table(["name"], [(text,)])
    rows, columns = _rows(facts_of(text).trials, curves=False)
    emit(_csv(rows, columns))
    say(text)
    printed, said = capsys.readouterr()
    plain, as_json, _, cell, *csv = no_such(printed).splitlines()
    assert plain == cell == clean(text)
    (value,) = json.loads(as_json).values()
    assert clean(value) == clean(text)
    assert any(clean(text) in line for line in csv)
    assert no_such(said) == clean(text) + "\n"


def test_log_of_before_with_half_a_character_is_cleaned_when_it_is_read() -> None:
    event = decode_event("notes changed", 1.0, None, '{"notes":"a \\udcff"}')
    assert event == NotesChanged(1.0, "a \\udcff")
    failure = '{"failure":{"kind":"user error","message":"\\u001b[2J"},"seconds":0.0}'
    assert decode_event("trial failed", 1.0, 0, failure).failure.message == "\\x1b[2J"


def test_reported_metric_is_the_objective_whatever_its_name() -> None:
    sent: list[object] = []
    objective = Objective.of(maximize="acc\udcff")
    reporter = Reporter(objective, sent.append, seconds=lambda: 1.0, clock=lambda: 0.0)
    assert reporter.add(1, {"acc\udcff": 0.5})
    reporter.flush()
    assert list(sent[0]) == [objective.metric] == ["acc\\udcff"]


def test_json_keeps_escape_sequences_as_data() -> None:
    value = "\x1b[31m \x9b \u202e é 🦜"
    assert json.loads(to_json({"a": value}))["a"] == value


@given(texts)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    no_such(once)


def test_ordinary_text_stays_as_it_is() -> None:
    text = "été 👩‍🔬 \t 数据\nline two"
    assert clean(text) == text
    assert clean("one\r\ntwo") == "one\ntwo"
    assert clean("a\rb\x1b[2J\udcff\u202e") == "a\\rb\\x1b[2J\\udcff\\u202e"
