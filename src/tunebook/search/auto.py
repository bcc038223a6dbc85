"""The default searcher. Today it covers the space with Halton's sequence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

from tunebook.search.halton import Halton
from tunebook.search.protocol import Decision, History, Randomness


@final
@dataclass(frozen=True, slots=True)
class Auto:
    """Chooses the strategy for the study. No options."""

    _halton: Halton = field(default_factory=Halton, init=False, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The name in ``search=``."""
        return "auto"

    @property
    def watches_running(self) -> bool:
        """Nothing is stopped early."""
        return False

    def decide(self, history: History, slots: int, rng: Randomness) -> Sequence[Decision]:
        """Decide as the chosen strategy does."""
        return self._halton.decide(history, slots, rng)
