from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from tunebook.analysis.forecast import Forecast
from tunebook.live.screen import Frame, Room, ScreenWatcher, draw
from tunebook.live.view import in_order_of_end, take_picture
from tunebook.records import (
    Budget,
    Series,
    StudyState,
    TrialNumber,
    TrialReached,
    TrialReleased,
    TrialReported,
)

EVERYTHING = Budget(
    trials=40, steps=400, hours=1, cost=5, price_per_hour=2, target=0.9, patience=9, max_failures=3
)


@pytest.fixture
def busy(make_study):
    """A study with every kind of limit, 32 running trials and three that ended."""
    study = make_study(n_slots=32, budget=EVERYTHING)
    study.start(*range(35))
    study.finish(0, 0.7)
    study.finish(1, 0.8)
    study.fail(2)
    for number in range(3, 35):
        study.report(number, number % 7 + 1, 0.4)
    return study


def picture_of(study, now: float = 21.0):
    return take_picture(study.facts, now, in_order_of_end(study.facts.trials))


def drawn(picture, width: int = 80, height: int = 24, **options) -> list[str]:
    is_ascii = options.pop("is_ascii", False)
    return [line.plain for line in draw(picture, Room(width, height, is_ascii), **options)]


@pytest.mark.parametrize("width", [20, 40, 59, 60, 75, 76, 80, 99, 100, 200])
@pytest.mark.parametrize("height", [12, 16, 23, 60])
def test_drawing_fits_any_terminal(busy, width, height):
    picture = replace(picture_of(busy), forecast=Forecast(2, 9, 1.0, 4, "far too long " * 20))
    for is_ascii in (False, True):
        lines = draw(picture, Room(width, height, is_ascii))
        assert len(lines) <= height
        assert max(line.cell_len for line in lines) <= width


def test_drawing_shows_everything_that_matters(busy):
    text = "\n".join(drawn(picture_of(busy)))
    for told in (
        "digits  ▶ running · maximize val_accuracy",
        "search auto",
        "expected: at most",
        "3/40",
        "steps",
        "0:20/1:00:00",
        "0.01/5",
        "target 0.9",
        "left",
        "best 0.8  trial 1, step 1",
        "lr=0.1",
        "▶ 3 running",
        "4/10",
        "● 1 done",
        "✖ 2 failed",
        "user error: ValueError: no such layer",
        "▶ 32 running   ● 2 done   ✖ 1 failed",
        "Ctrl-C: end politely, keep everything; again: stop now",
    ):
        assert told in text


def test_many_running_trials_collapse_into_one_line(busy):
    lines = drawn(picture_of(busy))
    (collapsed,) = (line for line in lines if "more running" in line)
    n_shown = sum("running  " in line for line in lines if line.startswith("▶"))
    assert collapsed.strip().startswith(f"and {32 - n_shown + 1} more running, at steps 1-7")
    assert collapsed.endswith("the best of them 0.4")


def test_tall_terminal_shows_every_running_trial(busy):
    assert not [line for line in drawn(picture_of(busy), height=60) if "more running" in line]


def test_curve_stands_behind_its_value(study):
    study.start(0)
    for last, value in ((1, 0.1), (2, 0.5), (3, 0.9)):
        series = {"val_accuracy": Series.of([last], [value], [float(last)])}
        study.add(TrialReported(3.0, TrialNumber(0), series))
    row = next(line for line in drawn(picture_of(study, 5.0)) if line.startswith("▶ 0"))
    assert row.endswith("3/10       0.9  ▁▅█")


def test_drawing_in_ascii_has_no_other_character(busy):
    assert "".join(drawn(picture_of(busy), is_ascii=True)).isascii()


def test_study_that_is_timed_says_so(study):
    assert "timing two steps" in "\n".join(drawn(picture_of(study, 1.0), is_waiting=True))


def test_study_that_is_being_ended_says_how_to_end_it_at_once(study):
    study.start(0)
    study.end("interrupted by Ctrl-C", state=StudyState.PAUSED)
    assert drawn(picture_of(study))[-1].endswith("Ctrl-C: stop now")


def test_frame_lets_the_clock_run_on_between_two_pictures(study):
    console = Console(file=io.StringIO(), width=80, height=24)
    console.print(Frame(take_picture(study.facts, 1.0), lambda: 66.0))
    assert "1:05" in console.file.getvalue().splitlines()[0]


def test_watcher_takes_a_picture_four_times_a_second_at_most(study):
    console = Console(file=io.StringIO(), width=80, height=24, force_terminal=True)
    watcher = ScreenWatcher(study.facts, console, clock=lambda: 1.0)
    watcher.update(study.facts, 1.0)
    study.start(0)
    watcher.update(study.facts, 1.2)
    assert "▶ 0 running" not in shown(watcher)
    watcher.update(study.facts, 1.25)
    assert "▶ 0 running" in shown(watcher)


def shown(watcher: ScreenWatcher) -> str:
    console = Console(file=io.StringIO(), width=80, height=24)
    console.print(watcher.frame)
    return console.file.getvalue()


def test_best_paused_trials_are_shown_where_there_is_room(study):
    study.start(0, 1, 2)
    for number, value in ((0, 0.4), (1, 0.6)):
        study.report(number, 5, value)
        study.add(TrialReached(4.0, TrialNumber(number), 5, 5.0))
        study.add(TrialReleased(4.0, TrialNumber(number)))
    picture = picture_of(study, 5.0)
    rows = [line.split("  ")[0] for line in drawn(picture) if line.startswith(("▶", "◆"))]
    assert rows[-4:-1] == ["▶ 2 running", "◆ 1 paused", "◆ 0 paused"]
    assert not [line for line in drawn(picture, height=10) if "◆ 0 paused" in line]
