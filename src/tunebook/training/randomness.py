"""The seed of a trial, and the states of all generators whose libraries are imported already."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

_PURPOSE = 1
"""The stream of a trial's number that feeds its training; 0 feeds its configuration."""


def trial_seed(study_seed: int, number: int) -> int:
    """Return the seed of a trial, from 0 to 2**32 - 1, which no other trial's draws can move."""
    from numpy.random import SeedSequence

    key = (number % 2**32, _PURPOSE)
    return int(SeedSequence(study_seed, spawn_key=key).generate_state(1)[0])


def seed_everything(seed: int) -> None:
    """Seed the global generators of Python, and of NumPy and PyTorch where they are loaded (I8)."""
    random.seed(seed)
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if numpy is not None:
        numpy.random.seed(seed)
    if torch is not None:
        torch.manual_seed(seed)


def random_states() -> dict[str, Any]:
    """Return the states of all global generators that are loaded, by library."""
    states: dict[str, Any] = {"python": random.getstate()}
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if numpy is not None:
        states["numpy"] = numpy.random.get_state()
    if torch is not None:
        states["torch"] = torch.get_rng_state()
        if torch.cuda.is_initialized():
            states["torch.cuda"] = torch.cuda.get_rng_state_all()
    return states


def restore_random_states(states: Mapping[str, Any]) -> None:
    """Put the generators back to where ``random_states`` found them."""
    random.setstate(states["python"])
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if numpy is not None and "numpy" in states:
        numpy.random.set_state(states["numpy"])
    if torch is not None and "torch" in states:
        torch.set_rng_state(states["torch"])
        cuda = states.get("torch.cuda", ())
        if cuda and torch.cuda.is_available() and len(cuda) == torch.cuda.device_count():
            torch.cuda.set_rng_state_all(cuda)


@contextmanager
def preserved_randomness() -> Iterator[None]:
    """Leave the generators as they were: for trials that train in the user's own process."""
    states = random_states()
    try:
        yield
    finally:
        restore_random_states(states)
