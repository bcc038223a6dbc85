"""Runs a searcher on a function instead of a training, on simulated time: no engine, no processes.

A problem may give one number per configuration or a whole learning curve; slices, resumes, clones
and early stops then work as in a study, and 1,000 trials take seconds.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, assert_never, final

from tunebook.engine.incumbent import curve_value
from tunebook.errors import SearchError
from tunebook.records import (
    CheckpointRef,
    Configuration,
    Failure,
    FailureKind,
    Objective,
    Series,
    Trial,
    TrialNumber,
    TrialState,
)
from tunebook.search.lineage import Leg, lineage
from tunebook.search.past import PastStudy
from tunebook.search.protocol import (
    Clone,
    Decision,
    History,
    Randomness,
    Resume,
    Searcher,
    Start,
    Stop,
    Wait,
)
from tunebook.space import Space

Outcome: TypeAlias = float | Sequence[float] | FailureKind
"""What a simulated training comes to: a value, a learning curve, or a failure."""

OnMeasured: TypeAlias = Callable[[float, TrialNumber, Sequence[int], Sequence[float]], None]
"""Is told the time in seconds, a trial, and its new steps and values, the last one reached now."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A training to simulate.

    ``function`` gives the outcome of a configuration: the values after each step, or only one
    (after step 1). A NaN or infinite value is a divergence at its step. ``seconds`` is the time
    that one step takes, ``resume_seconds`` that of every resume, which also uses up
    ``resume_steps`` of the budget. ``max_steps`` is what searchers are told; None if there are no
    curves. A trial that pauses has a checkpoint, unless it does not
    track its state (``is_tracked``). Where the weights that a clone inherits matter, ``of_lineage``
    takes the place of ``function``: it gives the whole curve of a schedule. ``past`` are older
    studies that the searcher starts from.
    """

    space: Space
    function: Callable[[Configuration], Outcome]
    objective: Objective = field(default_factory=lambda: Objective.of(minimize="loss"))
    max_steps: int | None = None
    can_pause: bool = True
    seconds: Callable[[Configuration], float] = lambda _: 1.0
    resume_seconds: float = 0.0
    resume_steps: float = 0.0
    is_tracked: bool = True
    of_lineage: Callable[[Sequence[Leg]], Sequence[float]] | None = None
    past: Sequence[PastStudy] = ()


def simulate(
    searcher: Searcher,
    problem: Problem,
    *,
    trials: int | None = None,
    steps: int | None = None,
    workers: int = 1,
    seed: int = 0,
    on_measured: OnMeasured | None = None,
) -> History:
    """Run a searcher until ``trials`` or ``steps`` (over all trials) are used up, or it ends.

    ``SearchError`` if neither limit is given, or if the searcher breaks its contract.
    """
    if trials is None and steps is None:
        raise SearchError("A simulation needs a limit", expected="trials= or steps=")
    rng = Randomness(seed)
    return _Simulation(searcher, problem, trials, steps, workers, rng, on_measured).run()


@dataclass(frozen=True, slots=True)
class _Training:
    """What training a trial would show: ``values`` after each step that follows ``offset``."""

    offset: int
    values: Sequence[float]
    failure: FailureKind

    @classmethod
    def of(cls, outcome: Outcome, start: int) -> _Training:
        """Lay out an outcome for a trial that begins at step ``start``."""
        match outcome:
            case FailureKind():
                return cls(start, [math.nan], outcome)
            case float() | int():
                return cls(start, [float(outcome)], FailureKind.DIVERGED)
            case _:
                return cls(0, [float(value) for value in outcome], FailureKind.DIVERGED)

    @property
    def end(self) -> int:
        """The last step."""
        return self.offset + len(self.values)

    def between(self, start: int, end: int) -> Sequence[float]:
        """Return the values after the steps ``start + 1`` to ``end``."""
        return self.values[start - self.offset : end - self.offset]


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A worker at work on a trial, up to step ``until``."""

    id: int
    until: int


@final
@dataclass(slots=True)
class _Simulation:
    searcher: Searcher
    problem: Problem
    trials_limit: int | None
    steps_limit: int | None
    workers: int
    rng: Randomness
    on_measured: OnMeasured | None = None
    trials: list[Trial] = field(default_factory=list)
    trainings: dict[int, _Training] = field(default_factory=dict)
    attempts: dict[int, _Attempt] = field(default_factory=dict)
    events: list[tuple[float, int, int, int, int]] = field(default_factory=list)
    now: float = 0.0
    steps_done: int = 0
    n_resumes: int = 0
    n_final: int = 0
    ids: itertools.count[int] = field(default_factory=itertools.count)

    def run(self) -> History:
        """Ask, carry out, let time pass; until nothing runs and nothing is wanted."""
        self._ask()
        while self.events:
            self.now, _, number, step, attempt_id = heapq.heappop(self.events)
            attempt = self.attempts.get(number)
            if attempt is None or attempt.id != attempt_id:
                continue
            self._advance(number, attempt, step)
            self._ask()
        return self.history()

    def history(self) -> History:
        """Return what the searcher is shown now."""
        return History(
            space=self.problem.space,
            objective=self.problem.objective,
            trials=self.trials,
            max_steps=self.problem.max_steps,
            can_pause=self.problem.can_pause,
            workers=self.workers,
            trials_left=self._trials_left,
            steps_left=self._steps_left,
            budget_used=self._budget_used,
            past=self.problem.past,
        )

    @property
    def _trials_left(self) -> int | None:
        return None if self.trials_limit is None else self.trials_limit - len(self.trials)

    @property
    def _steps_left(self) -> int | None:
        if self.steps_limit is None:
            return None
        promised = sum(a.until - self.trials[number].step for number, a in self.attempts.items())
        return max(0, math.floor(self.steps_limit - self._steps_used - promised))

    @property
    def _steps_used(self) -> float:
        return self.steps_done + self.n_resumes * self.problem.resume_steps

    @property
    def _budget_used(self) -> float:
        shares = [0.0]
        if self.trials_limit is not None:
            shares.append(self.n_final / self.trials_limit)
        if self.steps_limit is not None:
            shares.append(self._steps_used / self.steps_limit)
        return min(1.0, max(shares))

    # -- deciding --------------------------------------------------------------------------

    def _ask(self) -> None:
        """Ask the searcher, and again when it has stopped a trial whose worker is free now."""
        has_freed = True
        while has_freed:
            slots = 0 if self._is_used_up else self.workers - len(self.attempts)
            has_freed = False
            if slots or (self.searcher.watches_running and self.trials):
                for decision in self.searcher.decide(self.history(), slots, self.rng):
                    has_freed |= isinstance(decision, Stop) and decision.trial in self.attempts
                    self._carry_out(decision)

    @property
    def _is_used_up(self) -> bool:
        if self._trials_left != 0:
            return self._steps_left == 0
        return not any(trial.state is TrialState.PAUSED for trial in self.trials)

    def _carry_out(self, decision: Decision) -> None:
        match decision:
            case Start(config=config, until_step=until):
                self._create(config, until, decision.why, parent=None)
            case Clone(parent=parent, config=config, until_step=until):
                self._create(config, until, decision.why, parent=parent)
            case Resume(trial=number, until_step=until):
                trial = self.trials[number]
                is_further = until is None or until > trial.step
                self._check(trial.state is TrialState.PAUSED and is_further, decision)
                self._resume(number, until)
            case Stop(trial=number, why=why):
                self._check(not self.trials[number].state.is_final, decision)
                self._end(number, TrialState.STOPPED, why=why)
            case Wait():
                pass
            case _:
                assert_never(decision)

    def _resume(self, number: TrialNumber, until: int | None) -> None:
        self.n_resumes += 1
        if self._steps_left == 0:
            self.n_resumes -= 1
        else:
            self._launch(number, until, delay=self.problem.resume_seconds)

    def _check(self, holds: bool, decision: Decision) -> None:
        if not holds:
            raise SearchError(
                f"The searcher {self.searcher.name!r} decided what cannot be done", got=decision
            )

    def _create(
        self, config: Configuration, until: int | None, why: str | None, *, parent: int | None
    ) -> None:
        if self._trials_left == 0 or self._steps_left == 0:
            return
        number = TrialNumber(len(self.trials))
        checkpoint = None if parent is None else self.trials[parent].checkpoint
        inherited = 0 if checkpoint is None else checkpoint.step
        trial = Trial(
            number=number,
            state=TrialState.QUEUED,
            config=config,
            created_at=self.now,
            started_at=self.now,
            step=inherited,
            parent=None if parent is None else TrialNumber(parent),
            why=why,
        )
        self.trials.append(trial)
        self.trainings[number] = _Training.of(self._outcome(trial), inherited)
        self._launch(number, until)

    def _outcome(self, trial: Trial) -> Outcome:
        if self.problem.of_lineage is None:
            return self.problem.function(trial.config)
        return self.problem.of_lineage(lineage(self.trials, trial.number))

    def _launch(self, number: TrialNumber, until: int | None, delay: float = 0.0) -> None:
        if len(self.attempts) >= self.workers:
            raise SearchError(
                f"The searcher {self.searcher.name!r} decided on more than the free workers can do",
                expected=f"at most {self.workers} trials at once",
            )
        trial, end = self.trials[number], self.trainings[number].end
        end = end if until is None else min(end, until)
        if self._steps_left is not None:
            end = min(end, trial.step + self._steps_left)
        if end <= trial.step:
            return
        attempt = _Attempt(next(self.ids), end)
        self.attempts[number] = attempt
        self.trials[number] = replace(trial, state=TrialState.RUNNING, until_step=until)
        seconds = self.problem.seconds(trial.config)
        watched = range(trial.step + 1, end) if self.searcher.watches_running else ()
        for step in (*watched, end):
            at = self.now + delay + seconds * max(0, step - trial.step)
            heapq.heappush(self.events, (at, next(self.ids), number, step, attempt.id))

    # -- training --------------------------------------------------------------------------

    def _advance(self, number: int, attempt: _Attempt, step: int) -> None:
        training, trial = self.trainings[number], self.trials[number]
        values = training.between(trial.step, step)
        self.steps_done += len(values)
        self._measure(trial, values)
        if self.on_measured is not None:
            steps = range(trial.step + 1, trial.step + 1 + len(values))
            self.on_measured(self.now, trial.number, steps, values)
        if not all(map(math.isfinite, values)):
            failure = Failure(training.failure, "simulated: a value is not finite")
            changes = {"failure": failure, "value": None, "best_step": None}
            self._end(number, training.failure.end_state, **changes)
        elif step >= training.end:
            self._end(number, TrialState.DONE)
        elif step >= attempt.until:
            del self.attempts[number]
            saved = CheckpointRef(TrialNumber(number), step, f"{number:016x}{step:016x}")
            self.trials[number] = replace(
                self.trials[number],
                state=TrialState.PAUSED,
                checkpoints=(saved,) if self.problem.is_tracked else (),
            )

    def _measure(self, trial: Trial, values: Sequence[float]) -> None:
        metric = self.problem.objective.metric
        curves = dict(trial.curves)
        series = curves[metric].copy() if metric in curves else Series()
        seconds = self.problem.seconds(trial.config)
        steps = range(trial.step + 1, trial.step + 1 + len(values))
        series.extend(Series.of(steps, values, [seconds * step for step in steps]))
        curves[metric] = series
        value, best_step = curve_value(self.problem.objective, series) or (None, None)
        self.trials[trial.number] = replace(
            trial,
            step=steps.stop - 1,
            steps_done=trial.steps_done + len(values),
            seconds=trial.seconds + seconds * len(values),
            value=value,
            best_step=best_step,
            curves=curves,
        )

    def _end(self, number: int, state: TrialState, **changes: Any) -> None:
        self.attempts.pop(number, None)
        self.n_final += 1
        self.trials[number] = replace(
            self.trials[number], state=state, ended_at=self.now, **changes
        )
