"""Stage 1: default values, regularization off (S2.4, S1.6, S1.7)."""

from __future__ import annotations

from tunebook.checks.data import TRAIN, Splits
from tunebook.guide.session import Session
from tunebook.playbook.starting import default_values, first_batch_size, switched_off
from tunebook.recipes.loop import Training
from tunebook.training.task import Split


def carry_out(session: Session) -> None:
    """Decide on the first configuration: what was given, and marked defaults for the rest (I10)."""
    task = session.task
    n_train = len(task.examples(Split.TRAIN))
    network = Training(task, session.given, n_updates=1, seed=session.seed).network
    n_parameters = sum(p.numel() for p in network.parameters())
    size, why = first_batch_size(_imbalance(session), n_train, n_parameters)
    batch = min(size, n_train)
    optimizer = str(session.given.get("optimizer", "adam"))
    # What stands in the task's own space begins at the middle of its range.
    middle = {} if task.space is None else dict(task.space.default(None))
    plain = default_values(optimizer=optimizer, batch_size=batch) | {"batch_size": batch}
    values, banner = switched_off({**middle, **plain})
    session.adopt(1, {**values, **session.given}, f"default, untuned; {why}. {banner}")


def _imbalance(session: Session) -> float:
    """Return the largest class over the smallest; 1 where targets are no classes."""
    seen = next((r for r in session.readings.values() if isinstance(r, Splits)), None)
    known = seen.by_name[TRAIN].values.values() if seen is not None else ()
    counts = [list(v.counts.values()) for v in known if v.are_classes]
    return max((max(each) / min(each) for each in counts), default=1.0)
