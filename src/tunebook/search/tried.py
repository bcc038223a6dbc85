"""Which configurations a study has tried: a cache, rebuilt for a history with other trials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

from tunebook.records import Configuration, Trial, TrialState


@final
@dataclass(slots=True)
class Tried:
    """The set of configurations of all trials but those that were called off."""

    _seen: list[Configuration | None] = field(default_factory=list)
    _known: set[Configuration] = field(default_factory=set)

    def of(self, trials: Sequence[Trial]) -> set[Configuration]:
        """Return the configurations tried in ``trials``. The caller must not change the set."""
        now = [None if t.state is TrialState.CANCELLED else t.config for t in trials]
        n = len(self._seen)
        is_continued = n <= len(now) and all(a is b for a, b in zip(self._seen, now, strict=False))
        if not is_continued:
            self._seen, self._known, n = [], set(), 0
        self._known.update(config for config in now[n:] if config is not None)
        self._seen = now
        return self._known
