"""Takes measurements as they are reported and sends them on in batches, as columns.

A report costs microseconds: it is checked and appended, and sent when the last batch is
``FLUSH_S`` old. What then lies waiting is sent by a small thread, where there is one.
"""

from __future__ import annotations

import math
import reprlib
import threading
from collections.abc import Callable, Mapping
from typing import final

from tunebook.errors import ReportError
from tunebook.records import Curves, Objective, Series
from tunebook.records.text import clean
from tunebook.training.endings import Diverged

FLUSH_S = 0.05
"""The age of a batch at which it is sent."""


def as_number(metric: str, value: object) -> float:
    """Return a reported value, maybe a scalar of NumPy or PyTorch, as a float; no booleans."""
    number = value
    if hasattr(value, "item"):
        try:
            number = value.item()
        except (ValueError, RuntimeError, TypeError):
            number = None
    if isinstance(number, int | float) and not isinstance(number, bool):
        try:
            return float(number)
        except OverflowError:
            pass
    raise ReportError(
        f"The metric {metric!r} is not one number but a {type(value).__name__}",
        got=reprlib.repr(value),
        expected="an int or float, or an array or tensor with a single number",
        do=f"Report {metric}=float(...), or leave it out where it was not measured",
    )


@final
class Reporter:
    """The measurements of one attempt on their way out.

    ``seconds`` gives the trial's training time, ``clock`` the time by which batches age. With
    ``in_background`` a thread sends what waits; ``close`` ends it. ``divergence`` is how the
    objective became NaN or infinite, should the user's code have caught that; ``last_steps`` when
    each metric came last.
    """

    def __init__(
        self,
        objective: Objective,
        send: Callable[[Curves], None],
        *,
        seconds: Callable[[], float],
        clock: Callable[[], float],
        in_background: bool = False,
    ) -> None:
        self._objective = objective
        self._send = send
        self._seconds = seconds
        self._clock = clock
        self._columns: dict[str, Series] = {}
        self.last_steps: dict[str, int] = {}
        self._best: float | None = None
        self.divergence: Diverged | None = None
        self._sent_at = clock()
        self._lock = threading.Lock()
        self._waiting = threading.Event()
        self._closed = threading.Event()
        self._is_threaded = in_background
        if in_background:
            threading.Thread(target=self._send_what_waits, name="reports", daemon=True).start()

    def add(self, step: int, metrics: Mapping[str, object]) -> bool:
        """Take the metrics of one step, all or none; return whether the objective got better.

        A series is taken as it is: points between this step and the one before (``@batch``).

        ``Diverged`` when the objective's value is NaN or infinite: that is kept and sent first.
        """
        if self.divergence is not None:
            raise self.divergence
        numbers = {
            clean(metric): value if type(value) is float else as_number(metric, value)
            for metric, value in metrics.items()
            if type(value) is not Series
        }
        many = {clean(metric): v for metric, v in metrics.items() if isinstance(v, Series)}
        for metric in numbers:
            if self.last_steps.get(metric) == step:
                raise ReportError(
                    f"Step {step} has two metrics with one name",
                    got=metric,
                    do="Report each metric once a step, or give the second one another name",
                )
        seconds = self._seconds()
        with self._lock:
            was_empty = not self._columns
            for metric, number in numbers.items():
                column = self._columns.get(metric)
                if column is None:
                    column = self._columns[metric] = Series()
                column.steps.append(step)
                column.values.append(number)
                column.seconds.append(seconds)
                self.last_steps[metric] = step
            for metric, series in many.items():
                self._columns.setdefault(metric, Series()).extend(series)
        if self._clock() - self._sent_at >= FLUSH_S:
            self.flush()
        elif was_empty:
            self.wake()
        return self._judge(step, numbers.get(self._objective.metric))

    def _judge(self, step: int, value: float | None) -> bool:
        if value is None or step == 0:
            return False
        if not math.isfinite(value):
            self.flush()
            self.divergence = Diverged(self._objective.metric, value, step)
            raise self.divergence
        if not self._objective.is_better(value, self._best):
            return False
        self._best = value
        return True

    def flush(self) -> None:
        """Send what is there now, and what the channel holds back."""
        with self._lock:
            columns, self._columns = self._columns, {}
            self._sent_at = self._clock()
            self._send(columns)

    def wake(self) -> None:
        """See to it that what waits is sent in a moment."""
        if self._is_threaded:
            self._waiting.set()

    def close(self) -> None:
        """Send what is there and end the thread."""
        self._closed.set()
        self._waiting.set()
        self.flush()

    def _send_what_waits(self) -> None:
        while self._waiting.wait():
            self._waiting.clear()
            # ``close`` sets this one first: nothing that it does can be missed here.
            if self._closed.wait(FLUSH_S):
                return
            self.flush()
