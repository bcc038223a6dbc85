"""Fresh configurations for asha, hyperband and median, which decide how long to train, not what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import final

from tunebook.search.halton import Halton
from tunebook.search.protocol import History, Randomness, Searcher, Start
from tunebook.search.random import Random

STARTS = ("random", "halton")
"""The strategies that look at no result."""


@final
class Sources(dict[str, Searcher]):
    """The strategies that propose configurations, by name, with their caches."""

    def __missing__(self, name: str) -> Searcher:
        if name == "bayes":
            from tunebook.search.bayes import Bayes

            # How many trials run at once is the affair of whoever asks for starts.
            self[name] = Bayes(max_concurrent=20)
        else:
            self[name] = Halton() if name == "halton" else Random()
        return self[name]


def fresh_starts(
    source: Searcher,
    history: History,
    slots: int,
    rng: Randomness,
    *,
    until_step: int | None = None,
    why: str | None = None,
) -> Sequence[Start]:
    """Return at most ``slots`` starts of the strategy ``source``, each up to ``until_step``."""
    if slots <= 0 or history.trials_left == 0:
        return ()
    found = (d for d in source.decide(history, slots, rng) if isinstance(d, Start))
    return [replace(d, until_step=until_step, why=why or d.why) for d in found]
