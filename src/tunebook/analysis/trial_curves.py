"""What a study's curves say: each trial's own, and those of the best together (S4.20).

The verdicts themselves are those of ``curve_verdicts``; here they meet trials and objectives.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass

from tunebook.analysis.curve_verdicts import CurveTag, CurveVerdict, judge_curve
from tunebook.analysis.infeasibility import n_in_good_region
from tunebook.analysis.ranking import N_TOP, error, feasible, ranked
from tunebook.records import Objective, Trial, TrialState


@dataclass(frozen=True, slots=True)
class BestCurves:
    """What the curves of the best trials say together; None where they are too short.

    ``noise`` is the largest late noise among them, ``n_good`` the trials in the good region, which
    is not known where there is no noise.
    """

    noise: float | None
    n_good: int | None
    has_overfitting: bool | None
    is_noisy: bool | None
    is_improving: bool | None


def verdict_of(trial: Trial, objective: Objective) -> CurveVerdict | None:
    """Return the verdict on a trial's curve; None if it is short or holds what is no number."""
    curve = trial.curves.get(objective.metric)
    if curve is None or not all(map(math.isfinite, curve.values)):
        return None
    return judge_curve([objective.sign * value for value in curve.trained().values])


def gap_of_best(trials: Sequence[Trial], objective: Objective) -> float | None:
    """Return the distance from the best to the third-best trial, None for fewer (S4.25)."""
    errors = heapq.nsmallest(N_TOP, (error(trial, objective) for trial in feasible(trials)))
    return errors[-1] - errors[0] if len(errors) == N_TOP else None


def tags_of(trial: Trial, verdict: CurveVerdict, *, gap: float | None) -> list[CurveTag]:
    """Return what is to be known of a trial's curve (S4.24 to S4.26); at most one of its end.

    ``gap`` is that of ``gap_of_best``: late variance of more than half of it makes comparisons
    luck. While a trial trains only overfitting is seen: the other verdicts are on its end.
    """
    tags = set(verdict.tags)
    if gap is not None and verdict.noise > 0.5 * gap:
        tags.add(CurveTag.NOISY)
    if trial.state not in {TrialState.DONE, TrialState.STOPPED, TrialState.PAUSED}:
        tags &= {CurveTag.OVERFITS_STRONGLY, CurveTag.OVERFITS}
    return [tag for tag in CurveTag if tag in tags]


def judge_best(trials: Sequence[Trial], objective: Objective) -> BestCurves:
    """Return what the curves of the best three trials say together (S4.20, S4.27).

    The good region is as wide as curves are noisy: seeds would tell the deviation of a trial
    better, but a search has one of each configuration.
    """
    found = [(trial, verdict_of(trial, objective)) for trial in ranked(trials, objective)[:N_TOP]]
    seen = [(trial, verdict) for trial, verdict in found if verdict is not None]
    if not seen:
        return BestCurves(None, None, None, None, None)
    gap = gap_of_best(trials, objective)
    tags = {tag for trial, verdict in seen for tag in tags_of(trial, verdict, gap=gap)}
    noise = max(verdict.noise for _, verdict in seen)
    return BestCurves(
        noise=noise,
        n_good=n_in_good_region(trials, objective, noise) if noise > 0 else None,
        has_overfitting=CurveTag.OVERFITS_STRONGLY in tags,
        is_noisy=None if gap is None else CurveTag.NOISY in tags,
        is_improving=CurveTag.IMPROVING in tags,
    )
