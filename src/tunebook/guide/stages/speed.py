"""Stage 3: feasible batch sizes and the knee of throughput (S4.6, S4.34, C1)."""

from __future__ import annotations

from dataclasses import asdict

from tunebook.diagnosis.throughput import N_TIMED, BatchTiming, choose_batch_size, judge_throughput
from tunebook.guide.session import Measured, Session
from tunebook.probes.throughput import throughput
from tunebook.training.task import Split

BATCHES_PER_EPOCH = 10
"""A batch has at most a tenth of the training set: larger ones hardly differ (our rule)."""


def carry_out(session: Session) -> None:
    """Time updates by batch size and choose the knee; a batch size that was given stays."""
    if "batch_size" in session.given:
        size = session.given["batch_size"]
        session.decide(3, "batch_size", size, "given")
        return
    n_train = len(session.task.examples(Split.TRAIN))
    most = max(1, n_train // BATCHES_PER_EPOCH)

    def run() -> Measured:
        sizes = [2**k for k in range(4, 11) if 2**k <= max(most, 16)]
        timings = throughput(
            session.task, session.config, sizes=sizes, n_timed=N_TIMED // 2, seed=session.seed
        )
        return [asdict(timing) for timing in timings], N_TIMED // 2 * len(timings)

    timings = [BatchTiming(**told) for told in session.measure(3, "throughput", run)]
    session.find(3, *judge_throughput(timings))
    choice = choose_batch_size(timings).batch_size or int(session.config["batch_size"])
    wanted = min(choice, most)
    reason = f"the knee of throughput is at {choice}"
    if wanted < choice:
        reason += f", but a batch has at most a tenth of {n_train} examples"
    size = session.decide(3, "batch_size", wanted, reason)
    session.adopt(3, {"batch_size": size}, "chosen by throughput, then fixed (C1)")
