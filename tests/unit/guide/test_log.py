"""A guide's log: only grows, survives a crash, belongs to one process, folds to a state."""

from __future__ import annotations

from pathlib import Path

import pytest

from guide_logs import read_state
from tunebook.checks.codec import encode
from tunebook.checks.experiments import Train
from tunebook.checks.readings import NotFinite
from tunebook.errors import StudyBusyError
from tunebook.guide.log import GuideLog
from tunebook.records import Configuration
from tunebook.records.finding import Finding, Verdict

FINDING = Finding(
    "stability", Verdict.NOTICE, "Unstable.", "5 x", causes=("scale",), source="S4.46"
)


@pytest.fixture
def log(tmp_path: Path):
    made = GuideLog(tmp_path / "digits")
    made.write("begun", task="t:T", seed=0, config={}, budget=9000, target=None)
    for stage in (0, 1):
        made.write("stage", stage=stage, state="began")
        made.write("fact", stage=stage, key="sweep", value=[stage], updates=10, seconds=1.5)
        made.find(stage, FINDING)
        made.write("decision", stage=stage, name="lr", value=0.1, reason="why", by="rule")
        made.write("stage", stage=stage, state="done")
    yield made
    made.close()


def test_state_is_read_as_it_was_written(log):
    log.write("waiver", gate="baselines", reason="known to work")
    state = read_state(log.folder)
    assert state.facts == {(0, "sweep"): [0], (1, "sweep"): [1]}
    assert state.updates_spent == 20
    assert state.findings[1] == [FINDING]
    assert state.decided("lr") == 0.1
    assert state.stages == {0: "done", 1: "done"}
    assert state.waivers == {"baselines": "known to work"}


def test_line_cut_short_by_a_crash_is_dropped_and_the_next_one_stands(log):
    log.close()
    path = log.folder / "log.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"kind": "fact", "stage": 1, "ke')
    again = GuideLog(log.folder)
    again.write("waiver", gate="target", reason="none is known")
    again.close()
    assert path.read_bytes().startswith(whole)
    assert read_state(log.folder).waivers == {"target": "none is known"}


def test_two_processes_cannot_carry_out_one_guide(log):
    with pytest.raises(StudyBusyError, match="by another process"):
        GuideLog(log.folder)


def test_stage_done_again_drops_what_rests_on_it_but_not_what_was_spent(log):
    log.write("stage", stage=1, state="again")
    assert log.state.facts == {(0, "sweep"): [0]}
    assert log.state.stages == {0: "done"}
    assert 1 not in log.state.findings
    assert [d["stage"] for d in log.state.decisions] == [0]
    assert log.state.updates_spent == 20


def test_readings_are_read_back_under_their_experiments_and_what_was_asked_beside(log):
    experiment = Train(Configuration({"lr": 0.1}), 40)
    reading = NotFinite(3, (2.0, 9.0, float("inf")))
    log.write("question", stage=1, check="learning-rate", config={"lr": 0.5}, length=90)
    told = {"stage": 1, "experiment": encode(experiment), "updates": 40, "seconds": 0.5}
    log.write("reading", **told, reading=encode(reading))
    log.write("reading", **{**told, "experiment": {"kind": "Of a later version"}}, reading={})
    state = read_state(log.folder)
    assert state.readings == {1: {experiment: reading}}
    assert state.questions[1, "learning-rate"]["length"] == 90
    assert state.updates_spent == 20 + 2 * 40
    log.write("stage", stage=1, state="again")
    assert (log.state.readings, log.state.questions) == ({}, {})
