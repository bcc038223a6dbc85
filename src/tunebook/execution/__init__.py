"""Executors: where trials train. See ``protocol`` for what every executor promises.

Importing this package must stay light: each executor is loaded when it is first named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunebook.execution.protocol import Deliver, Executor

if TYPE_CHECKING:
    from tunebook.execution.inline import InlineExecutor
    from tunebook.execution.processes import ProcessExecutor
    from tunebook.execution.trial_setup import TrialSetup
    from tunebook.execution.worker import WorkerOptions

__all__ = [
    "Deliver",
    "Executor",
    "InlineExecutor",
    "ProcessExecutor",
    "TrialSetup",
    "WorkerOptions",
]

_PLACES = {
    "InlineExecutor": "tunebook.execution.inline",
    "ProcessExecutor": "tunebook.execution.processes",
    "TrialSetup": "tunebook.execution.trial_setup",
    "WorkerOptions": "tunebook.execution.worker",
}


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_PLACES[name]), name)
