"""Stage 4: the learning rate, its stability, the number of updates (S1.9, S1.10, S4.46)."""

from __future__ import annotations

from tunebook.checks import convergence, learning_rate, stability, update_size
from tunebook.guide.session import MIN_UPDATES, Session
from tunebook.records import Configuration
from tunebook.records.finding import Verdict


def carry_out(session: Session) -> None:
    """Sweep the rate, look at updates and stability, and train until the loss converges."""
    if "lr" not in session.given:
        session.ask(4, learning_rate.CHECK)
    session.ask(4, update_size.CHECK)
    session.ask(4, stability.CHECK)
    found = session.ask(4, convergence.CHECK)
    about = session.state.questions[4, convergence.CHECK.name]
    length = int(about["length"])
    config = Configuration(about["config"])
    n = convergence.updates_needed(config, length, session.readings)
    is_known = all(finding.verdict is Verdict.PASS for finding in found.findings)
    reason = (
        f"{found.findings[0].title} One and a half times that, of three epochs at least (S1.10)"
        if is_known
        else f"all that the budget lets a training last: {found.findings[0].title}"
    )
    session.decide(4, "n_updates", max(MIN_UPDATES, n), reason)
