"""Scripts as strangers write them: the number that is meant is read, or nothing is started."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import sys
import termios

import pytest

FROM_ZERO = """\
import pathlib, sys, time
lr, folder = float(sys.argv[1]), pathlib.Path(sys.argv[2])
for step in range(0, 101, 25):
    print(f"step {step}: val_loss: {1 - step / 200 * (1 - lr):.4f}", flush=True)
(folder / "begun").write_text("")
time.sleep(1.0)
(folder / "saved").write_text("whole")
"""
TRAIN_AND_VALIDATION = """\
import sys
lr, style = float(sys.argv[1]), sys.argv[2]
for epoch in range(1, 4):
    train, val = 1 - 0.5**epoch, (0.9 - abs(lr - 0.3)) * (1 - 0.5**epoch)
    for part, acc, total in (("Train", train, 960), ("Val.", val, 240)):
        if style == "names":
            print(f"{part} Loss: {1 - acc:.3f} | {part} Acc: {acc:.2%}")
        elif style == "headings":
            print(f"{part} - Epoch: {epoch}  Avg accuracy: {acc:.4f} Avg loss: {1 - acc:.4f}")
        else:
            print(f"Epoch {epoch} [{'=' * 20}] Loss: {1 - acc:.3f} | Acc: {acc:.2%} (1/{total})")
"""
RUN = ("run", "-p", "lr=uniform(0,1)", "--search", "random", "-q")


def test_last_step_is_recorded_and_the_script_saves_what_it_has(tunebook):
    (tunebook.folder / "t.py").write_text(FROM_ZERO)
    words = ("--minimize", "val_loss", "--max-steps", "100", "--trials", "3", "--name", "s")
    done = tunebook(*RUN, *words, "--", sys.executable, "t.py", "{lr}", "{directory}")
    assert done.code == 0, done.err
    rows = tunebook.trials("s")
    assert [(row["state"], row["step"]) for row in rows] == [("done", 100)] * 3
    for row in rows:
        assert row["value"] == pytest.approx(1 - 0.5 * (1 - row["config"]["lr"]), abs=1e-3)
    saved = (tunebook.folder / ".tunebook/trials/s").glob("*/saved")
    assert [path.read_text() for path in saved] == ["whole"] * 3


def test_script_that_does_not_end_is_ended_after_its_grace(tunebook):
    program = "import time\nfor e in (1, 2):\n    print(f'epoch {e} acc: 0.{e}', flush=True)\n"
    (tunebook.folder / "t.py").write_text(program + "time.sleep(600)")
    words = ("--maximize", "acc", "--max-steps", "2", "--trials", "1", "--name", "s")
    done = tunebook(*RUN, *words, "--grace", "0.5", "--", sys.executable, "t.py", "{lr}")
    assert done.code == 0, done.err
    assert [(row["state"], row["value"]) for row in tunebook.trials("s")] == [("done", 0.2)]


@pytest.mark.parametrize(
    ("style", "typed"),
    [("names", "Val. Acc"), ("headings", "val.avg_accuracy"), ("bars", "acc#2")],
)
def test_validation_value_is_read_where_it_is_named(tunebook, style, typed):
    (tunebook.folder / "t.py").write_text(TRAIN_AND_VALIDATION)
    words = ("--maximize", typed, "--trials", "4", "--name", "s")
    done = tunebook(*RUN, *words, "--", sys.executable, "t.py", "{lr}", style)
    assert done.code == 0, done.err
    scale = 1 if style == "headings" else 100
    for row in tunebook.trials("s"):
        right = scale * (0.9 - abs(row["config"]["lr"] - 0.3)) * (1 - 0.5**3)
        assert row["value"] == pytest.approx(right, abs=0.01 * scale)


@pytest.mark.parametrize(
    ("style", "typed", "offers"),
    [
        ("names", "acc", ["--maximize train_acc", "--maximize val_acc"]),
        (
            "headings",
            "accuracy",
            ["--maximize train.avg_accuracy", "--maximize val.avg_accuracy"],
        ),
        ("bars", "acc", ["--maximize 'acc#1'", "--maximize 'acc#2'"]),
    ],
)
def test_two_values_under_one_name_are_refused_with_what_to_type(tunebook, style, typed, offers):
    (tunebook.folder / "t.py").write_text(TRAIN_AND_VALIDATION)
    words = ("--maximize", typed, "--trials", "2", "--name", "s")
    done = tunebook(*RUN, *words, "--", sys.executable, "t.py", "{lr}", style)
    assert done.code == 2
    assert [offer for offer in offers if offer not in done.err] == []
    assert tunebook.trials("s") == []


def test_exit_code_of_divergence_makes_a_trial_infeasible(tunebook):
    program = "import sys\nprint('acc: 0.5')\nsys.exit(3 * (float(sys.argv[1]) > 0.5))"
    (tunebook.folder / "t.py").write_text(program)
    words = ("--maximize", "acc", "--trials", "6", "--name", "s", "--diverged-exit", "3")
    done = tunebook(*RUN, *words, "--", sys.executable, "t.py", "{lr}")
    assert done.code == 0, done.err
    states = {row["config"]["lr"] > 0.5: row["state"] for row in tunebook.trials("s")}
    assert states == {True: "infeasible", False: "done"}


def test_traceback_with_exit_code_0_is_told(tunebook):
    program = "import traceback\nprint('acc: 0.5')\ntry:\n    1 / 0\nexcept Exception:\n"
    (tunebook.folder / "t.py").write_text(program + "    traceback.print_exc()")
    words = ("--maximize", "acc", "--trials", "2", "--name", "s")
    done = tunebook(*RUN[:-1], *words, "--", sys.executable, "t.py", "{lr}")
    assert done.code == 0
    assert "ZeroDivisionError: division by zero) and exited with 0" in done.err


def test_direction_that_contradicts_the_name_is_refused_without_a_terminal(tunebook):
    (tunebook.folder / "t.py").write_text("print('val_loss: 0.5')")
    words = ("--maximize", "val_loss", "--trials", "1", "--name", "s")
    command = ("--", sys.executable, "t.py", "{lr}")
    done = tunebook(*RUN, *words, *command)
    assert done.code == 2
    assert "--minimize val_loss" in done.err
    assert tunebook(*RUN, *words, "--yes", *command).code == 0
    assert tunebook(*RUN, *words[:3], "2", *words[4:], *command).code == 0


def test_person_at_a_terminal_is_asked(tunebook):
    (tunebook.folder / "t.py").write_text(TRAIN_AND_VALIDATION)
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 120, 0, 0))
    words = ("--minimize", "acc", "--trials", "1", "--name", "s")
    command = ("--", sys.executable, "t.py", "{lr}", "bars")
    process = tunebook.start(*RUN, *words, *command, stdin=theirs, stderr=theirs)
    os.close(theirs)
    _answer(ours, "Maximize it?", "y")
    shown = _answer(ours, "--maximize:", "acc#2")
    assert "--maximize 'acc#1'" in shown
    assert process.wait(60) == 0
    os.close(ours)
    (row,) = tunebook.trials("s")
    assert row["value"] == pytest.approx(87.5 * (0.9 - abs(row["config"]["lr"] - 0.3)), abs=0.1)


def _answer(terminal: int, question: str, answer: str) -> str:
    shown = ""
    while question not in shown:
        shown += os.read(terminal, 65536).decode()
    os.write(terminal, answer.encode() + b"\n")
    return shown
