"""What the splits of a task show, as several checks read it (S0.3, S2.7)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from tunebook.checks.check import Ability, Asked, Check, Conclusion, read
from tunebook.checks.experiments import Look
from tunebook.checks.readings import OutOfMemory, Raised, Readings
from tunebook.records import Configuration
from tunebook.records.finding import Finding
from tunebook.training.task import Split

_T = TypeVar("_T")

_N_EACH = 5

TRAIN, VALIDATION = Split.TRAIN.value, Split.TRAIN_VAL.value


@dataclass(frozen=True, slots=True)
class Values:
    """The numbers of one tensor of a split's batches; moments and range are of the finite ones.

    ``width`` is how many an example has, None if examples differ. ``fractions`` is the share that
    is not whole. ``counts`` are of targets alone, where they are whole and few are different.
    ``constant`` are columns of targets that hold one value. ``not_finite`` are rows.
    """

    dtype: str
    n: int
    width: int | None = 1
    mean: float = 0.0
    deviation: float = 0.0
    quartiles: tuple[float, float, float] = (0.0, 0.0, 0.0)
    fractions: float = 0.0
    counts: Mapping[int, int] = field(default_factory=dict)
    constant: tuple[int, ...] = ()
    not_finite: tuple[int, ...] = ()

    @property
    def are_classes(self) -> bool:
        """Whether they are numbers of classes with some examples each, or zeros and ones."""
        is_whole = "float" not in self.dtype and _N_EACH * len(self.counts) <= self.n
        return bool(self.counts) and (is_whole or set(self.counts) <= {0, 1})


@dataclass(frozen=True, slots=True)
class SplitFigures:
    """A split of ``n`` examples, None if there is no such split, of which ``n_read`` were read."""

    n: int | None
    n_read: int = 0
    failed: Raised | OutOfMemory | None = None
    values: Mapping[str, Values] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Splits:
    """All splits by name, and what network and loss say of them.

    ``copes``: the loss of examples that hold NaN or infinity is finite all the same. ``refused``
    are labels that the loss raises on, while it takes others; ``n_classes`` what the network has.
    """

    by_name: Mapping[str, SplitFigures]
    copes: bool | None = None
    refused: tuple[int, ...] = ()
    n_classes: int | None = None

    def targets(self) -> dict[str, dict[str, Values]]:
        """Return the targets that training has, by name and split."""
        names = [name for name in self.by_name[TRAIN].values if name.startswith("targets")]
        return {
            name: {s: f.values[name] for s, f in self.by_name.items() if name in f.values}
            for name in names
        }


def data_check(
    name: str,
    question: str,
    *,
    rules: tuple[str, ...],
    kind: type[_T],
    judge: Callable[[_T], Iterable[Finding]],
    after: tuple[str, ...] = ("data",),
) -> Check:
    """Return a check of the data that needs one look, named as what it gives."""

    def ask(config: Configuration, length: int, readings: Readings) -> Asked:
        look = Look(kind.__name__.lower(), config)
        seen = read(readings, look, kind)
        return (look,) if seen is None else Conclusion(tuple(judge(seen)))

    return Check(name, question, rules, Ability.HAS_DATA, ask, after=after, reads=(kind,))


def is_no_chance(share: float, n: int, *, rarity: float = 1e-4) -> bool:
    """Whether none of ``n`` examples being what ``share`` of others are is no accident."""
    return n * math.log1p(-min(share, 1 - 1e-12)) < math.log(rarity)
