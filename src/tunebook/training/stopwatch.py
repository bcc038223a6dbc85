"""The training time of a trial: all its attempts together, waiting excluded."""

from __future__ import annotations

from collections.abc import Callable
from typing import final


@final
class Stopwatch:
    """Counts on from ``seconds`` by a monotonic ``clock``; runs from the start."""

    def __init__(self, clock: Callable[[], float], seconds: float = 0.0) -> None:
        self._clock = clock
        self._counted = seconds
        self._since: float | None = clock()

    @property
    def seconds(self) -> float:
        """The seconds counted so far."""
        return self._counted + (0.0 if self._since is None else self._clock() - self._since)

    def pause(self) -> None:
        """Stop counting."""
        self._counted, self._since = self.seconds, None

    def go_on(self) -> None:
        """Count on; no effect while it runs."""
        if self._since is None:
            self._since = self._clock()
