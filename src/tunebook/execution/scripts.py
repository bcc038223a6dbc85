"""Trains an untouched script: an ordinary training function, so that every executor can run it.

The script's output goes where the trial's output goes. A step is one print of the objective; what
else was printed since the last one belongs to it.
"""

from __future__ import annotations

import json
import os
import selectors
import shlex
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from tunebook.errors import TaskError, nearest
from tunebook.execution.failures import TaskFailed, script_failure
from tunebook.execution.metric_files import MetricFiles
from tunebook.execution.metric_lines import DEFAULT_PATTERN, MetricLines, is_counter
from tunebook.execution.process_tree import end_tree
from tunebook.execution.script_command import check_placeholders, render_command, split_command
from tunebook.records import Failure, FailureKind, Objective, TaskKind, TaskRef
from tunebook.training import TrialHandle, Unwind

_POLL_S = 0.2
_FILES_EVERY_S = 0.5
_CHUNK = 1 << 16
_N_LAST = 20
_NOT_METRICS = frozenset({"self", "step"})


@final
@dataclass(frozen=True, slots=True)
class ScriptTask:
    """A command with placeholders, and how its metrics are found.

    ``parameters`` are the names of the space. ``patterns`` replace the usual forms of metrics.
    """

    words: tuple[str, ...]
    parameters: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        command: str | Sequence[str],
        parameters: Sequence[str],
        patterns: Sequence[str] = (),
    ) -> ScriptTask:
        """Return the task of a command; ``TaskError`` if it cannot be one."""
        words = split_command(command)
        check_placeholders(words, parameters)
        MetricLines(tuple(patterns))
        return cls(words, tuple(parameters), tuple(patterns))

    @classmethod
    def from_ref(cls, ref: TaskRef) -> ScriptTask:
        """Return the task that ``to_ref`` described."""
        options = ref.options
        return cls.of(ref.reference, options.get("parameters", ()), options.get("patterns", ()))

    def to_ref(self) -> TaskRef:
        """Return the task's description, as it is stored with a study."""
        options = {"parameters": list(self.parameters), "patterns": list(self.patterns)}
        return TaskRef(TaskKind.SCRIPT, shlex.join(self.words), is_importable=True, options=options)

    @property
    def name(self) -> str:
        """What a study of this script is called: the script's own name."""
        scripts = (word for word in self.words if word.endswith((".py", ".sh")))
        return Path(next(scripts, self.words[0])).stem

    def __call__(self, trial: TrialHandle) -> None:
        """Run the script with the trial's configuration and report what it measures."""
        process = self._start(trial)
        steps = _Steps(trial)
        last: deque[str] = deque(maxlen=_N_LAST)
        try:
            self._follow(process, trial, steps, last)
        except BaseException:
            end_tree(process)
            raise
        status = process.poll()
        if status is None:
            end_tree(process)
        elif status != 0 and not steps.is_over:
            raise TaskFailed(script_failure(status, last))
        if not steps.is_over and not steps.has_objective:
            raise TaskFailed(missing_metric(trial.objective, steps.names, last, self.patterns))

    def _follow(
        self,
        process: subprocess.Popen[bytes],
        trial: TrialHandle,
        steps: _Steps,
        last: deque[str],
    ) -> None:
        lines, files = MetricLines(self.patterns), MetricFiles(trial.directory)
        files_at = time.monotonic()
        for line in _lines_of(process):
            if line is not None:
                _show(line)
                last.append(line.rstrip("\n"))
                steps.take(lines.read(line))
            elif trial.is_asked_to_end():
                raise Unwind
            if line is None and time.monotonic() - files_at >= _FILES_EVERY_S:
                files_at = time.monotonic()
                for row in files.read():
                    steps.take(row)
            if steps.is_over:
                return
        for row in files.read():
            steps.take(row)

    def _start(self, trial: TrialHandle) -> subprocess.Popen[bytes]:
        command = render_command(self.words, _values_of(trial), self.parameters)
        config = trial.directory / "config.json"
        config.write_text(json.dumps(dict(trial.config), indent=2), encoding="utf-8")
        environment = {
            "PYTHONUNBUFFERED": "1",
            "TUNEBOOK_CONFIG": str(config),
            "TUNEBOOK_TRIAL": str(trial.number),
            "TUNEBOOK_TRIAL_DIR": str(trial.directory),
            "TUNEBOOK_SEED": str(trial.seed),
        }
        try:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=os.environ | environment,
                # A worker's group is ended with it; in a terminal Ctrl-C is not for the script.
                start_new_session=signal.getsignal(signal.SIGINT) is not signal.SIG_IGN,
            )
        except OSError as error:
            raise TaskError(
                f"The command cannot be started: {error.strerror or error}",
                got=shlex.join(command),
                do="Check that the program exists and may be executed",
            ) from error


@final
class _Steps:
    """Gathers metrics until the objective comes, and reports them as one step."""

    def __init__(self, trial: TrialHandle) -> None:
        self.names: set[str] = set()
        self.is_over = False
        self._trial = trial
        self._metric = trial.objective.metric
        self._gathered: dict[str, float] = {}

    @property
    def has_objective(self) -> bool:
        """Whether the objective came at all."""
        return self._metric in self.names

    def take(self, metrics: Mapping[str, float]) -> None:
        """Take what one line or row brought."""
        self.names |= metrics.keys()
        for name, value in metrics.items():
            if name == self._metric or not (is_counter(name) or name in _NOT_METRICS):
                self._gathered[name] = value
        if self._metric not in metrics or self.is_over:
            return
        max_steps = self._trial.max_steps
        if max_steps is not None and self._trial.step >= max_steps:
            self.is_over = True
            return
        gathered, self._gathered = self._gathered, {}
        self._trial.report(None, **gathered)


def missing_metric(
    objective: Objective, names: set[str], last: Sequence[str], patterns: Sequence[str]
) -> Failure:
    """Return the failure that tells what was looked for, what was found, and what was printed."""
    found = sorted(name for name in names if not is_counter(name))
    lines = [
        f"the script never gave the metric {objective.metric!r}; "
        + (
            f"found: {', '.join(found)}. {nearest(objective.metric, found)}"
            if found
            else "none came"
        ),
        f"  looked for: {' '.join(patterns) or DEFAULT_PATTERN}",
        "  and for JSON lines, and CSV, JSONL and TensorBoard files in TUNEBOOK_TRIAL_DIR",
        "  the last lines it printed:",
        *([f"    {line[:200]}" for line in last] or ["    (nothing)"]),
    ]
    return Failure(FailureKind.METRIC_MISSING, "\n".join(lines), log_tail="\n".join(last) or None)


def _values_of(trial: TrialHandle) -> dict[str, object]:
    own = {
        "seed": trial.seed,
        "trial": trial.number,
        "directory": trial.directory,
        "device": trial.device,
        "max_steps": trial.max_steps,
    }
    return own | dict(trial.config)


def _lines_of(process: subprocess.Popen[bytes]) -> Iterator[str | None]:
    """Yield the script's lines as they come, None when there is none for a moment.

    Ends with the script, even if a child of it still holds its output.
    """
    assert process.stdout is not None
    file = process.stdout.fileno()
    waiting = b""
    with selectors.DefaultSelector() as selector:
        selector.register(file, selectors.EVENT_READ)
        while True:
            is_over = process.poll() is not None
            if not selector.select(0.0 if is_over else _POLL_S):
                if is_over:
                    break
                yield None
                continue
            data = os.read(file, _CHUNK)
            if not data:
                break
            *complete, waiting = (waiting + data).split(b"\n")
            for line in complete:
                yield line.decode("utf-8", "replace") + "\n"
            yield None
    if waiting:
        yield waiting.decode("utf-8", "replace")
    process.stdout.close()
    process.wait()


def _show(line: str) -> None:
    sys.stdout.write(line)
