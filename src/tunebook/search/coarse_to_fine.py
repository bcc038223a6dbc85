"""Coarse to fine: random search in rounds, each in the box around the last one's best (S2.19).

A round's box follows from the trials of the rounds before it, which have to end first. Narrowing
goes by itself; fixing a parameter, or widening the space, is only ever proposed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, final

from tunebook.analysis.axis import end_of
from tunebook.analysis.narrowing import Box, Narrowing, narrowed, placed
from tunebook.records import Configuration
from tunebook.search.coordinates import alone
from tunebook.search.options import check_options, option
from tunebook.search.protocol import Decision, History, Randomness, Start
from tunebook.search.random import draw
from tunebook.search.rungs import UNDER_WAY

if TYPE_CHECKING:
    from numpy.random import Generator

    from tunebook.space import Space

_MAX_TRIES = 1000
_N_SHOWN = 3


@final
@dataclass(frozen=True, slots=True)
class CoarseToFine:
    """Searches at random, then again around the best, in ever smaller boxes."""

    name = "coarse-to-fine"
    # A round is looked at when its trials have ended.
    watches_running = False

    rounds: int = option(3, "rounds; the last goes on as long as the budget", low=1, high=10)
    trials_per_round: int = option(20, "trials before the box is narrowed", low=20, high=1000)
    lengths: Literal["full", "growing"] = option(
        "full",
        "train every trial to its end, or those of early rounds only in part",
        choices=("full", "growing"),
    )

    def __post_init__(self) -> None:
        check_options(self)

    def decide(self, history: History, slots: int, rng: Randomness) -> Sequence[Decision]:
        """Start random trials in the round's box; wait for the last ones before it is narrowed."""
        own = history.own
        index = min(len(own) // self.trials_per_round, self.rounds - 1)
        until = self._until(history, index)
        before = own[: index * self.trials_per_round]
        if any(t.state in UNDER_WAY for t in before):
            return []
        box = self.narrowings(history)[index - 1].box if index else Box.of(history.space)
        is_last = index == self.rounds - 1
        n_left = slots if is_last else (index + 1) * self.trials_per_round - len(own)
        why = f"round {index + 1} of {self.rounds}{_described(box, history.space)}"
        decisions: list[Decision] = []
        for i in range(min(slots, n_left)):
            number = history.next_number + i
            config = _drawn(box, history, rng.of_trial(number))
            if config is None:
                break
            decisions.append(Start(config, until, why))
        return decisions

    def narrowings(self, history: History) -> list[Narrowing]:
        """Return what each complete round led to, the last included: a box, and proposals."""
        own, box, found = history.own, Box.of(history.space), list[Narrowing]()
        for index in range(1, self.rounds + 1):
            first = 0 if self.lengths == "full" else (index - 1) * self.trials_per_round
            seen = own[first : index * self.trials_per_round]
            is_complete = len(own) >= index * self.trials_per_round
            if not is_complete or any(t.state in UNDER_WAY for t in seen):
                break
            known = [placed(t, history.space, history.objective) for t in seen]
            found.append(narrowed(box, [p for p in known if p], round_number=index))
            box = found[-1].box
        return found

    def _until(self, history: History, index: int) -> int | None:
        """Return the steps of growing rounds: T^(1/3), T^(2/3), T; of 100: 5, 22, 100 [CS231N]."""
        end = history.max_steps
        is_last = index == self.rounds - 1
        if self.lengths == "full" or is_last or end is None or not history.can_pause:
            return None
        return math.ceil(math.pow(end, (index + 1) / self.rounds))


def _drawn(box: Box, history: History, stream: Generator) -> Configuration | None:
    """Return a random configuration in a box; anywhere, if constraints leave none in it."""
    space = history.space
    for _ in range(_MAX_TRIES):
        units = []
        for name, u in zip(space.dimensions, stream.random(len(space.dimensions)), strict=True):
            stretch = box.stretches.get(name)
            if stretch is not None:
                inside = stretch.inside
                units.append(inside.low + float(u) * inside.width)
            else:
                left = box.values[name]
                units.append(alone(space, name).encode({name: left[int(u * len(left))]})[0])
        config = space.decode(units)
        if space.satisfies(config, history.max_steps):
            return config
    return draw(history, stream, ())


def _described(box: Box, space: Space) -> str:
    """Say which ranges are narrowed most, three of them."""
    narrow = [(side.inside.width, name) for name, side in box.stretches.items()]
    shown = []
    for width, name in sorted(narrow)[:_N_SHOWN]:
        if width < 1.0:
            inside = box.stretches[name].inside
            low, high = end_of(space, name, inside.low), end_of(space, name, inside.high)
            shown.append(f"{name} from {low:.3g} to {high:.3g}")
    return ": " + ", ".join(shown) if shown else ""
