"""Adaptation with a few labelled examples of the test side: added, or trained on last (S2.15).

The examples are taken from test-val; what is left of it measures the shift before and after.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch.utils.data import ConcatDataset

from tunebook.datasets.splitting import sample_of
from tunebook.diagnosis.decomposition import Term, TermName, judge_adaptation
from tunebook.errors import TaskError
from tunebook.probes.error_rates import ErrorFigures, measure_errors
from tunebook.recipes.loop import Training
from tunebook.recipes.sampling import classes_of, part_of
from tunebook.records.finding import Finding
from tunebook.training.task import Examples, Split, Task

ADDED, FINE_TUNED = "added to the training data", "trained on last"
"""The two supervised kinds."""

FINE_TUNING_SHARE, FINE_TUNING_FACTOR = 0.25, 0.1
"""Fine-tuning takes a quarter of the updates at a tenth of the rate (ours)."""

UPDATES_OF_ADAPTATION = 2.0 + FINE_TUNING_SHARE
"""What it costs in trainings."""


@dataclass(frozen=True, slots=True)
class Adaptation:
    """The errors before, and after each kind of use of ``n_target`` labelled target examples."""

    before: ErrorFigures
    after: Mapping[str, ErrorFigures]
    n_target: int

    def judge(self) -> Finding:
        """Return what each kind makes of the shift term."""
        after = {kind: _shift(figures) for kind, figures in self.after.items()}
        return judge_adaptation(_shift(self.before), after, n_target=self.n_target)


def adapt(
    task: Task, config: Mapping[str, Any], *, n_target: int, n_updates: int, seed: int = 0
) -> Adaptation:
    """Train without target examples, with them added, and fine-tuned on them (S2.15).

    Takes 2.25 times ``n_updates``. ``TaskError`` where test-val is too small to give so many away.
    """
    whole = task.examples(Split.TEST_VAL)
    if not 0 < n_target <= len(whole) // 2:
        raise TaskError(
            "So many labelled target examples cannot be taken from test-val",
            got=n_target,
            expected=f"1 to {len(whole) // 2}: the rest measures the shift",
        )
    given = sample_of(classes_of(whole), n_target / len(whole), seed=seed)
    kept = sorted(set(range(len(whole))) - set(given))
    target, rest = part_of(whole, given), part_of(whole, kept)

    def training(examples: Examples, n: int, **changes: Any) -> Training:
        found = {Split.TRAIN.value: examples, Split.TEST_VAL.value: rest}
        # Other splits are read when they are asked for: the test set is not (I2).
        changed = replace(
            task, data=lambda split: found.get(split) or task.data(split), features=None
        )
        return Training(changed, {**config, **changes}, n_updates=n, seed=seed)

    source = task.examples(Split.TRAIN)
    plain = _trained(training(source, n_updates))
    both: Any = ConcatDataset([source, target])  # type: ignore[list-item]  # map-style datasets
    added = _trained(training(both, n_updates))
    n_last = max(1, round(FINE_TUNING_SHARE * n_updates))
    last = training(target, n_last, lr=FINE_TUNING_FACTOR * plain.settings.lr)
    last.network.load_state_dict(plain.network.state_dict())
    return Adaptation(
        before=measure_errors(plain),
        after={ADDED: measure_errors(added), FINE_TUNED: measure_errors(_trained(last))},
        n_target=len(given),
    )


def _trained(training: Training) -> Training:
    for _ in range(training.n_updates):
        training.update()
    return training


def _shift(figures: ErrorFigures) -> Term:
    found = figures.decompose().term(TermName.SHIFT)
    if found is None:
        raise TaskError("The task has no test-side validation set: its shift is unknown")
    return found
