"""Stage 0: data, splits, metric and target (S2.1, S2.11, S4.1)."""

from __future__ import annotations

from tunebook.checks.check import Ability
from tunebook.checks.registry import CHECKS
from tunebook.guide.session import Session
from tunebook.records.finding import Finding, Verdict

_GATES = {"overlap": "leakage", "leak": "leakage"}


def carry_out(session: Session) -> None:
    """Check the data, and see that metric and target are set."""
    if session.file is None:
        checks = [check for check in CHECKS if check.ability is Ability.HAS_DATA]
        session.ask_all(0, checks, session.given, gates=_GATES, gate="quality")
    objective = session.task.objective
    told = f"The guide will {objective.direction} {objective.metric}."
    session.find(0, Finding("metric", Verdict.PASS, told, source="S2.1"))
    if session.target is None:
        told = "No target is given: avoidable bias stays unknown."
        advice = "Give --target: human level, a published result, or what is needed."
        session.find(0, Finding("target", Verdict.NOTICE, told, advice=advice, source="S2.1"))
    else:
        told = f"The target is {session.target:.4g}."
        session.find(0, Finding("target", Verdict.PASS, told, source="S2.1"))
