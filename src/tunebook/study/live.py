"""What a person sees while a study runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tunebook.driver import Watcher
from tunebook.engine import Facts
from tunebook.execution.trial_setup import TrialSetup


@contextmanager
def watching(progress: bool | None, facts: Facts, setup: TrialSetup) -> Iterator[Watcher | None]:
    """Give the watcher that shows the study, None for none."""
    yield None
