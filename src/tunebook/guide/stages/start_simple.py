"""Stage 1: default values, regularization off (S2.4, S1.6, S1.7)."""

from __future__ import annotations

from tunebook.guide.session import Session
from tunebook.playbook.starting import default_values, first_batch_size, switched_off
from tunebook.probes.looking import class_imbalance, input_kind
from tunebook.recipes.loop import Training
from tunebook.recipes.settings import TrainingSettings
from tunebook.training.task import Split


def carry_out(session: Session) -> None:
    """Decide on the first configuration: what was given, and defaults for the rest."""
    task = session.task
    known = set(TrainingSettings.__dataclass_fields__)
    n_train = len(task.examples(Split.TRAIN))
    network = Training(task, session.given, n_updates=1, seed=session.seed).network
    n_parameters = sum(p.numel() for p in network.parameters())
    size = first_batch_size(class_imbalance(task), n_train, n_parameters)
    batch = min(int(str(size.value)), n_train)
    optimizer = str(session.given.get("optimizer", "adam"))
    defaults = default_values(input_kind(task), optimizer=optimizer, batch_size=batch)
    plain = {n: v for n, (v, _) in defaults.items() if n in known} | {"batch_size": batch}
    # What stands in the task's own space begins at the middle of its range.
    middle = {} if task.space is None else dict(task.space.default(None))
    values, banner = switched_off({**middle, **plain})
    session.adopt(1, {**values, **session.given}, f"default, untuned; {size.reason}. {banner}")
