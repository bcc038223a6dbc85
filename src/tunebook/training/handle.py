"""The handle that a training function is given: ``config``, ``track``, ``steps``, ``report``.

Everything that pauses, resumes, stops and saves a trial happens at its step boundaries, in
``_may_go_on``; between them the user's code is alone.
"""

from __future__ import annotations

import math
import operator
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias, assert_never, final

from tunebook.errors import MetricMissingError, ReportError, TaskError, nearest
from tunebook.records import Configuration, Objective, TrialNumber, TrialState
from tunebook.training.assignment import Assignment
from tunebook.training.channel import Channel, Checkpoints, Leave, Proceed
from tunebook.training.checkpoint_policy import CheckpointPolicy
from tunebook.training.endings import Unwind
from tunebook.training.hand_over import HandOver, PassingChannel
from tunebook.training.reporter import Reporter
from tunebook.training.stopwatch import Stopwatch
from tunebook.training.tracked import Tracked


@final
class TrialHandle:
    """One trial, as its training function sees it.

    ``config`` holds the hyperparameters: ``trial.config.lr`` or ``trial.config["lr"]``. ``number``
    counts the trials of the study from 0. ``seed`` follows from the study's seed and the number;
    the global generators start on it. ``device`` is where to train: ``cpu`` or ``cuda:0``.
    ``max_steps`` is the length of a full training, None when the task decides. ``objective`` is
    what the study optimises: its ``metric`` and direction.
    """

    def __init__(
        self,
        assignment: Assignment,
        channel: Channel,
        *,
        checkpoints: Checkpoints | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        launch = assignment.launch
        self.config: Final[Configuration] = launch.config
        self.number: Final[TrialNumber] = launch.trial
        self.seed: Final[int] = assignment.seed
        self.device: Final[str] = assignment.device
        self.objective: Final[Objective] = assignment.objective
        self.max_steps: Final[int | None] = launch.max_steps
        self.notice: str | None = None  # what a person should know of a trial that ends well
        self.measured_at: float | None = None  # seconds; None: what is reported is measured now
        self._assignment = assignment
        self._channel = channel
        self._checkpoints = checkpoints
        self._clock = clock
        self._stopwatch = Stopwatch(clock, launch.seconds)
        self._reporter = Reporter(
            assignment.objective,
            channel.reported,
            seconds=lambda: self.seconds if self.measured_at is None else self.measured_at,
            clock=clock,
            in_background=assignment.sends_in_background,
        )
        self._tracked = Tracked(checkpoints)
        self._start, self._step, self._until = 0, 0, launch.slice_end(0)
        self._policy = self._new_policy()
        self._is_restored = self._has_begun = self._uses_steps = False
        self._is_over = self._has_left = False
        self._deputy: PassingChannel | None = None
        if not launch.checkpoints:
            self._begin()

    # -- what the user reads ---------------------------------------------------------------

    @property
    def directory(self) -> Path:
        """A folder for the trial's own files; it is kept, also over a pause."""
        self._assignment.directory.mkdir(parents=True, exist_ok=True)
        return self._assignment.directory

    @property
    def step(self) -> int:
        """The step that is being trained or was trained last; 0 before the first."""
        return self._step if self._deputy is None else self._deputy.step

    @property
    def seconds(self) -> float:
        """The training time of the trial so far, waiting excluded."""
        return self._stopwatch.seconds

    @property
    def has_left(self) -> bool:
        """Whether the trial gave its worker up; what its function still does no longer counts."""
        return self._has_left if self._deputy is None else self._deputy.has_left

    # -- what the user calls ---------------------------------------------------------------

    def track(self, **objects: object) -> None:
        """Keep these objects in checkpoints; when the trial goes on from one, restore them here.

        Anything with ``state_dict()`` and ``load_state_dict()``. The generators of Python, NumPy
        and PyTorch are kept too. ``TaskError`` for anything else, a name used twice, other names
        than in the checkpoint, and after the first step.
        """
        if self._uses_steps or self._step > self._start:
            raise TaskError(
                "trial.track was called after training began",
                got=sorted(objects),
                do="Call it once everything is built, before the first step",
            )
        if not self._is_restored and self._assignment.launch.checkpoints:
            refs = self._assignment.launch.checkpoints
            self._start = self._step = self._tracked.load(refs, self._channel)
            self._policy = self._new_policy()
        self._is_restored = True
        self._tracked.add(objects)

    def steps(self) -> Iterator[int]:
        """Yield the numbers of the steps that are left, from 1; ends at a pause or stop too.

        ``TaskError`` without ``max_steps``: then nobody knows how many there are.
        """
        if self.max_steps is None:
            raise TaskError(
                "trial.steps() does not know how many steps a training has",
                do="Give max_steps= to tune(), --max-steps to the command, or do not use steps()",
            )
        self._uses_steps = True
        return self._remaining_steps(self.max_steps)

    def report(self, step: int | None = None, **metrics: object) -> None:
        """Report measurements of the current step, as ``trial.report(val_accuracy=0.9)``.

        Outside of ``steps()`` each call is the next step, unless ``step`` says which; 0 is before
        training. ``ReportError`` for what is not one number, comes twice at a step or goes back.
        """
        if self._has_left:
            return
        at = self._step_of_report(step)
        if not metrics:
            raise ReportError("trial.report was given no metric", do="Report name=number")
        self._begin()
        improves = self._reporter.add(at, metrics)
        self._step = at
        if improves and self.objective.reduce == "best":
            self._policy.has_improved = True
        if at > 0 and not self._uses_steps and not self._may_go_on():
            raise Unwind

    def is_asked_to_end(self) -> bool:
        """Send what waits to be sent, and return whether the trial was stopped or called off.

        For long steps: a function that looks now and then may return early.
        """
        self._reporter.flush()
        return self._channel.halt() in {TrialState.STOPPED, TrialState.CANCELLED}

    def hand_over(self) -> HandOver:
        """Leave the trial, once and for all, to a handle in another process: a script's own."""
        self._reporter.close()
        self._deputy = PassingChannel(
            self._channel, self._stopwatch, self.objective, has_begun=self._has_begun
        )
        return HandOver(self._assignment, self._deputy, self._checkpoints)

    # -- what the executor calls -----------------------------------------------------------

    def conclude(self, returned: object) -> None:
        """Take what the function returned as its last measurement, and save the final checkpoint.

        A metric that was already reported at the last step stands. ``MetricMissingError`` when the
        objective never came; ``Diverged`` when what was returned is not finite.
        """
        if self._has_left or self._deputy is not None:
            return
        self._begin()
        if self._reporter.divergence is not None:
            raise self._reporter.divergence
        nothing_trained = 0 < self._start == self._step
        if not nothing_trained and not self._is_over:
            self._report_returned(returned)
            self._require_objective(returned)
        if self._channel.halt() is not TrialState.CANCELLED:
            self._save()

    def close(self) -> None:
        """Send what was measured and let go of the channel."""
        self._reporter.close()

    # -- beginning -------------------------------------------------------------------------

    def _new_policy(self) -> CheckpointPolicy:
        return CheckpointPolicy(
            step=self._start,
            seconds=self._stopwatch.seconds,
            every_s=self._assignment.checkpoint_every_s,
            every_steps=self._assignment.checkpoint_every_steps,
        )

    def _begin(self) -> None:
        """Say once from where training goes on: after ``track``, where that restores something."""
        if self._has_begun:
            return
        self._has_begun = True
        launch = self._assignment.launch
        self._until = launch.slice_end(self._start)
        self._tracked.finish_restoring(with_randomness=not launch.is_clone)
        self._channel.began(self._start)
        self._reporter.wake()

    # -- step boundaries -------------------------------------------------------------------

    def _remaining_steps(self, max_steps: int) -> Iterator[int]:
        self._begin()
        if 0 < self._start == self._step < max_steps and self._step >= self._until:
            # It was saved at the end of its slice and lost before it told: nothing is left to do.
            self._end_slice()
        while self._step < max_steps and not self._is_over:
            self._step += 1
            yield self._step
            if not self._may_go_on():
                return

    def _may_go_on(self) -> bool:
        """Do at the end of a step what is due; return whether training goes on."""
        max_steps = self.max_steps
        halt = self._channel.halt()
        if halt is TrialState.STOPPED or halt is TrialState.CANCELLED:
            self._is_over = True
            if halt is TrialState.STOPPED:
                self._save()
            return False
        if max_steps is not None and self._step >= max_steps:
            self._save()
            return True
        if halt is TrialState.PAUSED or self._step >= self._until:
            return self._end_slice()
        if self._tracked and self._policy.is_due(self._step, self.seconds):
            self._save()
        return True

    def _end_slice(self) -> bool:
        self._reporter.flush()
        if self._assignment.saves_slices:
            self._save()
        self._stopwatch.pause()
        seconds, is_tracked = self._stopwatch.seconds, bool(self._tracked)
        answer = self._channel.reached(self._step, seconds, is_tracked=is_tracked)
        match answer:
            case Proceed(until_step=until):
                self._until = math.inf if until is None else until
                self._stopwatch.go_on()
                return True
            case Leave(is_kept=is_kept):
                if is_kept:
                    self._save()
                self._is_over = self._has_left = True
                return False
            case _:
                assert_never(answer)

    def _save(self) -> None:
        if not self._tracked or self._checkpoints is None or self._step <= self._policy.saved_step:
            return
        self._reporter.flush()
        began = self._clock()
        ref = self._checkpoints.save(self.number, self._step, self._tracked.payload())
        self._channel.checkpointed(ref)
        self._policy.saved(self._step, self.seconds, self._clock() - began)

    # -- measurements ----------------------------------------------------------------------

    def _step_of_report(self, step: Any) -> int:
        """Return the step that a report belongs to; ``ReportError`` if it cannot be that one."""
        if step is None:
            at = self._step if self._uses_steps else self._step + 1
        else:
            at = _as_step(step)
        if self._uses_steps and at != self._step:
            raise ReportError(
                "A report inside of trial.steps() belongs to the current step",
                got=at,
                expected=str(self._step),
                do="Leave step= out",
            )
        if at < self._step:
            raise ReportError(
                f"The steps of trial {self.number} go backwards, from {self._step} to {at}",
                got=at,
                expected=f"{self._step} or more",
                do="Loop over trial.steps(): a resumed trial goes on where it was",
            )
        if self.max_steps is not None and at > self.max_steps:
            raise ReportError(
                f"Step {at} is beyond the end of the training",
                got=at,
                expected=f"at most max_steps={self.max_steps}",
                do="Raise max_steps, or loop over trial.steps()",
            )
        return at

    def _report_returned(self, returned: object) -> None:
        objective = self.objective.metric
        if isinstance(returned, Mapping):
            metrics = dict(returned)
        elif isinstance(returned, int | float) or hasattr(returned, "item"):
            metrics = {objective: returned}
        else:
            return
        at = max(self._step, 1)
        last = self._reporter.last_steps
        fresh = {str(n): value for n, value in metrics.items() if last.get(str(n)) != at}
        if fresh:
            self._reporter.add(at, fresh)
            self._step = at

    def _require_objective(self, returned: object) -> None:
        objective, came = self.objective.metric, sorted(self._reporter.last_steps)
        if objective in came or self._start > 0:
            return
        raise MetricMissingError(
            f"The training ended and the objective's metric {objective!r} never came",
            got={"reported": came, "returned": type(returned).__name__},
            expected=f"trial.report({objective}=...) or a return of the number",
            do=nearest(objective, came) if came else "Report it at each step, or return it",
        )


def _as_step(step: Any) -> int:
    try:
        at = operator.index(step)
    except TypeError:
        at = -1
    if at < 0 or isinstance(step, bool):
        raise ReportError(
            "A step is a whole number: a measurement at step k is taken after k steps of training",
            got=step,
            do="Give step=1 for the first one, step=0 before training, or leave step= out",
        )
    return at


TrainingFunction: TypeAlias = Callable[[TrialHandle], object]
"""What a user writes. It may return the objective, a dict of metrics, or nothing."""
