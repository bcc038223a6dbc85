"""Quasi-random search (S4.43): a scrambled Halton sequence laid over the space.

Trial n of the searcher's own gets point n of those that give a new, allowed configuration. Where
the study stands in the sequence is read off its history, so a resumed study goes on as if it had
never stopped, and the first 16 trials of 32 are a study of 16.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, final

from tunebook.records import Configuration
from tunebook.search.protocol import Decision, History, Randomness, Start
from tunebook.search.tried import Tried

if TYPE_CHECKING:
    from tunebook.space import Space

MAX_SKIPPED = 20_000
"""So many points in a row without a new, allowed configuration end the search."""


@final
class _Sequence:
    """The allowed configurations of one space and seed, in order; grown when needed."""

    def __init__(self, space: Space, max_steps: int | None, seed: int) -> None:
        self.space = space
        self.max_steps = max_steps
        self.seed = seed
        self._found: list[Configuration] = []
        self._points = self._walk()

    def at(self, index: int) -> Configuration | None:
        """Return configuration ``index``, or None when the space is exhausted before it."""
        while len(self._found) <= index:
            config = next(self._points, None)
            if config is None:
                return None
            self._found.append(config)
        return self._found[index]

    def _walk(self) -> Iterator[Configuration]:
        from tunebook.search.sequences import halton_point

        space, size = self.space, self.space.size()
        seen: set[Configuration] = set()
        n_skipped = index = 0
        while size is None or len(seen) < size:
            config = space.decode(halton_point(len(space.dimensions), self.seed, index))
            index += 1
            if config in seen or not space.satisfies(config, self.max_steps):
                n_skipped += 1
                if n_skipped == MAX_SKIPPED:
                    return
                continue
            n_skipped = 0
            if size is not None:
                seen.add(config)
            yield config


@final
@dataclass(frozen=True, slots=True)
class Halton:
    """Covers the space evenly, at any parallelism. No options."""

    name = "halton"
    watches_running = False

    # Caches: the sequence last used, and the configurations of others.
    _sequence: Callable[[Space, int | None, int], _Sequence] = field(
        default_factory=lambda: lru_cache(maxsize=1)(_Sequence),
        init=False,
        repr=False,
        compare=False,
    )
    _others: Tried = field(default_factory=Tried, init=False, repr=False, compare=False)

    def decide(self, history: History, slots: int, rng: Randomness) -> Sequence[Decision]:
        """Start the next points of the sequence; nothing when a finite space is exhausted."""
        sequence = self._sequence(history.space, history.max_steps, rng.seed)
        own = [t for t in history.trials if t.source == "searcher"]
        others = self._others.of([t for t in history.trials if t.source != "searcher"])
        index = len(own)
        if own and others:
            index = _after(sequence, own[-1].config, first=len(own) - 1, n_more=len(others))
        decisions: list[Decision] = []
        while len(decisions) < slots:
            config = sequence.at(index)
            if config is None:
                break
            index += 1
            if config not in others:
                decisions.append(Start(config, why=f"point {index} of the Halton sequence"))
        return decisions


def _after(sequence: _Sequence, last: Configuration, *, first: int, n_more: int) -> int:
    """Return the index behind ``last``: points that others had tried were passed over."""
    for index in range(first, first + n_more + 1):
        if sequence.at(index) == last:
            return index + 1
    return first + 1
