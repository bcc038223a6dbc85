"""The live view on a real terminal, which a pseudo-terminal is for the command."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import termios

FILE = """\
function: task:slow
space:
  lr: {type: float, low: 1e-4, high: 1, log: true}
  pace: 0.2
objective: {maximize: val_acc}
max_steps: 300
budget: {trials: 4}
search: random
workers: 2
"""


def test_terminal_shows_the_study_while_it_runs_and_a_summary_at_the_end(tunebook, monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    tunebook.study(FILE)
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = tunebook.start("run", "study.yaml", stderr=theirs)
    os.close(theirs)
    tunebook.wait_for(lambda: any(row["step"] > 2 for row in tunebook.trials("study")))
    tunebook.go()
    shown = _everything(ours)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert out == ""
    assert "▶ running" in shown
    assert "Ctrl-C: end politely, keep everything; again: stop now" in shown
    assert "▶ 0 running" in shown
    assert "\x1b[?25h" in shown, "the cursor is hidden for good"
    summary = shown.rsplit("\x1b", 1)[1]
    assert "done: all 4 trials of the budget are done" in summary
    assert "look at it: tunebook show study" in summary


def _everything(terminal: int) -> str:
    read = b""
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # the other end was closed
            data = b""
        if not data:
            os.close(terminal)
            return read.decode()
        read += data
