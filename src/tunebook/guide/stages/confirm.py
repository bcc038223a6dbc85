"""Stage 8: retrain with other seeds, adopt or hold, look at the test set once (S4.28, S4.29)."""

from __future__ import annotations

from typing import Any

from tunebook.guide.session import Measured, Session
from tunebook.guide.stages.evaluate import errors_of, retrained
from tunebook.playbook.adoption import N_SEEDS, Adoption, Decision, adopt
from tunebook.records import Configuration
from tunebook.records.finding import Finding, Verdict
from tunebook.training.task import Split


def carry_out(session: Session) -> None:
    """Compare the candidate with the incumbent over seeds; the winner meets the test set."""
    candidate = session.state.decided("candidate")
    if candidate is not None:
        _compared(session, {**session.config, **candidate})
    if session.task.has(Split.TEST):
        _tested(session)


def _compared(session: Session, wanted: dict[str, Any]) -> None:
    session.require(8, "incumbent", 2 * N_SEEDS * session.n_updates)
    config = session.config
    baseline = session.measure(8, "incumbent", lambda: retrained(session, config))
    found = session.measure(8, "candidate", lambda: retrained(session, wanted))
    judged = adopt(errors_of(session, found["values"]), errors_of(session, baseline["values"]))
    launched = judged.decision is Decision.LAUNCH
    session.find(8, _finding(judged))
    if launched and not session.state.launches:
        goal = "replace the incumbent by the candidate"
        studies = [told["study"] for told in session.state.rounds]
        figures = {"gain": judged.gain, "margin": judged.margin, "evidence": judged.sentence}
        session.log.write(
            "launch", stage=8, goal=goal, studies=studies, configuration=wanted, **figures
        )
    said = f"confirmed with {N_SEEDS} seeds" if launched else "held"
    session.adopt(8, wanted if launched else {}, f"{said}: {judged.sentence}")


def _finding(judged: Adoption) -> Finding:
    low, high = judged.interval
    told = {
        Decision.LAUNCH: "The candidate is better than the incumbent: launched.",
        Decision.HOLD: "The candidate is not surely better: the incumbent stays.",
        Decision.MORE_SEEDS: "Too few seeds to decide.",
    }[judged.decision]
    return Finding(
        "confirmed",
        Verdict.PASS if judged.decision is Decision.LAUNCH else Verdict.NOTICE,
        told,
        value=f"gain {judged.gain:.4g}, interval {low:.4g} to {high:.4g}",
        expected="above 0, with its interval",
        source="S4.28",
    )


def _tested(session: Session) -> None:
    """Evaluate the final configuration on the test set, with every seed."""

    def run() -> Measured:
        key = (session.n_updates, Configuration(session.config))
        known = session.trained.get(key, [])
        # After a crash the networks are gone: they are trained again, with the same seeds.
        updates = 0 if len(known) == N_SEEDS else retrained(session, session.config)[1]
        name = f"{Split.TEST.prefix}_{session.task.metric}"
        values = [training.evaluate(Split.TEST)[name] for training in session.trained[key]]
        return {"values": values}, updates

    values = session.measure(8, "test", run)["values"]
    look = {"value": sum(values) / len(values), "configuration": session.config}
    # What was seen before is no other look, but another configuration's figures are (I2).
    if not any(look.items() <= known.items() for known in session.state.test_looks):
        session.log.write("test look", stage=8, **look)
