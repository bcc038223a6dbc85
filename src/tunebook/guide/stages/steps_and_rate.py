"""Stage 4: the learning rate, its stability, the number of updates (S1.9, S1.10, S4.46)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tunebook.diagnosis.learning_rate import SweepChoice, SweepRun, choose_rate, judge_sweep
from tunebook.diagnosis.series import smoothed
from tunebook.diagnosis.stability import PROBE_FACTORS, judge_stability
from tunebook.diagnosis.step_count import convergence, judge_convergence
from tunebook.guide.session import Measured, Session
from tunebook.probes.learning_rate import rate_sweep
from tunebook.probes.stability import stability, warm_up_sweep
from tunebook.probes.step_count import training_curve
from tunebook.records.finding import Finding, Verdict

N_TRIALS = 45
"""So many full trainings the number of updates must leave room for, in stages 5 to 8 (our rule)."""

MIN_UPDATES, MIN_SWEEP, MAX_SWEEP = 50, 40, 300
N_RUNS, N_FINER, N_POINTS = 8, 2, 100
MIN_WARM_UP = 0.01
"""The least share of a training that a warm-up has once it is needed."""

LATER = 0.75
"""The share of the budget that stages 5 to 8 have."""


def carry_out(session: Session) -> None:
    """Sweep the rate, look at its stability, and train until the loss converges."""
    lr = session.given.get("lr") or _swept(session)
    session.adopt(4, {"lr": lr}, "the rate that falls fastest and deepest (S1.9)")
    _steadied(session, float(lr))
    _counted(session)


def affordable(session: Session) -> int:
    """Return the most updates of one training that leave room for all that is to come."""
    return max(MIN_UPDATES, int(LATER * session.budget / N_TRIALS))


def _swept(session: Session) -> float:
    share = session.shares[4]
    n = min(MAX_SWEEP, max(MIN_SWEEP, share // (2 * N_RUNS)))
    session.require(4, "sweep", n * N_RUNS)

    def coarse() -> Measured:
        found = rate_sweep(
            session.task, session.config, n_updates=n, max_extensions=1, seed=session.seed
        )
        return _told(found.runs), n * len(found.runs)

    runs = _read(session.measure(4, "sweep", coarse))
    best = choose_rate(runs).best

    def finer() -> Measured:
        if best is None:
            return [], 0
        rates = [best * 3, best * 0.3]
        found = rate_sweep(
            session.task, session.config, rates=rates, n_updates=n, max_extensions=0,
            seed=session.seed,
        )  # fmt: skip
        return _told(found.runs), n * N_FINER

    runs += _read(session.measure(4, "finer sweep", finer))
    choice: SweepChoice = choose_rate(runs)
    session.find(4, judge_sweep(choice))
    # A rate at the edge of the sweep keeps the gate closed; what follows still shows why.
    lr = choice.lr or choice.best or runs[0].lr
    return float(session.decide(4, "lr", lr, f"{len(runs)} rates, {n} updates each"))


def _told(runs: tuple[SweepRun, ...]) -> list[dict[str, Any]]:
    return [{"lr": run.lr, "losses": list(run.losses)} for run in runs]


def _read(told: list[dict[str, Any]]) -> list[SweepRun]:
    return [SweepRun(one["lr"], one["losses"]) for one in told]


def _steadied(session: Session, lr: float) -> None:
    """Probe multiples of the rate, and put a warm-up before it where training breaks early."""
    n = min(MAX_SWEEP // 2, max(20, session.shares[4] // 20))

    def run() -> Measured:
        found = stability(session.task, session.config, lr=lr, n_updates=n, seed=session.seed)
        losses = {str(factor): list(values) for factor, values in found.losses.items()}
        return {"losses": losses, "norms": list(found.norms)}, n * (1 + len(PROBE_FACTORS))

    told = session.measure(4, "stability", run)
    finding = judge_stability({float(f): losses for f, losses in told["losses"].items()})
    if finding.verdict is not Verdict.PROBLEM:
        session.find(4, finding)
        return

    def ramp() -> Measured:
        found = warm_up_sweep(
            session.task, session.config, unstable_rate=2 * lr, max_steps=affordable(session),
            seed=session.seed,
        )  # fmt: skip
        spent = sum(map(len, found.losses.values()))
        return {"chosen": None if found.chosen is None else asdict(found.chosen)}, spent

    chosen = session.measure(4, "warm-up", ramp)["chosen"]
    if chosen is None:
        session.find(4, finding)
        return
    share = max(MIN_WARM_UP, chosen["n_steps"] / affordable(session))
    session.find(4, Finding("stability", Verdict.NOTICE, f"{finding.title} A warm-up mends it."))
    session.adopt(4, {"warmup": round(share, 4)}, "the shortest warm-up that survived (S4.48)")


def _counted(session: Session) -> None:
    """Train until the loss converges, or as long as the budget lets a training last."""
    most = affordable(session)
    session.require(4, "curve", most)

    def run() -> Measured:
        found = training_curve(session.task, session.config, n_updates=most, seed=session.seed)
        return {"losses": list(found.losses)}, most

    losses = session.measure(4, "curve", run)["losses"]
    found = convergence(losses)
    finding = judge_convergence(found)
    if found.n_steps is None:
        title = f"{finding.title} {most} updates are what the budget allows."
        finding = Finding(
            "convergence", Verdict.NOTICE, title, expected=finding.expected, source="S1.10",
            advice="Results hold for short training: raise the budget to train longer.",
        )  # fmt: skip
    session.find(4, finding)
    wanted = most if found.n_steps is None else min(most, max(MIN_UPDATES, found.n_steps))
    reason = (
        "the budget allows no more, and the loss still falls"
        if found.n_steps is None
        else f"the loss has converged after {found.step}; one and a half times that (S1.10)"
    )
    session.decide(4, "n_updates", wanted, reason)


def shown_curve(losses: list[float]) -> tuple[list[int], list[float]]:
    """Return a smoothed curve of at most a hundred points, for showing."""
    step = max(1, len(losses) // N_POINTS)
    return list(range(0, len(losses), step)), smoothed(losses)[::step]
