"""The engine: a study's pure state machine. Frozen events in, frozen decisions and commands out."""

from tunebook.engine.commands import Command, Continue, Discard, Halt, Launch, Release
from tunebook.engine.facts import Attempt, Facts
from tunebook.engine.fold import apply, replay
from tunebook.engine.machine import Decided, Machine
from tunebook.engine.recovery import recovery_events
from tunebook.engine.transitions import TRANSITIONS

__all__ = [
    "TRANSITIONS",
    "Attempt",
    "Command",
    "Continue",
    "Decided",
    "Discard",
    "Facts",
    "Halt",
    "Launch",
    "Machine",
    "Release",
    "apply",
    "recovery_events",
    "replay",
]
