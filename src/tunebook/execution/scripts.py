"""Trains an untouched script (S0.20): an ordinary training function, which every executor runs.

The script's output goes where the trial's output goes, as it comes (S1.2). What is a metric is
found by ``metric_lines`` and ``metric_files``, which step it belongs to by ``script_steps``; a
script that attaches itself speaks for itself, see ``script_link``.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import final

from tunebook.execution.failures import Death, TaskFailed, is_kill, script_failure
from tunebook.execution.memory_watch import MemoryWatch
from tunebook.execution.metric_files import MetricFiles
from tunebook.execution.metric_lines import MetricLines
from tunebook.execution.metric_messages import missing_metric, unclear_metric
from tunebook.execution.script_command import (
    RESERVED,
    check_placeholders,
    program_texts,
    render_command,
    split_command,
    text_of,
)
from tunebook.execution.script_ends import ScriptEnds
from tunebook.execution.script_link import VARIABLE, ScriptLink
from tunebook.execution.script_output import ScriptOutput
from tunebook.execution.script_process import ScriptProcess
from tunebook.execution.script_steps import ScriptSteps
from tunebook.execution.trial_setup import DRY_RUN
from tunebook.records import TaskKind, TaskRef
from tunebook.training import TrialHandle, Unwind

_ATTACHES = re.compile(r"tunebook\b.*\battach\s*\(", re.DOTALL)
_POLL_S = 0.2
_LEAVE_S = 10.0
"""So long a script that attached itself may go on when its trial was paused."""
_LAST_S = 30.0
"""Seconds that a script may still work, to save what it has, once it was asked to end."""
_MAX_LEFT = 16
"""So many chunks are read once the script is gone: what it left behind may print for ever."""


@final
@dataclass(frozen=True, slots=True)
class ScriptTask:
    """A command with placeholders, and how its metrics are found.

    ``parameters`` are the names of the space. ``patterns`` replace the usual forms of metrics in
    lines. The command runs in ``folder``, or in the folder of whoever runs the study. ``ends``
    says what its end means.
    """

    words: tuple[str, ...]
    parameters: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    folder: str | None = None
    ends: ScriptEnds = field(default_factory=ScriptEnds)

    @classmethod
    def of(
        cls,
        command: str | Sequence[str],
        parameters: Sequence[str],
        *,
        patterns: Sequence[str] = (),
        folder: str | None = None,
        ends: ScriptEnds | None = None,
    ) -> ScriptTask:
        """Return the task of a command; ``TaskError`` if it cannot be one."""
        words = split_command(command)
        check_placeholders(words, parameters)
        MetricLines(tuple(patterns))
        return cls(words, tuple(parameters), tuple(patterns), folder, ends or ScriptEnds())

    @classmethod
    def from_ref(cls, ref: TaskRef) -> ScriptTask:
        """Return the task that ``to_ref`` described."""
        options = ref.options
        return cls.of(
            ref.reference,
            options.get("parameters", ()),
            patterns=options.get("patterns", ()),
            folder=options.get("folder"),
            ends=ScriptEnds.of(options),
        )

    def to_ref(self) -> TaskRef:
        """Return the task's description, as it is stored with a study."""
        options = {"parameters": list(self.parameters), "patterns": list(self.patterns)}
        folder = str(Path(self.folder or ".").absolute())
        return TaskRef(
            TaskKind.SCRIPT,
            shlex.join(self.words),
            is_importable=True,
            options=options | {"folder": folder} | self.ends.to_options(),
        )

    @property
    def name(self) -> str:
        """What a study of this script is called: the script's own name."""
        scripts = (word for word in self.words if word.endswith((".py", ".sh")))
        return Path(next(scripts, self.words[0])).stem

    @property
    def can_pause(self) -> bool:
        """Whether the script's own text attaches it; any other stands still while it is paused."""
        return any(_ATTACHES.search(text) for text in program_texts(self.words, self.folder))

    @property
    def unused_parameters(self) -> list[str]:
        """The parameters without a placeholder; none if all are: TUNEBOOK_CONFIG may name them."""
        unused = check_placeholders(self.words, self.parameters)
        return unused if len(unused) < len(self.parameters) else []

    def __call__(self, trial: TrialHandle) -> None:
        """Run the script with the trial's configuration and report what it measures."""
        following = _Following(self, trial)
        try:
            status = following.until_end()
        finally:
            following.end()
        following.conclude(status)


@final
class _Following:
    """One run of a script, watched."""

    def __init__(self, task: ScriptTask, trial: TrialHandle) -> None:
        self._output = ScriptOutput()
        self._task = task
        self._trial = trial
        self._steps = ScriptSteps(
            trial.objective.metric, self._report, max_steps=trial.max_steps, config=trial.config
        )
        self._lines = MetricLines(task.patterns, trial.objective.metric)
        self._said: dict[str, str] = {}
        self._n_at_end, self._at_end_since = 0, 0.0
        self._was_asked_to_end = False
        self._files = MetricFiles(trial.directory)
        self._looked_at = self._left_at = time.monotonic()
        self._memory_watch = MemoryWatch()
        self._link = ScriptLink(trial)
        try:
            self._process = ScriptProcess(
                render_command(task.words, _values_of(trial), task.parameters),
                environment=_environment_of(trial) | {VARIABLE: self._link.address},
                folder=task.folder,
                mark=VARIABLE,
            )
        except BaseException:
            self._link.close()
            raise

    def until_end(self) -> int:
        """Report metrics until the script is gone and return its exit code.

        Returns early when it goes on though the trial does not. ``Unwind`` when the trial is ended
        early, ``Diverged`` when a script that attached itself has reported no number.
        """
        while (status := self._process.status) is None and not self._is_overdue():
            if self._process.wait(_POLL_S, self._link.descriptors):
                self._take(self._process.read())
            self._link.attend()
            self._look()
        if self._process.status is None and self._link.channel is None:
            self._let_it_save()
        for _ in range(_MAX_LEFT):
            if self._process.wait(0.0):
                self._take(self._process.read())
        self._link.attend()
        if self._link.channel is None:
            self._read_files(is_last=True)
            for line in self._output.finish():
                self._steps.take(self._lines.read(line.text))
            self._steps.finish()
        elif self._link.channel.divergence is not None:
            raise self._link.channel.divergence
        return status or 0

    def conclude(self, status: int) -> None:
        """Say of a trial that ended by itself what to know; ``TaskFailed`` if it has failed."""
        attached, ends, last = self._link.channel, self._task.ends, self._output.last
        metric, names = self._trial.objective.metric, self._steps.names
        if attached is None:
            is_well = self._steps.is_over or self._was_asked_to_end
            has_objective = self._steps.has_objective
        else:
            is_well = attached.has_left or self._link.is_asked_to_end
            names = attached.metrics
            # It may have come before the checkpoint from which the trial went on.
            has_objective = attached.start > 0 or metric in names
        if is_well:
            return
        failure = ends.divergence(status, last, self._said)
        if failure is not None:
            raise TaskFailed(failure)
        if status != 0:
            is_starved, peak_bytes = self._memory_watch.has_risen(), self._process.peak_bytes
            failure = script_failure(Death(status, peak_bytes or None, is_starved), last)
            raise TaskFailed(failure, is_loss=is_starved or is_kill(status))
        self._require_one_objective()
        if not has_objective:
            raise TaskFailed(missing_metric(metric, names, last, self._task.patterns))
        doubt = " or ".join(choice.typed for choice in self._steps.choices)
        doubt = doubt and f"{doubt} may be meant by {metric!r}"
        self._trial.notice = ends.notice(self._said) or doubt or None

    def end(self) -> None:
        """End the script if it still runs, and what it left behind."""
        self._process.end()
        self._link.close()

    def _is_overdue(self) -> bool:
        attached = self._link.channel
        if attached is None:
            if self._steps.n_at_end > self._n_at_end:
                self._n_at_end, self._at_end_since = self._steps.n_at_end, time.monotonic()
            is_late = time.monotonic() - self._at_end_since > self._task.ends.grace_s
            return self._steps.is_over or (self._n_at_end > 0 and is_late)
        if not attached.has_left:
            self._left_at = time.monotonic()
        return time.monotonic() - self._left_at > _LEAVE_S

    def _let_it_save(self) -> None:
        """Ask a script to end that is at its last step, and give it time to save what it has."""
        self._was_asked_to_end = True
        self._process.ask_to_end()
        deadline = time.monotonic() + _LAST_S
        while self._process.status is None and time.monotonic() < deadline:
            if self._process.wait(_POLL_S):
                self._take(self._process.read())
            if self._trial.is_asked_to_end():
                return

    def _require_one_objective(self) -> None:
        if self._trial.number == DRY_RUN and self._steps.choices:
            raise TaskFailed(unclear_metric(self._trial.objective, self._steps.choices))

    def _report(self, step: int, metrics: Mapping[str, float]) -> None:
        self._require_one_objective()
        self._trial.measured_at = self._steps.came_at
        with self._process.standing_still_if_long():
            self._trial.report(step, **metrics)

    def _take(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()
        for line in self._output.take(text):
            self._task.ends.listen(line.text, self._said)
            if self._link.channel is None:
                reading = self._lines.read(line.text)
                seconds = self._trial.seconds
                self._steps.take(reading, is_settled=line.is_settled, at=seconds)

    def _look(self) -> None:
        """Look now and then for what the script does not print."""
        if time.monotonic() - self._looked_at < _POLL_S:
            return
        self._looked_at = time.monotonic()
        self._process.measure()
        if self._link.channel is None:
            self._read_files()
            is_ended = self._trial.is_asked_to_end()
        else:
            is_ended = self._link.is_called_off
        if is_ended:
            raise Unwind

    def _read_files(self, *, is_last: bool = False) -> None:
        for source, reading in self._files.read(is_last=is_last):
            self._steps.take(reading, source, at=self._trial.seconds)


def _values_of(trial: TrialHandle) -> dict[str, object]:
    own = {name: getattr(trial, name) for name in RESERVED if name != "trial"}
    return {"trial": trial.number, **own, **trial.config}


def _environment_of(trial: TrialHandle) -> dict[str, str]:
    config = trial.directory / "config.json"
    config.write_text(json.dumps(dict(trial.config), indent=2), encoding="utf-8")
    parameters = {
        "TUNEBOOK_PARAMETER_" + re.sub(r"\W", "_", name).upper(): text_of(value)
        for name, value in trial.config.items()
    }
    return parameters | {
        "PYTHONUNBUFFERED": "1",
        "TUNEBOOK_CONFIG": str(config),
        "TUNEBOOK_TRIAL": str(trial.number),
        "TUNEBOOK_TRIAL_DIR": str(trial.directory),
        "TUNEBOOK_SEED": str(trial.seed),
    }
