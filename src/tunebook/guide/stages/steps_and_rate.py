"""Stage 4: the learning rate, its stability, the number of updates (S1.9, S1.10, S4.46)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tunebook.analysis.series import smoothed
from tunebook.diagnosis.learning_rate import SweepChoice, SweepRun, choose_rate, judge_sweep
from tunebook.diagnosis.stability import (
    PROBE_FACTORS,
    ClippingAdvice,
    Instability,
    instability,
    judge_clipping,
    judge_stability,
)
from tunebook.diagnosis.step_count import convergence, judge_convergence
from tunebook.diagnosis.update_ratio import STEPS_PER_ROUND, judge_ratios
from tunebook.guide.session import Measured, Session
from tunebook.probes.fixed_rate import losses_of
from tunebook.probes.learning_rate import rate_sweep
from tunebook.probes.stability import clipping_sweep, stability, warm_up_sweep
from tunebook.probes.update_ratio import update_ratios
from tunebook.recipes.loop import Training
from tunebook.records.finding import Finding, Verdict

N_TRIALS = 45
"""So many full trainings the number of updates must leave room for, in stages 5 to 8 (our rule)."""

MIN_UPDATES, MIN_SWEEP, MAX_SWEEP = 50, 40, 300
N_RUNS, N_FINER, N_POINTS = 8, 2, 100
MIN_WARM_UP = 0.01
"""The least share of a training that a warm-up has once it is needed."""

LOWERED = (2.0, 4.0)
"""By so much the rate is divided where nothing else makes training stable (ours)."""

LATER = 0.75
"""The share of the budget that stages 5 to 8 have."""


def carry_out(session: Session) -> None:
    """Sweep the rate, look at its stability, and train until the loss converges."""
    lr = session.given.get("lr") or _swept(session)
    session.adopt(4, {"lr": lr}, "the rate that falls fastest and deepest (S1.9)")
    _measured_ratios(session, float(lr))
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
    """Probe multiples of the rate; where training breaks, warm up, then clip (S4.46, S4.47)."""
    n = min(MAX_SWEEP // 2, max(20, session.shares[4] // 20))

    losses = _probed(session, "stability", lr, n)
    finding = judge_stability(losses)
    if finding.verdict is not Verdict.PROBLEM:
        session.find(4, finding)
        return
    is_early = instability(losses[PROBE_FACTORS[0]]) is Instability.EARLY
    if is_early and _warmed_up(session, lr, finding):
        return
    if not _clipped(session, lr, n, finding) and not _lowered(session, lr, n, finding):
        session.find(4, finding)


def _probed(session: Session, key: str, lr: float, n: int) -> dict[float, list[float]]:
    """Return the losses of every update at multiples of a rate."""

    def run() -> Measured:
        found = stability(session.task, session.config, lr=lr, n_updates=n, seed=session.seed)
        losses = {str(factor): list(values) for factor, values in found.losses.items()}
        return {"losses": losses, "norms": list(found.norms)}, n * (1 + len(PROBE_FACTORS))

    told = session.measure(4, key, run)
    return {float(factor): losses for factor, losses in told["losses"].items()}


def _warmed_up(session: Session, lr: float, finding: Finding) -> bool:
    """Put the shortest warm-up that survives before the rate; whether there is one (S4.48)."""

    def ramp() -> Measured:
        found = warm_up_sweep(
            session.task, session.config, unstable_rate=PROBE_FACTORS[0] * lr,
            max_steps=affordable(session), seed=session.seed,
        )  # fmt: skip
        spent = sum(map(len, found.losses.values()))
        return {"chosen": None if found.chosen is None else asdict(found.chosen)}, spent

    chosen = session.measure(4, "warm-up", ramp)["chosen"]
    if chosen is None:
        return False
    share = max(MIN_WARM_UP, chosen["n_steps"] / affordable(session))
    session.find(4, Finding("stability", Verdict.NOTICE, f"{finding.title} A warm-up mends it."))
    session.adopt(4, {"warmup": round(share, 4)}, "the shortest warm-up that survived (S4.48)")
    return True


def _clipped(session: Session, lr: float, n: int, finding: Finding) -> bool:
    """Clip the gradient where no warm-up serves; whether a threshold holds training (S4.49)."""

    def sweep() -> Measured:
        found = clipping_sweep(
            session.task, session.config, lr=PROBE_FACTORS[0] * lr, n_updates=n, seed=session.seed
        )
        told = {"chosen": found.chosen, "norms": list(found.norms), "advice": asdict(found.advice)}
        return told, n * (1 + len(found.tried))

    told = session.measure(4, "clipping", sweep)
    if told["chosen"] is None:
        return False
    session.find(4, Finding("stability", Verdict.NOTICE, f"{finding.title} Clipping mends it."))
    session.find(4, judge_clipping(ClippingAdvice(**told["advice"])))
    session.adopt(4, {"clip_norm": told["chosen"]}, "the largest threshold that holds (S4.49)")
    return True


def _lowered(session: Session, lr: float, n: int, finding: Finding) -> bool:
    """Lower the rate, as the last resort, until twice of it is stable (S4.47)."""
    for divisor in () if "lr" in session.given else LOWERED:
        losses = _probed(session, f"stability at 1/{divisor:g}", lr / divisor, n)
        if judge_stability(losses).verdict is not Verdict.PROBLEM:
            title = f"{finding.title} Neither warm-up nor clipping mends it: the rate is lowered."
            session.find(4, Finding("stability", Verdict.NOTICE, title, source="S4.47"))
            session.adopt(4, {"lr": lr / divisor}, "a lower rate, as the last resort (S4.47)")
            return True
    return False


def _measured_ratios(session: Session, lr: float) -> None:
    """Look at the size of ten updates beside the parameters they change (S1.12)."""

    def run() -> Measured:
        found = update_ratios(session.task, session.config, lr=lr, max_rounds=1, seed=session.seed)
        return dict(found.ratios), STEPS_PER_ROUND

    session.find(4, judge_ratios(session.measure(4, "update ratios", run)))


def _counted(session: Session) -> None:
    """Train until the loss converges, or as long as the budget lets a training last."""
    most = affordable(session)
    session.require(4, "curve", most)

    def run() -> Measured:
        training = Training(session.task, session.config, n_updates=most, seed=session.seed)
        return {"losses": losses_of(training, most)}, most

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
