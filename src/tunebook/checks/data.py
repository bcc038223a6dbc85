"""Can every split be read, and are all numbers finite (S2.7)?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from tunebook.analysis.series import number
from tunebook.checks.check import Ability, failure
from tunebook.checks.one_look import Lines, check_of
from tunebook.checks.readings import OutOfMemory, Raised
from tunebook.records.finding import Finding
from tunebook.training.task import Split

TRAIN, VALIDATION = Split.TRAIN.value, Split.TRAIN_VAL.value
_N_EACH, _N_SHOWN = 5, 20
_LINES = Lines("data", {
    "none": ("The split {split!r} is {state}.", "",
             "Return a dataset of (inputs, target) pairs from data({split!r})."),
    "bad": ("NaN or infinity is in the {names}.", "missing values: NaN or infinity in the data",
            "Fill missing values in, or leave these examples out."),
    "left out": ("NaN or infinity is in the {names}, and the loss leaves it out.", "", ""),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Values:
    """The finite numbers of one tensor of a split's batches. A feature of images is a channel.

    Of the ``n_features`` that vary, ``mean`` is the largest |mean|, ``deviations`` are the least
    and the largest. ``fractions`` is the share that is not whole. ``counts`` are of targets that
    are whole and of few values. ``is_exact``: the split's own statistics made its scale. ``moved``
    are features that lie elsewhere than in training; ``is_other``: all numbers together do.
    ``order`` is that of the columns of training which makes those of this split agree with them.
    ``filled`` is one value that many have, with its share, if it is no natural one.
    ``not_finite`` are examples. ``common`` is the share of one word of a text among all its words.
    """

    dtype: str
    n: int
    n_features: int = 0
    n_constant: int = 0
    mean: float = 0.0
    deviations: tuple[float, float] = (0.0, 0.0)
    range: tuple[float, float] = (0.0, 0.0)
    fractions: float = 0.0
    counts: Mapping[int, int] = field(default_factory=dict)
    is_exact: bool = False
    moved: tuple[int, ...] = ()
    is_other: bool = False
    order: tuple[int, ...] = ()
    filled: tuple[float, float] = (0.0, 0.0)
    common: float = 0.0
    not_finite: tuple[int, ...] = ()

    def __str__(self) -> str:
        """Tell the scale."""
        told = f"mean up to {number(self.mean)}, deviation "
        told += " to ".join(number(d) for d in dict.fromkeys(self.deviations))
        if self.n_constant:
            told += f"; {self.n_constant} of {self.n_features} features are constant"
        return told

    @property
    def are_classes(self) -> bool:
        """Whether they are numbers of classes with some examples each, or zeros and ones."""
        is_whole = "float" not in self.dtype and _N_EACH * len(self.counts) <= self.n
        return bool(self.counts) and (is_whole or set(self.counts) <= {0, 1})


@dataclass(frozen=True, slots=True)
class SplitData:
    """A split of ``n`` examples, None if there is no such split, of which ``n_read`` were read."""

    n: int | None
    n_read: int = 0
    failed: Raised | OutOfMemory | None = None
    values: Mapping[str, Values] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Splits:
    """All splits by name. ``copes``: the loss leaves out what is NaN or infinity.

    ``reaches`` is the size of what the first layer with weights is given, None if unknown.
    ``has_words``: the network looks words up. ``is_heeded``: the loss heeds the targets.
    ``is_sorted``: targets rise, or fall, from example to example.
    """

    by_name: Mapping[str, SplitData]
    copes: bool = False
    reaches: float | None = None
    has_words: bool = False
    is_heeded: bool = True
    is_sorted: bool = False

    def named(self, side: str) -> dict[str, dict[str, Values]]:
        """Return the ``inputs`` or ``targets`` that training has, by name and split."""
        return {
            name: {s: f.values[name] for s, f in self.by_name.items() if name in f.values}
            for name in self.by_name[TRAIN].values
            if name.startswith(side)
        }


def judge(seen: Splits) -> Iterator[Finding]:
    """Yield a problem for each split that is missing, empty or raises; then what is not finite."""
    found: dict[str, Finding] = {}
    for name, split in seen.by_name.items():
        if split.failed is not None:
            # What raises for one split raises for all of them as a rule: it is one problem.
            found.setdefault(split.failed.told, failure(CHECK, split.failed))
        elif not split.n and name in {TRAIN, VALIDATION}:
            state = "missing" if split.n is None else "empty"
            found[name] = _LINES.found("none", "0 examples", "at least 1", split=name, state=state)
    yield from (findings := [*found.values(), *_not_finite(seen)])
    if not findings:
        sizes = (f"{f.n_read} of {f.n} of {name}" for name, f in seen.by_name.items() if f.n)
        value = f"examples: {', '.join(sizes)}"
        yield _LINES.passed("Every split can be read, and all numbers are finite.", value)


def _not_finite(seen: Splits) -> Iterator[Finding]:
    """Yield a finding on what is not finite: no problem where the loss stays finite all the same.

    Masks of infinity, and missing targets that a loss leaves out, are such cases.
    """
    bad = [
        (split, name, figures.n_read, values.not_finite)
        for split, figures in seen.by_name.items()
        for name, values in figures.values.items()
        if values.not_finite
    ]
    if bad:
        yield _LINES.found(
            "left out" if seen.copes else "bad",
            ", ".join(f"{len(rows)} of {n} of {split} ({name})" for split, name, n, rows in bad),
            "none",
            is_bad=not seen.copes,
            items=[f"{s} {row} ({name})" for s, name, _, rows in bad for row in rows][:_N_SHOWN],
            names=" and ".join(sorted({name for _, name, _, _ in bad})),
        )


def is_no_chance(share: float, n: int, *, rarity: float = 1e-4) -> bool:
    """Whether none of ``n`` examples being what ``share`` of others are is no accident."""
    return n * math.log1p(-min(share, 1 - 1e-12)) < math.log(rarity)


data_check = partial(check_of, ability=Ability.HAS_DATA, after=("data",))
"""Makes the check of a look at the data, once these can be read."""

CHECK = data_check("data", "Can every split be read?", Splits, judge, after=())
