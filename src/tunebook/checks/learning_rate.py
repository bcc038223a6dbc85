"""Which learning rate makes the training loss fall fastest and deepest (S1.9).

A best rate at an end of the sweep is refused, not returned: the sweep goes on there first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from tunebook.analysis.series import number, quantile, smoothed, tail_mean
from tunebook.checks.check import Ability, Asked, Check, Conclusion
from tunebook.checks.experiments import Train, steady
from tunebook.checks.readings import NotFinite, Readings, Trained
from tunebook.records import Configuration
from tunebook.records.finding import Finding, Verdict

SWEEP = (1.0, 0.1, 0.01, 0.001, 1e-4, 1e-5)
"""The rates of the exponential sweep (S1.9)."""

FINER = (3.0, 0.3)
"""Multiples of the best rate that are run as well, once it is not at an end (S1.9)."""

EXTENSIONS, N_MORE = 2, 2
LEAST_UPDATES, MOST_UPDATES, SHARE = 40, 300, 0.45
"""Bounds of a run of the sweep, and its share of a full training (ours)."""

_BEFORE = "Look for a mistake before any search: no rate trains this network."
_finding = partial(Finding, "learning-rate", expected="a rate inside of the sweep", source="S1.9")
_NEAR, _MOST, _RISE, _AFTER = 0.02, 0.9, 1.1, 10


@dataclass(frozen=True, slots=True)
class SweepRun:
    """The losses of every update at one constant rate. A run that diverged may be cut short."""

    lr: float
    losses: Sequence[float]

    @property
    def is_diverged(self) -> bool:
        """Whether a loss is not finite, or the run ends above three times its start."""
        if not self.losses or not all(map(math.isfinite, self.losses)):
            return True
        return self.losses[-1] > 3 * abs(self.losses[0])

    @property
    def falls(self) -> bool:
        """Whether the smoothed loss ends below its start and never rises far above it (S0.31)."""
        if self.is_diverged:
            return False
        curve, start = smoothed(self.losses), self.losses[0]
        above = start + (_RISE - 1) * abs(start)
        return tail_mean(curve) < start and max(curve[_AFTER:], default=start) <= above


@dataclass(frozen=True, slots=True)
class SweepChoice:
    """The rate that won, None if every run diverged; it is accepted unless it is at an edge.

    ``extension`` are the rates to run next. ``is_below_divergence``: the next higher rate diverged.
    """

    best: float | None
    extension: tuple[float, ...] = ()
    is_below_divergence: bool = False


def choose_rate(runs: Sequence[SweepRun]) -> SweepChoice:
    """Return the rate that falls fastest and deepest, and what to run next (S1.9).

    Depth is the end of the smoothed loss; among the runs as deep as the deepest, within 2 % of its
    fall, the first to have made 90 % of that fall wins.
    """
    ordered = sorted(runs, key=lambda run: run.lr)
    kept = [run for run in ordered if not run.is_diverged]
    if not kept:
        return SweepChoice(None, _beyond(ordered[0].lr, is_up=False))
    n = min(len(run.losses) for run in kept)
    curves = {run.lr: smoothed(run.losses[:n]) for run in kept}
    depths = {lr: tail_mean(curve) for lr, curve in curves.items()}
    deepest = min(depths.values())
    start = quantile([run.losses[0] for run in kept], 0.5)
    drop = max(start - deepest, 0.0)

    def speed(lr: float) -> float:
        level = start - _MOST * drop
        return next((i for i, loss in enumerate(curves[lr]) if loss <= level), math.inf)

    near = [lr for lr, depth in depths.items() if depth <= deepest + _NEAR * drop]
    best = min(near, key=lambda lr: (speed(lr), depths[lr]))
    place = [run.lr for run in ordered].index(best)
    if place in (0, len(ordered) - 1):
        return SweepChoice(best, _beyond(best, is_up=place > 0 or len(ordered) == 1))
    return SweepChoice(best, (), ordered[place + 1].is_diverged)


def _beyond(lr: float, *, is_up: bool) -> tuple[float, ...]:
    factor = 10.0 if is_up else 0.1
    return tuple(rounded(lr * factor**k) for k in range(1, N_MORE + 1))


def rounded(lr: float) -> float:
    """Return a rate without the dust of its arithmetic: 0.3, not 0.30000000000000004."""
    return float(f"{lr:.6g}")


def at_rate(config: Configuration, length: int, lr: float) -> Train:
    """Return a run of the sweep. All begin with the same weights and see the same batches."""
    n = min(MOST_UPDATES, max(LEAST_UPDATES, int(SHARE * length)))
    return Train(steady(config, lr=lr), n)


def ask(config: Configuration, length: int, readings: Readings) -> Asked:
    """Run the sweep, go on beyond an end that won, and look closer around the best rate."""
    rates, n_left = tuple[float, ...](SWEEP), EXTENSIONS
    while True:
        wanted = tuple(at_rate(config, length, lr) for lr in rates)
        if any(experiment not in readings for experiment in wanted):
            return wanted
        runs = sweep_runs(config, length, readings, rates)
        choice = choose_rate(runs)
        more = choice.extension if n_left > 0 else ()
        if choice.best is not None and not choice.extension and n_left >= 0:
            more, n_left = tuple(rounded(choice.best * factor) for factor in FINER), 0
        if not more:
            return _conclude(runs, choice)
        rates, n_left = (*rates, *more), n_left - 1


def sweep_runs(
    config: Configuration, length: int, readings: Readings, rates: Iterable[float] | None = None
) -> list[SweepRun]:
    """Return the runs that were read, lowest rate first: of these rates, or of all."""
    tried = (e.config.get("lr") for e in readings if isinstance(e, Train))
    wanted = {lr for lr in tried if isinstance(lr, float)} if rates is None else rates
    found = ((lr, readings.get(at_rate(config, length, lr))) for lr in sorted(wanted))
    return [SweepRun(lr, run.losses) for lr, run in found if isinstance(run, Trained | NotFinite)]


def _conclude(runs: Sequence[SweepRun], choice: SweepChoice) -> Conclusion:
    best, falling = choice.best, [run.lr for run in runs if run.falls]
    if best is not None and len({tuple(run.losses) for run in runs}) == 1:
        title = "The task's own optimizer does not heed the learning rate of the configuration."
        value = f"{len(runs)} rates, one and the same curve"
        advice = "Let optimizer(network, config) read config['lr']."
        return Conclusion((_finding(Verdict.UNKNOWN, title, value, advice=advice),))
    if best is None or not falling:
        value = f"{number(runs[0].lr)} to {number(runs[-1].lr)}"
        what = "Training diverges at every" if best is None else "The training loss falls at no"
        title = f"{what} rate of the sweep."
        return Conclusion((_finding(Verdict.PROBLEM, title, value, advice=_BEFORE),))
    verdict, title, advice = Verdict.PASS, "The sweep has a best rate.", ""
    if choice.extension:
        verdict, title = Verdict.PROBLEM, "The best rate is at the edge of the sweep."
        advice = f"Do not accept it: run {', '.join(map(number, choice.extension))} too."
    elif choice.is_below_divergence:
        verdict, title = Verdict.NOTICE, "The best rate lies just below divergence."
        advice = "Look at how stable training is at multiples of it."
    value = f"{number(best)}; the loss falls at rates up to {number(max(falling))}"
    reason = f"of {len(runs)} rates, {len(runs[0].losses)} updates each, it falls fastest, deepest"
    return Conclusion((_finding(verdict, title, value, advice=advice),), {"lr": best}, reason)


CHECK = Check(
    name="learning-rate",
    question="Which learning rate makes the training loss fall fastest and deepest?",
    rules=("S1.9", "S0.31"),
    ability=Ability.CAN_TRAIN,
    ask=ask,
    least=len(SWEEP),
    most=len(SWEEP) + EXTENSIONS * N_MORE + len(FINER),
    is_quick=False,
)
