"""What trials came to: a value, a divergence, code that raised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tunebook.records import (
    Configuration,
    Failure,
    FailureKind,
    Trial,
    TrialFailed,
    TrialNumber,
    TrialState,
)


def sample_result(number: int, config: Mapping[str, Any], value: float | None) -> Trial:
    """Return a trial that is done with a value, or that diverged if it has none."""
    failure = None if value is not None else Failure(FailureKind.DIVERGED, "loss was nan")
    return Trial(
        number=TrialNumber(number),
        state=TrialState.DONE if value is not None else TrialState.INFEASIBLE,
        config=Configuration(config),
        created_at=float(number),
        ended_at=float(number) + 1,
        step=10,
        value=value,
        best_step=10 if value is not None else None,
        failure=failure,
    )


def sample_failure(trial: int, *, at: float = 5.0) -> TrialFailed:
    """Return the failure of a trial whose code raised."""
    failure = Failure(FailureKind.USER_ERROR, "ValueError: no such layer", traceback="...")
    return TrialFailed(at, TrialNumber(trial), failure)
