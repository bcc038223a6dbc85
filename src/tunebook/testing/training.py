"""A clock that stands still, a stand-in for a network, and the launch of a trial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, final

from tunebook.engine.commands import Launch
from tunebook.records import Configuration, TrialNumber


@final
@dataclass(slots=True)
class ManualClock:
    """A clock that stands still unless it is told to go on."""

    now: float = 0.0

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


@final
@dataclass(slots=True)
class Counter:
    """Stands for a network: its state is one number, which training raises."""

    value: float = 0.0

    def state_dict(self) -> dict[str, float]:
        """Return the number."""
        return {"value": self.value}

    def load_state_dict(self, state: Mapping[str, float], /) -> None:
        """Take the number over."""
        self.value = state["value"]


def sample_launch(number: int = 0, **changes: Any) -> Launch:
    """Return a launch of a trial of ten steps."""
    launch = Launch(TrialNumber(number), Configuration({"lr": 0.1}), until_step=10, max_steps=10)
    return replace(launch, **changes)
