"""What an executor is: slots that train trials. It obeys commands and delivers observations.

Contract, which ``tunebook.testing.ExecutorSuite`` checks:

* ``carry_out`` never blocks for long and never raises because of what the user's code does.
* Each launched trial sends ``TrialBegan``, then any number of ``TrialReported`` and
  ``TrialCheckpointed``, then exactly one of ``TrialReached`` (end of its slice: the worker holds
  the trial until ``Continue`` or ``Release``), ``TrialEnded``, ``TrialFailed`` and ``TrialLost``,
  for which a full disk and the kill of a script are reasons, too.
  Should the worker vanish while it holds the trial, ``TrialLost`` follows.
* A released trial goes on from its checkpoint when it is launched again. One that tracks nothing
  starts again, or goes on in its process where that was kept: ``TrialBegan`` says from where.
* A trial that does not end when it is asked to stop is killed after a while, and is ``TrialLost``.
* Measurements of a trial are delivered before the event that ends its slice.
* ``events`` hands batches of events to ``deliver``, in the order in which they happened, and
  returns when it has delivered something or ``timeout_s`` has passed. ``deliver`` may call
  ``carry_out`` while it runs: the inline executor relies on that to be steered during a trial.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

from tunebook.engine.commands import Command
from tunebook.records import Event

Deliver: TypeAlias = Callable[[Sequence[Event]], None]


class Executor(Protocol):
    """Slots that train trials. See the module's docstring for what is promised."""

    @property
    def n_slots(self) -> int:
        """How many trials can train at once."""

    @property
    def can_pause(self) -> bool:
        """Whether trials can be paused and continued without starting again."""

    @property
    def is_saving(self) -> bool:
        """Whether a released trial is still being saved; its checkpoint is yet to be delivered."""

    def carry_out(self, command: Command) -> None:
        """Do what the command says, or begin to."""

    def events(self, deliver: Deliver, timeout_s: float) -> None:
        """Wait up to ``timeout_s`` seconds for something to happen and deliver it."""

    def close(self) -> None:
        """End every worker at once. Nothing is delivered any more."""
