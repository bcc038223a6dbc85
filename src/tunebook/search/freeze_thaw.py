"""Freeze-thaw search: short slices of training for many trials, long ones for those that earn them.

Whenever a worker is free, every paused trial and some hundred new configurations compete for one
slice; the loser of that competition is what other searchers call pruned, but it can come back.
Where trials cannot pause, those not worth their remaining steps are stopped instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import final

import numpy as np
from scipy.special import ndtr

from tunebook.records import TrialState
from tunebook.search.acquisition import log_expected_improvement
from tunebook.search.contest import Contest
from tunebook.search.curve_learning import CurveKnowledge, CurveLearner
from tunebook.search.portfolio import level_to_beat
from tunebook.search.protocol import Decision, History, Randomness, Resume, Start, Stop
from tunebook.search.transfer import Memory
from tunebook.search.tried import Tried

N_INITIAL = 6
MANY_WORKERS = 4
"""From so many workers on two trials at the beginning are trained to their ends, not one."""

FINISH_FROM = 0.9
"""From this share of the budget on nothing new is started."""

N_FINISHED = 3
"""So many of the most promising trials are then trained to their ends first."""

HOPELESS = 0.005
"""Once all trials are started, none less likely than this to beat the best is continued."""

FORLORN = 0.05
"""One less likely than this is stopped for good when many are paused: checkpoints take room."""

MIN_WORTH = 0.5
"""A trial that cannot pause goes on while its gain per step is this share of a new trial's."""

_PURPOSE = 2


@final
class FreezeThaw:
    """Decides on slices. Holds caches only: a new instance answers the same."""

    def __init__(self) -> None:
        self._learner = CurveLearner()
        self._tried = Tried()
        self._memory = Memory()

    def decide(self, history: History, slots: int, rng: Randomness) -> list[Decision]:
        """Return starts and resumes for ``slots`` free workers, and stops."""
        if history.can_pause:
            return self._slices(self._contest(history, rng), slots) if slots > 0 else []
        slices = self._learner.slices(history)
        watched = [t for t in history.trials if t.state is TrialState.RUNNING]
        is_due = any(t.step in slices.doublings() for t in watched)
        if slots <= 0 and not is_due:
            return []
        contest = self._contest(history, rng)
        return [*_stops(contest), *_starts(contest, slots)]

    def _contest(self, history: History, rng: Randomness) -> Contest:
        geometry = self._learner.geometry(history.space)
        n_steps_trained = sum(trial.step for trial in history.trials)
        return Contest(
            history=history,
            rng=rng,
            stream=rng.of_trial(history.next_number, _PURPOSE + n_steps_trained),
            geometry=geometry,
            slices=self._learner.slices(history),
            knowledge=self._learner.learn(history),
            tried=self._tried.of(history.trials),
            n_own=len(history.own),
            past=self._memory.of(geometry.coordinates, history.past),
        )

    def _slices(self, contest: Contest, slots: int) -> list[Decision]:
        found: list[Decision] = list(_hopeless(contest))
        while slots > 0 and (decision := _next(contest)) is not None:
            found.append(decision)
            slots -= 1
        return found


def _next(contest: Contest) -> Start | Resume | None:
    """Return the next decision on trials that can pause, None if there is nothing to do."""
    if contest.may_start and contest.n_own < N_INITIAL:
        return _initial(contest)
    knowledge = contest.knowledge
    if knowledge is None:
        return _blindly(contest)
    if contest.history.budget_used >= FINISH_FROM or not contest.may_start:
        decision = _finishing(contest, knowledge)
        if decision is not None or not contest.may_start:
            return decision
    if contest.stream.random() < knowledge.sobol_share:
        why = "a spread-out trial, in case the model is wrong"
        return contest.start(contest.designed(), why)
    return contest.winner(knowledge)


def _initial(contest: Contest) -> Start | None:
    n_whole = 2 if contest.history.workers >= MANY_WORKERS else 1
    if contest.n_own < n_whole:
        why = "trained to its end: a baseline, and what a whole curve looks like"
        return contest.start(contest.designed(), why, is_whole=True)
    why = f"initial trial {contest.n_own + 1} of {N_INITIAL}"
    return contest.start(contest.designed(), why)


def _blindly(contest: Contest) -> Start | Resume | None:
    """Return what to do while no trial has shown a value."""
    for trial in contest.history.in_state(TrialState.PAUSED):
        if trial.number not in contest.taken:
            why = "continued: no trial has shown a value yet"
            return contest.resume(trial, contest.slices.n_steps, why)
    why = "a spread-out trial: nothing to learn from yet"
    return contest.start(contest.designed(), why) if contest.may_start else None


def _finishing(contest: Contest, knowledge: CurveKnowledge) -> Resume | None:
    """Return the resume of one of the most promising trials, if any has not come to its end."""
    paused = dict(contest.paused())
    rows = [i for i, curve in enumerate(knowledge.data.curves) if curve.last < np.inf]
    mean = knowledge.process.means(knowledge.at_end(rows))
    for place in np.argsort(mean, kind="stable")[:N_FINISHED]:
        if rows[place] in paused:
            trial = paused[rows[place]].trial
            why = "one of the most promising, finished while the budget lasts"
            return contest.resume(trial, contest.slices.n_steps, why)
    if contest.may_start or not paused:
        return None
    chance = contest.chances(knowledge, list(paused))
    best = int(chance.argmax())
    if chance[best] < HOPELESS:
        return None
    trial = list(paused.values())[best].trial
    why = f"no trial is left to start, and it has {chance[best]:.0%} to beat the best"
    return contest.resume(trial, contest.slices.after(trial.step), why)


def _hopeless(contest: Contest) -> Iterator[Stop]:
    """Yield stops for paused trials whose checkpoints are not worth their room."""
    knowledge, paused = contest.knowledge, contest.paused()
    n_too_many = len(paused) - (3 * contest.history.workers + 10)
    if knowledge is None or n_too_many <= 0:
        return
    chance = contest.chances(knowledge, [i for i, _ in paused])
    for place in np.argsort(chance, kind="stable")[:n_too_many]:
        trial = paused[place][1].trial
        if trial.source == "searcher" and chance[place] < FORLORN:
            contest.taken.add(trial.number)
            odds = f"{chance[place]:.1%}"
            yield Stop(trial.number, f"after step {trial.step} it has {odds} to beat the best")


# -- trials that cannot pause --------------------------------------------------------------------


def _starts(contest: Contest, slots: int) -> Iterator[Start]:
    """Yield starts of whole trainings."""
    while slots > 0 and contest.may_start:
        knowledge = contest.knowledge
        if knowledge is None or contest.n_own < N_INITIAL:
            found = contest.start(contest.designed(), "a spread-out trial at the beginning")
        elif contest.stream.random() < knowledge.sobol_share:
            why = "a spread-out trial, in case the model is wrong"
            found = contest.start(contest.designed(), why)
        else:
            won = contest.winner(knowledge)
            found = won if isinstance(won, Start) else None
        if found is None:
            return
        yield found
        slots -= 1


def _stops(contest: Contest) -> Iterator[Stop]:
    """Yield stops of running trials whose gain per step is far below that of a new trial."""
    knowledge, n_steps = contest.knowledge, contest.slices.n_steps
    if knowledge is None or not any(c.trial.state.is_final for c in knowledge.data.curves):
        return
    due = [
        (i, curve.trial)
        for i, curve in enumerate(knowledge.data.curves)
        if curve.trial.state is TrialState.RUNNING
        and curve.trial.step in contest.slices.doublings()
        and curve.trial.source == "searcher"
    ]
    if not due:
        return
    process = knowledge.observed
    best = level_to_beat(process)
    mean, deviation = process.predict(knowledge.at_end([i for i, _ in due]))
    steps_left = np.array([n_steps - trial.step for _, trial in due])
    worth = log_expected_improvement(mean, deviation, best) - np.log(steps_left)
    rival = contest.best_gain(knowledge) - np.log(n_steps)
    chance = ndtr((best - mean) / deviation)
    for (_, trial), gain, odds in zip(due, worth, chance, strict=True):
        if gain < rival + np.log(MIN_WORTH):
            yield Stop(
                trial.number,
                f"at step {trial.step} it has {odds:.1%} to beat the best: "
                "a new trial is worth more per step",
            )
