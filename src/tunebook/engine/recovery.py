"""What a driver that went away left behind, and the events that set it right."""

from __future__ import annotations

from tunebook.engine.facts import Facts
from tunebook.records import Event, Failure, FailureKind, TrialLost, TrialReleased


def recovery_events(facts: Facts, now: float) -> list[Event]:
    """Return the events after which no trial has a worker; those that trained are lost."""
    failure = Failure(FailureKind.LOST, "the driver went away while the trial was training")
    return [
        TrialReleased(now, number)
        if attempt.is_held and attempt.halting is None
        # One that was asked to end is ended by the loss of its worker.
        else TrialLost(now, number, failure, is_driver_loss=True)
        for number, attempt in facts.attempts.items()
    ]
