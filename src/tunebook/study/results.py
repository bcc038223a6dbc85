"""What a study found, in the forms in which people take it away: the best, rows, data frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tunebook.engine import Facts
from tunebook.engine.retention import best_checkpoint
from tunebook.errors import InputError, StudyFailedError
from tunebook.live.appearance import short
from tunebook.records import Configuration, Trial, TrialNumber
from tunebook.storage.checkpoints import CheckpointStore

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Best:
    """The best trial so far; ``checkpoint`` is the file nearest to its best step, or None."""

    number: TrialNumber
    config: Configuration
    value: float
    step: int
    checkpoint: str | None = None

    def __str__(self) -> str:
        values = ", ".join(f"{name}={short(value)}" for name, value in self.config.items())
        return f"trial {self.number}: {self.value:.6g} at step {self.step} with {values}"


def best_of(facts: Facts, checkpoints: CheckpointStore) -> Best:
    """Return the best trial; ``StudyFailedError`` while no trial has a value."""
    trial = facts.best
    if trial is None or trial.value is None:
        counts = ", ".join(f"{n} {state}" for state, n in sorted(facts.n_final.items()) if n)
        raise StudyFailedError(
            f"The study {facts.known_spec.name!r} has no trial with a value yet",
            got=counts or f"{len(facts.trials)} trials, none of which has ended",
            do=f"The last error was: {facts.last_error}" if facts.last_error else None,
        )
    ref = best_checkpoint(facts, trial)
    path = None if ref is None else checkpoints.path_of(ref)
    return Best(trial.number, trial.config, trial.value, trial.best_step or trial.step, path)


def trial_of(facts: Facts, number: int) -> Trial:
    """Return the trial of that number; ``InputError`` if there is none."""
    if not 0 <= number < len(facts.trials):
        raise InputError(
            "There is no such trial", got=number, expected=f"0 to {len(facts.trials) - 1}"
        )
    return facts.trials[number]


def trial_row(trial: Trial) -> dict[str, Any]:
    """Return a trial's facts under the names of ``tunebook trials --json``."""
    return {
        "number": trial.number,
        "state": str(trial.state),
        "config": dict(trial.config),
        "value": trial.value,
        "step": trial.step,
        "steps_done": trial.steps_done,
        "seconds": trial.seconds,
        "cost": trial.cost,
        "error": trial.error,
        "parent": trial.parent,
    }


def best_row(best: Best) -> dict[str, Any]:
    """Return the best trial under the names of ``tunebook best --json``."""
    return asdict(best) | {"config": dict(best.config)}


def flat_row(trial: Trial) -> dict[str, Any]:
    """Return a trial's facts with a column for each parameter, ``config.x`` if ``x`` is a fact."""
    row = trial_row(trial)
    config = row.pop("config")
    return row | {f"config.{name}" if name in row else name: v for name, v in config.items()}


def measurement_rows(trials: Sequence[Trial]) -> Iterator[tuple[int, int, str, float, float]]:
    """Yield (trial, step, metric, value, seconds), by trial, metric and step."""
    for trial in trials:
        for metric, series in trial.curves.items():
            for point in zip(series.steps, series.values, series.seconds, strict=True):
                yield (trial.number, point[0], metric, point[1], point[2])


MEASUREMENT_COLUMNS = ("trial", "step", "metric", "value", "seconds")


def trials_frame(trials: Sequence[Trial]) -> pd.DataFrame:
    """Return one row for each trial; parameters that a trial does not have are missing values."""
    return _frame([flat_row(trial) for trial in trials])


def curves_frame(trials: Sequence[Trial]) -> pd.DataFrame:
    """Return one row for each measurement."""
    return _frame(list(measurement_rows(trials)), list(MEASUREMENT_COLUMNS))


def _frame(rows: list[Any], columns: list[str] | None = None) -> pd.DataFrame:
    try:
        import pandas as pd
    except ModuleNotFoundError:
        raise InputError(
            "pandas is not installed",
            do="pip install pandas, or use study.trials, or 'tunebook export STUDY'",
        ) from None
    return pd.DataFrame(rows, columns=columns)
