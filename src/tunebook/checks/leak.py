"""Does one input tell the target, in all data or in training alone (S0.3)?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tunebook.checks.data import data_check
from tunebook.checks.one_look import Lines
from tunebook.records.finding import Finding

_LINES = Lines("leak", {
    "told": ("One input alone tells the target{where}.",
             "leakage: the label is part of the inputs{where}", "Take it out of the inputs."),
    "number": ("An input is the number of the row, and the file is sorted: it tells the target.",
               "leakage: a row number, identifier or timestamp is among the inputs",
               "Take it out of the inputs."),
}, source="S0.3")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Telling:
    """An input that tells a target: how much of it, in training and in validation.

    Of classes it is the share that is right, of numbers the correlation. ``is_exact``: nothing is
    left to be told. ``is_gone``: no more than half of it is left in validation. ``is_number``: the
    input is the number of the row.
    """

    column: int
    target: int
    train: float
    validation: float | None
    is_exact: bool = False
    is_gone: bool = False
    is_number: bool = False

    def __str__(self) -> str:
        """Tell what it tells."""
        told = f"input {self.column}: {self.train:.1%} of target {self.target} in training"
        return told + ("" if self.validation is None else f", {self.validation:.1%} in validation")


@dataclass(frozen=True, slots=True)
class Leaks:
    """What tells a target best, of ``n_inputs`` single inputs and ``n_targets`` targets."""

    n_inputs: int
    n_targets: int
    telling: tuple[Telling, ...] = ()


def judge(seen: Leaks) -> Iterator[Finding]:
    """Yield a problem where one input alone knows the target, and should not."""
    numbers = [t for t in seen.telling if t.is_number]
    exact = [t for t in seen.telling if t.is_exact and not t.is_gone]
    gone = [t for t in seen.telling if t.is_gone]
    for key, found in (("number", numbers), ("told", exact), ("told", gone)):
        if found:
            # Of several targets some may be inputs by nature, as in the state of a system.
            is_bad = found is not exact or len({t.target for t in found}) == seen.n_targets
            where = ", in training and not in validation" if found is gone else ""
            value, items = ", ".join(map(str, found[:3])), [f"input {t.column}" for t in found]
            expected = "no single input that knows it"
            yield _LINES.found(key, value, expected, is_bad=is_bad, items=items, where=where)
            if is_bad:
                return
    if not exact and seen.n_inputs:
        told = f"{seen.n_inputs} inputs, {seen.n_targets} targets"
        yield _LINES.passed("No input tells the target.", told)


CHECK = data_check("leak", "Does one input tell the target?", Leaks, judge, rules=("S0.3",))
