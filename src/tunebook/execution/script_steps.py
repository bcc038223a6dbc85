"""Which step a metric belongs to that a script printed or wrote. Pure.

A script says ``epoch 3`` or ``step 120`` before or beside its metrics, or nothing: then each print
of the objective ends a step, and what came since the last one belongs to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import final

from tunebook.execution.objective_choice import Choice, ObjectiveChoice
from tunebook.execution.readings import COUNTERS, Reading
from tunebook.records import Value

_MAX_NAMES = 200
_N_STUCK = 3
"""Values after which a counter that has not moved, other than an epoch, counts something else."""


@final
class ScriptSteps:
    """Turns readings into reports of whole steps, which only rise.

    The first source (the output, or a file) that brings the objective sets the pace; others add
    metrics. Its step is the epoch, else a counter beside the objective, else another that was
    printed before, unless it is beyond ``max_steps`` then; with none, objectives are counted.
    Epochs counted from 0 are counted from 1 here; epoch 2.5 is within the third. Other counters
    are taken as they are: their step 0 is the untrained state.

    A step is reported when it is over, or, once a step has shown that it brings one value, as soon
    as that comes. The objective is reported by the name that was asked for.
    """

    def __init__(
        self,
        objective: str,
        report: Callable[[int, Mapping[str, float]], None],
        *,
        max_steps: int | None = None,
        config: Mapping[str, Value] | None = None,
    ) -> None:
        self.names: set[str] = set()
        self.has_objective = self.is_over = False
        self.choices: Sequence[Choice] = ()
        self.n_at_end = 0
        self.came_at: float | None = None
        self._objective = objective
        self._report = report
        self._max_steps = max_steps
        self._config = {name.lower(): value for name, value in (config or {}).items()}
        self._counters: dict[str, dict[str, float]] = {}
        self._from_zero: set[tuple[str, str]] = set()
        self._leader: str | None = None
        self._unit: str | None = None
        self._step = 0
        self._has_moved = self._brings_one = False
        self._choice = ObjectiveChoice(objective)
        self._gathered: dict[str, float] = {}
        self._soft: set[str] = set()
        self._reported: set[str] = set()

    def take(
        self,
        reading: Reading,
        source: str = "output",
        *,
        is_settled: bool = True,
        at: float | None = None,
    ) -> None:
        """Take what one line or row says; ``is_settled``: it will not be overwritten.

        Raises what ``report`` raises; ``came_at`` is then the ``at`` of the objective reported.
        Afterwards ``is_over`` tells whether the script went on beyond ``max_steps``, ``n_at_end``
        rises with each print that may be its last value, and ``choices`` are the values between
        which nothing decides.
        """
        if self.is_over or not reading:
            return
        reading = replace(reading, values=self._wanted(reading))
        self._count(source, reading.counters)
        names = {name for name, _ in reading.values if self._choice.rank(name) is not None}
        is_soft = reading.is_bar or not is_settled
        if self._leader not in (None, source):
            self._gather(reading, is_soft=is_soft)
            return
        if not self._follow(source):
            return
        self._gather(reading, is_soft=is_soft)
        if not names:
            return
        self.has_objective, self.came_at = True, at
        if self._leader is None or self._choice.fits_better(names):
            self._leader, self._unit = source, self._unit_of(source, reading.counters)
            step = 0 if self._unit is None else self._step_of(source, self._unit)
            self._step = max(self._step, step)
        self._choice.add(reading, names, is_settled=is_settled, unit=self._unit)
        self._weigh(is_settled=is_settled)

    def finish(self) -> None:
        """Report what is left when the script has ended."""
        if self._leader is None or self.is_over:
            return
        if self._unit is None and self._choice.value() is not None:
            self._end_counted_step(self._choice.value())
        if not self.is_over:
            # A counter that stood at 0 to the end has counted nothing.
            self._close(max(1, self._step))

    def _wanted(self, reading: Reading) -> list[tuple[str, float]]:
        """Return the metrics, without echoes of the configuration and floods of names."""
        wanted = []
        for name, value in reading.values:
            is_objective = self._choice.rank(name) == 0
            is_echo = self._config.get(name.lower()) == value
            is_flood = name not in self.names and len(self.names) >= _MAX_NAMES
            if is_objective or not (is_echo or is_flood):
                self.names.add(name)
                wanted.append((name, value))
        return wanted

    def _gather(self, reading: Reading, *, is_soft: bool) -> None:
        """Keep the metrics of the step; a bar does not replace what a plain line said."""
        for name, value in reading.values:
            is_less = is_soft and name in self._gathered and name not in self._soft
            if name == self._objective or is_less or self._choice.rank(name) == 0:
                continue
            self._gathered[name] = value
            self._soft = self._soft | {name} if is_soft else self._soft - {name}

    def _count(self, source: str, counters: Mapping[str, float]) -> None:
        known = self._counters.setdefault(source, {})
        for name, value in counters.items():
            # The step of TensorBoard has no name of the script's own: most write the epoch.
            is_epoch = name == "epoch" or "tfevents" in source
            if is_epoch and name not in known and isinstance(value, int) and value == 0:
                self._from_zero.add((source, name))
            known[name] = value

    def _unit_of(self, source: str, beside: Mapping[str, float]) -> str | None:
        """Return the counter of steps: the epoch, else one beside the objective, else another."""
        known = [name for name in COUNTERS if name in self._counters[source]]
        for name in sorted(known, key=lambda name: (name != "epoch", name not in beside)):
            step = self._step_of(source, name)
            if self._max_steps is None or step <= self._max_steps:
                return name
        return None

    def _step_of(self, source: str, unit: str) -> int:
        done = math.ceil(self._counters[source][unit])
        # One that reaches max_steps itself has counted what was done.
        is_shifted = (source, unit) in self._from_zero and done != self._max_steps
        return done + is_shifted

    def _follow(self, source: str) -> bool:
        """Close the step when the counter has gone on; return whether training goes on."""
        step = 0 if self._unit is None else self._step_of(source, self._unit)
        if step > self._step:
            self._close(self._step)
            self._step, self._has_moved = step, True
            self._reported = set()
            self.is_over = self._max_steps is not None and step > self._max_steps
        return not self.is_over

    def _weigh(self, *, is_settled: bool) -> None:
        """See whether the step is complete with what has come."""
        value, is_plain = self._choice.value(), self._choice.is_plain
        if value is None:
            return
        n_values = len(set(self._choice.values()))
        if self._unit is None:
            if is_settled:
                self._end_counted_step(value)
        elif n_values >= _N_STUCK and not self._has_moved and self._unit != "epoch":
            self._unit, self._step = None, 0
            for each in self._choice.values():
                self._end_counted_step(each)
        elif self._max_steps is not None and self._step >= self._max_steps:
            self.n_at_end += is_plain
        elif is_plain and (self._brings_one or not math.isfinite(value)):
            self._close(self._step)

    def _end_counted_step(self, value: float | None) -> None:
        """Report a step of a script that counts none."""
        self._step, self._reported = self._step + 1, set()
        self.choices = self._choice.choices() or self.choices
        self._choice.clear()
        self.is_over = self._max_steps is not None and self._step > self._max_steps
        if not self.is_over:
            self.n_at_end += self._step == self._max_steps
            self._tell(self._step, value)

    def _close(self, step: int) -> None:
        """Report what was gathered and not yet reported at the step."""
        value = self._choice.value()
        self.choices = self._choice.choices() or self.choices
        if value is not None and self._objective not in self._reported:
            self._brings_one = self._choice.is_plain and self._choice.n_values == 1
        self._choice.clear()
        if step > 0 or (step == 0 and self._unit not in (None, "epoch")):
            self._tell(step, value)

    def _tell(self, step: int, value: float | None) -> None:
        gathered, self._gathered, self._soft = self._gathered, {}, set()
        if value is not None:
            gathered[self._objective] = value
        fresh = {name: v for name, v in gathered.items() if name not in self._reported}
        if fresh:
            self._reported |= fresh.keys()
            self._report(step, fresh)
