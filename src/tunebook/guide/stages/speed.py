"""Stage 3: feasible batch sizes and the knee of throughput (S4.6, S4.34, C1)."""

from __future__ import annotations

from tunebook.checks import throughput
from tunebook.guide.session import Session


def carry_out(session: Session) -> None:
    """Time updates by batch size and choose the knee; a batch size that was given stays."""
    if "batch_size" in session.given:
        session.decide(3, "batch_size", session.given["batch_size"], "given")
    else:
        session.ask(3, throughput.CHECK)
