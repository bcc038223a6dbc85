"""How like the examples of a task are, as several checks read it (S0.3, S2.8)."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shared:
    """Examples with equal inputs in two splits: the ``share`` of the split that has more of it."""

    one: str
    other: str
    n: int
    share: float
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Near:
    """The share of a split's rows that nearly are training rows; what is usual in training."""

    split: str
    share: float
    usual: float
    n: int


@dataclass(frozen=True, slots=True)
class Reread:
    """Of ``n`` examples read again, those with other inputs, and those with other targets alone."""

    split: str
    n: int
    inputs: int = 0
    targets: int = 0


@dataclass(frozen=True, slots=True)
class Likeness:
    """Of ``n`` training examples ``n_printed`` could be compared, ``n_distinct`` are different.

    ``bits`` is at most what an input holds. ``has_labels``: a target is one whole number.
    ``conflicting`` have equal inputs and other targets.
    """

    n: int
    n_printed: int
    n_distinct: int
    share_read: float = 1.0
    bits: float = math.inf
    has_labels: bool = False
    shared: tuple[Shared, ...] = ()
    near: tuple[Near, ...] = ()
    repeated: tuple[str, ...] = ()
    n_conflicting: int = 0
    conflicting: tuple[str, ...] = ()
    rereads: tuple[Reread, ...] = ()

    @property
    def is_few_valued(self) -> bool:
        """Whether equal inputs are to be expected: they hold less than a birthday needs."""
        return self.bits < 3 * math.log2(max(2, self.n))
