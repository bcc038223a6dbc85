"""The line to a script that attaches itself: the worker's end. The script's is ``attach``.

The script gets the trial's assignment and trains with a handle of its own; what it says is passed
on to the trial's channel, and the orders of the driver come back to it. Checkpoints it writes and
reads itself.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path
from typing import Any, final

from tunebook.execution.messages import answer_order, assignment_order, halt_order, read_events
from tunebook.execution.wire import Message, Wire
from tunebook.files import WorkingFolder, sweep_folders
from tunebook.records import (
    CheckpointRejected,
    Event,
    TrialBegan,
    TrialCheckpointed,
    TrialReached,
    TrialReported,
    TrialState,
)
from tunebook.storage.checkpoints import CheckpointStore
from tunebook.training import PassingChannel, TrialHandle

VARIABLE = "TUNEBOOK_ATTACH"
"""The environment variable that tells a script where to attach itself."""

_PREFIX, _SHORT = "tunebook-", Path("/tmp")
_MAX_ADDRESS = 90
"""The system allows 104 bytes or more for the name of a socket."""


@final
class ScriptLink:
    """Waits for a script to attach itself, then passes on what it says. Close it at the end."""

    def __init__(self, trial: TrialHandle) -> None:
        self.channel: PassingChannel | None = None
        self._trial = trial
        self._wire: Wire | None = None
        self._halting: TrialState | None = None
        self._folder = _short_folder()
        self.address = str(self._folder.path / "attach")
        """Where the script finds this end; no other script has the same."""
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.address)
        self._listener.listen()

    @property
    def descriptors(self) -> list[int]:
        """What to wait on for ``attend``."""
        return [end.fileno() for end in (self._listener, self._wire) if end is not None]

    @property
    def is_asked_to_end(self) -> bool:
        """Whether the script was told that its trial is stopped or called off."""
        return self._halting in {TrialState.STOPPED, TrialState.CANCELLED}

    @property
    def is_called_off(self) -> bool:
        """Whether nothing of the trial is wanted any more."""
        return self._halting is TrialState.CANCELLED

    def attend(self) -> None:
        """Pass on a script's words and the driver's orders; waits at the end of its slice only."""
        self._let_in()
        if self._wire is None or self.channel is None:
            return
        try:
            for message in self._wire.read(0.0):
                for event in read_events(message.get("events", ())):
                    self._pass_on(event, message, self._wire, self.channel)
            self._forward_halt(self._wire, self.channel)
        except (EOFError, OSError):
            self._hang_up()

    def close(self) -> None:
        """Hang up, and let nobody in any more."""
        self._hang_up()
        self._listener.close()
        self._folder.remove()

    def _let_in(self) -> None:
        self._listener.setblocking(False)
        with suppress(BlockingIOError):
            end, _ = self._listener.accept()
            end.setblocking(True)
            wire = Wire(end)
            with suppress(OSError):
                if self.channel is not None:
                    wire.send({"refused": True})
                    wire.close()
                    return
                handed = self._trial.hand_over()
                self.channel, self._wire = handed.channel, wire
                kept = handed.checkpoints
                address = kept.root if isinstance(kept, CheckpointStore) else None
                wire.send(assignment_order(handed.assignment, address))

    def _pass_on(self, event: Event, message: Message, wire: Wire, channel: PassingChannel) -> None:
        match event:
            case TrialBegan(step=step):
                channel.began(step)
            case TrialReported(series=series):
                channel.reported(series)
            case TrialCheckpointed(checkpoint=checkpoint):
                channel.checkpointed(checkpoint)
            case CheckpointRejected(checkpoint=checkpoint, why=why):
                channel.rejected(checkpoint, why)
            case TrialReached(step=step, seconds=seconds):
                is_tracked: Any = message["is_tracked"]
                answer = channel.reached(step, seconds, is_tracked=is_tracked)
                self._halting = None
                wire.send(answer_order(answer))
            case _:
                pass

    def _forward_halt(self, wire: Wire, channel: PassingChannel) -> None:
        halt = channel.halt()
        if halt is not None and halt is not self._halting:
            wire.send(halt_order(halt))
            self._halting = halt

    def _hang_up(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.close()


def _short_folder() -> WorkingFolder:
    folder = WorkingFolder(_PREFIX)
    if len(str(folder.path / "attach").encode()) <= _MAX_ADDRESS:
        return folder
    folder.remove()
    return WorkingFolder(_PREFIX, _SHORT)


def sweep_links() -> None:
    """Delete the folders that killed workers have left behind."""
    sweep_folders(_PREFIX)
    sweep_folders(_PREFIX, _SHORT)
