"""The simulated study that searchers are tested on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from tunebook.errors import SearchError
from tunebook.records import FailureKind, TrialNumber, TrialState
from tunebook.search.protocol import (
    Clone,
    Decision,
    History,
    Randomness,
    Resume,
    Start,
    Stop,
    Wait,
)
from tunebook.search.random import Random
from tunebook.space import Float, Space
from tunebook.testing.simulation import Outcome, Problem, simulate

SPACE = Space(x=Float(0.0, 1.0))
CONFIG = SPACE.default()


class Scripted:
    """Answers each question with the next of some prepared lists; then with nothing."""

    def __init__(
        self, script: Sequence[Sequence[Decision]], *, watches_running: bool = False
    ) -> None:
        self.script = iter(script)
        self.watches_running = watches_running

    @property
    def name(self) -> str:
        return "scripted"

    def decide(self, history: History, slots: int, rng: Randomness) -> Sequence[Decision]:
        return next(self.script, ())


def curve_problem(outcome: Outcome = (0.9, 0.5, 0.7, 0.2)) -> Problem:
    return Problem(SPACE, lambda config: outcome, max_steps=4)


def test_a_slice_pauses_a_trial_and_a_resume_finishes_it() -> None:
    script = ((Start(CONFIG, until_step=2),), (Resume(TrialNumber(0)),))
    history = simulate(Scripted(script), curve_problem(), trials=1)
    (trial,) = history.trials
    assert trial.state is TrialState.DONE
    assert (trial.value, trial.best_step, trial.step, trial.steps_done) == (0.2, 4, 4, 4)
    assert list(trial.curves["loss"].values) == [0.9, 0.5, 0.7, 0.2]
    assert list(trial.curves["loss"].steps) == [1, 2, 3, 4]


def test_a_paused_trial_is_left_alone_when_nothing_is_decided() -> None:
    history = simulate(Scripted(((Start(CONFIG, until_step=2),),)), curve_problem(), trials=1)
    assert history.trials[0].state is TrialState.PAUSED
    assert history.trials[0].value == 0.5


def test_a_running_trial_is_stopped_at_a_measurement() -> None:
    script = ((Start(CONFIG),), (), (Stop(TrialNumber(0), "enough"),))
    history = simulate(Scripted(script, watches_running=True), curve_problem(), trials=1)
    (trial,) = history.trials
    assert (trial.state, trial.step, trial.why) == (TrialState.STOPPED, 2, "enough")


def test_a_clone_goes_on_where_its_parent_stands() -> None:
    script = ((Start(CONFIG, until_step=2),), (Clone(TrialNumber(0), CONFIG),))
    history = simulate(Scripted(script), curve_problem(), trials=2)
    clone = history.trials[1]
    assert (clone.parent, clone.step, clone.steps_done) == (0, 4, 2)
    assert list(clone.curves["loss"].steps) == [3, 4]


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        ([1.0, math.nan, 0.5], FailureKind.DIVERGED),
        (math.inf, FailureKind.DIVERGED),
        (FailureKind.OUT_OF_MEMORY, FailureKind.OUT_OF_MEMORY),
        (FailureKind.USER_ERROR, FailureKind.USER_ERROR),
    ],
)
def test_failures_end_a_trial_without_a_value(outcome: Outcome, kind: FailureKind) -> None:
    history = simulate(Random(), curve_problem(outcome), trials=1)
    (trial,) = history.trials
    assert trial.state is kind.end_state
    assert trial.failure is not None
    assert trial.failure.kind is kind
    assert trial.value is None


def test_trials_and_steps_are_never_exceeded() -> None:
    history = simulate(Random(), curve_problem(), trials=7, workers=3)
    assert len(history.trials) == 7
    history = simulate(Random(), curve_problem(), steps=10, workers=3)
    assert sum(trial.steps_done for trial in history.trials) == 10


def test_trials_overlap_in_time_as_workers_allow() -> None:
    problem = replace(curve_problem(), seconds=lambda config: 1.0 + config.x)
    history = simulate(Random(), problem, trials=9, workers=3)
    for moment in (trial.created_at + 1e-9 for trial in history.trials):
        n = sum(t.created_at <= moment < (t.ended_at or math.inf) for t in history.trials)
        assert n <= 3
    assert {t.created_at for t in history.trials[:3]} == {0.0}
    assert all(t.ended_at == t.created_at + 4 * (1 + t.config.x) for t in history.trials)


def test_resuming_costs_its_time() -> None:
    script = ((Start(CONFIG, until_step=2),), (Resume(TrialNumber(0)),))
    problem = replace(curve_problem(), resume_seconds=10.0)
    history = simulate(Scripted(script), problem, trials=1)
    assert history.trials[0].ended_at == 14.0


def test_resuming_uses_up_budget() -> None:
    script = ((Start(CONFIG, until_step=1),), (Resume(TrialNumber(0)),))
    problem = replace(curve_problem(), resume_steps=0.5)
    history = simulate(Scripted(script), problem, steps=4)
    assert history.trials[0].steps_done == 3
    assert history.steps_left == 0
    assert history.budget_used == 3.5 / 4


def test_measurements_are_told_with_their_time() -> None:
    told: list[tuple[float, int, list[int], list[float]]] = []
    script = ((Start(CONFIG, until_step=3),), (Resume(TrialNumber(0)),))
    problem = replace(curve_problem(), seconds=lambda config: 2.0, resume_seconds=1.0)
    simulate(
        Scripted(script),
        problem,
        trials=1,
        on_measured=lambda now, number, steps, values: told.append(
            (now, number, list(steps), list(values))
        ),
    )
    assert told == [(6.0, 0, [1, 2, 3], [0.9, 0.5, 0.7]), (9.0, 0, [4], [0.2])]


@pytest.mark.parametrize(
    "script",
    [
        ((Start(CONFIG), Start(CONFIG)),),
        ((Start(CONFIG),), (Resume(TrialNumber(0)),)),
        ((Start(CONFIG),), (Stop(TrialNumber(0), "too late"),)),
    ],
)
def test_decisions_that_cannot_be_carried_out_are_refused(
    script: tuple[tuple[Decision, ...], ...],
) -> None:
    with pytest.raises(SearchError):
        simulate(Scripted(script), curve_problem(), trials=5)


def test_waiting_with_nothing_under_way_ends_the_study() -> None:
    assert not simulate(Scripted(((Wait(),),)), curve_problem(), trials=5).trials


def test_a_simulation_needs_a_limit() -> None:
    with pytest.raises(SearchError, match="trials= or steps="):
        simulate(Random(), curve_problem())
