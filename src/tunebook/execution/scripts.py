"""Trains an untouched script: an ordinary training function, so that every executor can run it.

The script's output goes where the trial's output goes, as it comes (S1.2). What is a metric is
found by ``metric_lines`` and ``metric_files``, which step it belongs to by ``script_steps``; a
script that attaches itself speaks for itself, see ``script_link``.
"""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from tunebook.errors import nearest
from tunebook.execution.failures import TaskFailed, script_failure
from tunebook.execution.metric_files import MetricFiles
from tunebook.execution.metric_lines import DEFAULT_PATTERN, MetricLines
from tunebook.execution.script_command import check_placeholders, render_command, split_command
from tunebook.execution.script_output import ScriptOutput
from tunebook.execution.script_process import ScriptProcess
from tunebook.execution.script_steps import ScriptSteps
from tunebook.records import Failure, FailureKind, Objective, TaskKind, TaskRef
from tunebook.training import TrialHandle, Unwind

_POLL_S = 0.2
_MAX_LEFT = 16
"""So many chunks are read once the script is gone: what it left behind may print for ever."""


@final
@dataclass(frozen=True, slots=True)
class ScriptTask:
    """A command with placeholders, and how its metrics are found.

    ``parameters`` are the names of the space. ``patterns`` replace the usual forms of metrics in
    lines. The command runs in ``folder``, or in the folder of whoever runs the study.
    """

    words: tuple[str, ...]
    parameters: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    folder: str | None = None

    @classmethod
    def of(
        cls,
        command: str | Sequence[str],
        parameters: Sequence[str],
        *,
        patterns: Sequence[str] = (),
        folder: str | None = None,
    ) -> ScriptTask:
        """Return the task of a command; ``TaskError`` if it cannot be one."""
        words = split_command(command)
        check_placeholders(words, parameters)
        MetricLines(tuple(patterns))
        return cls(words, tuple(parameters), tuple(patterns), folder)

    @classmethod
    def from_ref(cls, ref: TaskRef) -> ScriptTask:
        """Return the task that ``to_ref`` described."""
        options = ref.options
        return cls.of(
            ref.reference,
            options.get("parameters", ()),
            patterns=options.get("patterns", ()),
            folder=options.get("folder"),
        )

    def to_ref(self) -> TaskRef:
        """Return the task's description, as it is stored with a study."""
        options = {"parameters": list(self.parameters), "patterns": list(self.patterns)}
        folder = str(Path(self.folder or ".").absolute())
        return TaskRef(
            TaskKind.SCRIPT,
            shlex.join(self.words),
            is_importable=True,
            options=options | {"folder": folder},
        )

    @property
    def name(self) -> str:
        """What a study of this script is called: the script's own name."""
        scripts = (word for word in self.words if word.endswith((".py", ".sh")))
        return Path(next(scripts, self.words[0])).stem

    def __call__(self, trial: TrialHandle) -> None:
        """Run the script with the trial's configuration and report what it measures."""
        following = _Following(self, trial)
        try:
            status = following.until_end()
        finally:
            following.end()
        if following.steps.is_over:
            return
        if status != 0:
            raise TaskFailed(script_failure(status, following.output.last))
        if not following.steps.has_objective:
            raise TaskFailed(
                missing_metric(
                    trial.objective, following.steps.names, following.output.last, self.patterns
                )
            )


@final
class _Following:
    """One run of a script, watched."""

    def __init__(self, task: ScriptTask, trial: TrialHandle) -> None:
        self.output = ScriptOutput()
        self.steps = ScriptSteps(
            trial.objective.metric,
            lambda step, metrics: trial.report(step, **metrics),
            max_steps=trial.max_steps,
            config=trial.config,
        )
        self._trial = trial
        self._lines = MetricLines(task.patterns)
        self._files = MetricFiles(trial.directory)
        self._looked_at = time.monotonic()
        self._process = ScriptProcess(
            render_command(task.words, _values_of(trial), task.parameters),
            environment=_environment_of(trial),
            folder=task.folder,
            mark="TUNEBOOK_TRIAL_DIR",
        )

    def until_end(self) -> int:
        """Report metrics until the script is gone and return its exit code.

        Returns early when it goes on beyond the last step. ``Unwind`` when the trial is ended.
        """
        while (status := self._process.status) is None and not self.steps.is_over:
            if self._process.wait(_POLL_S):
                self._take(self._process.read())
            self._look(is_last=False)
        for _ in range(_MAX_LEFT):
            if self._process.wait(0.0):
                self._take(self._process.read())
        self._look(is_last=True)
        for line in self.output.finish():
            self.steps.take(self._lines.read(line.text))
        self.steps.finish()
        return status or 0

    def end(self) -> None:
        """End the script if it still runs, and what it left behind."""
        self._process.end()

    def _take(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()
        for line in self.output.take(text):
            self.steps.take(self._lines.read(line.text), is_settled=line.is_settled)

    def _look(self, *, is_last: bool) -> None:
        """Look now and then for what the script does not print."""
        if not is_last and time.monotonic() - self._looked_at < _POLL_S:
            return
        self._looked_at = time.monotonic()
        for source, reading in self._files.read(is_last=is_last):
            self.steps.take(reading, source)
        if not is_last and self._trial.is_asked_to_end():
            raise Unwind


def missing_metric(
    objective: Objective, names: set[str], last: Sequence[str], patterns: Sequence[str]
) -> Failure:
    """Return the failure that tells what was looked for, what was found, and what was printed."""
    found = sorted(names)
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


def _environment_of(trial: TrialHandle) -> Mapping[str, str]:
    config = trial.directory / "config.json"
    config.write_text(json.dumps(dict(trial.config), indent=2), encoding="utf-8")
    return {
        "PYTHONUNBUFFERED": "1",
        "TUNEBOOK_CONFIG": str(config),
        "TUNEBOOK_TRIAL": str(trial.number),
        "TUNEBOOK_TRIAL_DIR": str(trial.directory),
        "TUNEBOOK_SEED": str(trial.seed),
    }
