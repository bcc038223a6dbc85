"""What a study has shown so far, as a model takes it in: values, failures, trials under way.

Observations stand in the order in which trials ended, so that those of an earlier moment are the
first ones of a later moment: what was computed from them then can be computed again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from tunebook.records import FailureKind, Objective, Trial, TrialState
from tunebook.search.arrays import Array

# A worker that vanishes or a metric that is not printed says nothing about the configuration.
_NOT_ITS_FAULT = frozenset(
    {FailureKind.LOST, FailureKind.METRIC_MISSING, FailureKind.METRIC_UNCLEAR}
)

_MOSTLY_FAILED = 0.4


@final
@dataclass(frozen=True, slots=True)
class Observed:
    """An ended trial that says something; ``value`` is to be minimised, None for a failure."""

    trial: Trial
    value: float | None


def observed(trials: Sequence[Trial], objective: Objective) -> list[Observed]:
    """Return what has ended with a value or with a failure of its own, in the order of the ends."""
    found = []
    for trial in trials:
        if not trial.state.is_final or trial.state is TrialState.CANCELLED:
            continue
        if trial.value is not None and trial.state.has_value:
            found.append(Observed(trial, objective.sign * trial.value))
        elif is_failure(trial):
            found.append(Observed(trial, None))
    return sorted(found, key=lambda o: (o.trial.ended_at or 0.0, o.trial.number))


def is_failure(trial: Trial) -> bool:
    """Whether a trial ended without a value because of its configuration."""
    is_over = trial.state.is_final and not trial.state.has_value
    failure = trial.failure
    return is_over and failure is not None and failure.kind not in _NOT_ITS_FAULT


@final
@dataclass(frozen=True, slots=True)
class Scaling:
    """How raw values were made into standardised ones: z = (value - centre) / spread."""

    centre: float
    spread: float

    def raw(self, z: float) -> float:
        """Return the raw value, still to be minimised, of a standardised one."""
        return self.centre + self.spread * z


def standardised(values: Array) -> tuple[Array, Scaling]:
    """Return values to minimise, NaN for failures, as a model wants them, and how to go back.

    Winsorised: what is above c = m + 2 max(m - q, (m - b) / 4), with b the best, m the median and
    q the lower quartile, counts as c, so that terrible values do not flatten the good ones.
    """
    failed = np.isnan(values)
    finite = values[~failed]
    if not len(finite):
        return np.zeros_like(values), Scaling(0.0, 1.0)
    # Values near the largest double would overflow in sums and squares.
    unit = max(1.0, float(np.abs(finite).max()) / 1e100)
    kept = _winsorised(finite / unit)
    centre, spread = float(kept.mean()), float(kept.std())
    if not spread > 1e-12 * max(abs(centre), 1e-300):
        spread = 1.0
    z = np.empty_like(values)
    z[~failed] = (kept - centre) / spread
    if failed.any():
        z[failed] = failure_value(z[~failed], float(failed.mean()))
        shift = float(z.mean())
        z -= shift
        centre += shift * spread
    return z, Scaling(centre * unit, spread * unit)


def failure_value(values: Array, share: float) -> float:
    """Return what failures count as: beyond the worst; as the worst where most trials fail."""
    low, high = float(values.min()), float(values.max())
    return high if share > _MOSTLY_FAILED and high > low else high + 0.5 * (high - low) + 1.0


def _winsorised(values: Array) -> Array:
    best, quartile, median = np.quantile(values, [0.0, 0.25, 0.5])
    cap = median + 2.0 * max(median - quartile, (median - best) / 4.0)
    # With most values equal to the best the cap would wipe out every difference.
    return np.minimum(values, cap) if cap > best else values
