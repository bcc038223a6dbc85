"""Stage 1: default values, regularization off (S2.4, S1.6, S1.7)."""

from __future__ import annotations

from tunebook.checks.data import TRAIN, Splits
from tunebook.guide.session import Session
from tunebook.playbook.starting import default_values, first_batch_size, switched_off
from tunebook.recipes.loop import Training
from tunebook.recipes.settings import TrainingSettings
from tunebook.training.task import Split


def carry_out(session: Session) -> None:
    """Decide on the first configuration: what was given, and defaults for the rest."""
    task, seen = session.task, _splits(session)
    known = set(TrainingSettings.__dataclass_fields__)
    n_train = len(task.examples(Split.TRAIN))
    network = Training(task, session.given, n_updates=1, seed=session.seed).network
    n_parameters = sum(p.numel() for p in network.parameters())
    size = first_batch_size(_imbalance(seen), n_train, n_parameters)
    batch = min(int(str(size.value)), n_train)
    optimizer = str(session.given.get("optimizer", "adam"))
    defaults = default_values(_input_kind(seen), optimizer=optimizer, batch_size=batch)
    plain = {n: v for n, (v, _) in defaults.items() if n in known} | {"batch_size": batch}
    # What stands in the task's own space begins at the middle of its range.
    middle = {} if task.space is None else dict(task.space.default(None))
    values, banner = switched_off({**middle, **plain})
    session.adopt(1, {**values, **session.given}, f"default, untuned; {size.reason}. {banner}")


def _splits(session: Session) -> Splits | None:
    """Return what stage 0 read of the splits."""
    return next((r for r in session.readings.values() if isinstance(r, Splits)), None)


def _imbalance(seen: Splits | None) -> float:
    """Return the largest class over the smallest; 1 where targets are no classes."""
    known = seen.by_name[TRAIN].values.values() if seen is not None else ()
    counts = [list(v.counts.values()) for v in known if v.are_classes]
    return max((max(each) / min(each) for each in counts), default=1.0)


def _input_kind(seen: Splits | None) -> str:
    """Return ``sequences`` for the numbers of words, else ``other``."""
    known = seen.by_name[TRAIN].values if seen is not None else {}
    inputs = [v.dtype for name, v in known.items() if name.startswith("inputs")]
    is_words = bool(inputs) and "int" in inputs[0] and inputs[0] != "uint8"
    return "sequences" if is_words else "other"
