"""Which step a metric belongs to that a script printed or wrote. Pure.

A script says ``epoch 3`` or ``step 120`` before or beside its metrics, or nothing: then each print
of the objective ends a step, and what came since the last one belongs to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import final

from tunebook.execution.readings import COUNTERS, Reading
from tunebook.records import Value

_MAX_NAMES = 200
_MAX_REPEATS = 2
"""A counter that stands still while the objective changes so often counts something else."""


@final
class ScriptSteps:
    """Turns readings into reports of whole steps, which only rise.

    The first source (the output, or a file) that brings the objective sets the pace; others add
    metrics. Its step is the first of ``COUNTERS`` that it has told when the objective first comes
    and that is not beyond ``max_steps`` then; with none, objectives are counted. Epochs counted
    from 0 are counted from 1 here; of epoch 2.5, two are complete.
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
        self.is_over = False
        self._objective = objective
        self._report = report
        self._max_steps = max_steps
        self._config = config or {}
        self._counters: dict[str, dict[str, float]] = {}
        self._from_zero: set[tuple[str, str]] = set()
        self._leader: str | None = None
        self._unit: str | None = None
        self._step = 0
        self._gathered: dict[str, float] = {}
        self._reported: dict[str, float] = {}
        self._n_repeats = 0

    @property
    def has_objective(self) -> bool:
        """Whether the objective came at all."""
        return self._objective in self.names

    def take(self, reading: Reading, source: str = "output", *, is_settled: bool = True) -> None:
        """Take what one line or row says; ``is_settled``: it will not be overwritten.

        Raises what ``report`` raises. ``is_over`` tells afterwards whether the script went on
        beyond ``max_steps``.
        """
        if self.is_over:
            return
        metrics = self._wanted(reading)
        self._count(source, reading.counters)
        if self._leader not in (None, source):
            metrics.pop(self._objective, None)
            self._gathered |= metrics
            return
        if not self._follow(source):
            return
        objective = metrics.get(self._objective)
        self._gathered |= metrics
        if objective is None:
            return
        if self._leader is None:
            self._leader, self._unit = source, self._unit_of(source)
            self._step = 0 if self._unit is None else self._step_of(source, self._unit)
        if is_settled:
            self._complete(objective)

    def finish(self) -> None:
        """Report what is left when the script has ended."""
        if self._leader is None or self.is_over:
            return
        if self._unit is None and self._objective in self._gathered:
            self._complete(self._gathered[self._objective])
        else:
            self._close(max(1, self._step))

    # -- what the metrics are --------------------------------------------------------------

    def _wanted(self, reading: Reading) -> dict[str, float]:
        """Return the metrics, without echoes of the configuration and floods of names."""
        wanted = {}
        for name, value in reading.metrics.items():
            is_echo = name in self._config and self._config[name] == value
            if name != self._objective and (
                is_echo or (name not in self.names and len(self.names) >= _MAX_NAMES)
            ):
                continue
            self.names.add(name)
            wanted[name] = value
        return wanted

    # -- what the counters say -------------------------------------------------------------

    def _count(self, source: str, counters: Mapping[str, float]) -> None:
        known = self._counters.setdefault(source, {})
        for name, value in counters.items():
            if name not in known and isinstance(value, int) and value == 0:
                self._from_zero.add((source, name))
            known[name] = value

    def _unit_of(self, source: str) -> str | None:
        for name in COUNTERS:
            if name not in self._counters[source]:
                continue
            step = self._step_of(source, name)
            if self._max_steps is None or step <= self._max_steps:
                return name
        return None

    def _step_of(self, source: str, unit: str) -> int:
        value = self._counters[source][unit]
        return math.floor(value) + ((source, unit) in self._from_zero)

    def _follow(self, source: str) -> bool:
        """Close the step when the counter has gone on; return whether training goes on."""
        step = 0 if self._unit is None else self._step_of(source, self._unit)
        if step > self._step:
            self._close(self._step)
            self._step, self._n_repeats = step, 0
            self._reported = {}
            self.is_over = self._max_steps is not None and step > self._max_steps
        return not self.is_over

    # -- reporting -------------------------------------------------------------------------

    def _complete(self, objective: float) -> None:
        """Report the step that has its objective now."""
        if self._unit is not None and self._objective in self._reported:
            if objective == self._reported[self._objective]:
                return
            self._n_repeats += 1
            if self._n_repeats < _MAX_REPEATS:
                self._gathered.pop(self._objective)
                return
            self._unit = None
        if self._unit is None:
            self._step, self._reported = self._step + 1, {}
            if self._max_steps is not None and self._step > self._max_steps:
                self.is_over = True
                return
        self._close(self._step)

    def _close(self, step: int) -> None:
        """Report what was gathered and not yet reported at the step."""
        if step < 1:
            return
        gathered, self._gathered = self._gathered, {}
        fresh = {name: v for name, v in gathered.items() if name not in self._reported}
        if fresh:
            self._reported |= fresh
            self._report(step, fresh)
