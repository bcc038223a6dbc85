"""Where a study stands, for one rule at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tunebook.records import Budget, Objective
from tunebook.stopping import Progress


def progress_of(budget: Budget, **changes: Any) -> Progress:
    """Return the progress of a study in the middle of its work, of which nothing is used up."""
    values: dict[str, Any] = {
        "objective": Objective.of(maximize="acc"),
        "n_created": 6,
        "n_running": 2,
        "n_finished": 4,
        "n_failed": 1,
        "n_succeeded": 3,
        "steps_done": 40,
        "steps_granted": 50,
        "active_s": 60.0,
        "best_value": 0.5,
        "best_trial": 1,
        "n_since_improvement": 2,
    }
    return Progress(budget=budget, **(values | changes))


@pytest.fixture(scope="session")
def progress() -> Callable[..., Progress]:
    return progress_of
