"""Does one input tell the target, in all data or in training alone (S0.3)?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tunebook.checks.split_figures import data_check
from tunebook.records.finding import Finding, Verdict


@dataclass(frozen=True, slots=True)
class Telling:
    """An input that tells a target: how much of it, in training and in validation.

    Of classes it is the share that is right, of numbers the correlation. ``chance`` is what no
    input would tell. ``is_exact``: nothing is left to be told.
    """

    column: str
    target: int
    train: float
    validation: float | None
    chance: float
    is_exact: bool = False


@dataclass(frozen=True, slots=True)
class Leaks:
    """What tells a target best, of ``n_inputs`` single inputs and ``n_targets`` targets."""

    n_inputs: int
    n_targets: int
    telling: tuple[Telling, ...] = ()


def judge(seen: Leaks) -> Iterator[Finding]:
    """Yield a problem where one input alone knows the target, and should not."""
    gone = [t for t in seen.telling if _is_gone(t)]
    exact = [t for t in seen.telling if t.is_exact and t not in gone]
    for found, where in ((exact, ""), (gone, ", in training and not in validation")):
        if not found:
            continue
        # Of several targets some may be inputs by nature, as in the state of a system.
        is_problem = found is gone or len({t.target for t in found}) == seen.n_targets
        yield Finding(
            "leak",
            Verdict.PROBLEM if is_problem else Verdict.NOTICE,
            f"One input alone tells the target{where}.",
            value=", ".join(map(_told, found[:3])),
            expected="no single input that knows it",
            causes=(f"leakage: the label is part of the inputs{where}",),
            advice="Take it out of the inputs.",
            items=tuple(t.column for t in found),
            source="S0.3",
        )
    if not exact and not gone and seen.n_inputs:
        told = f"{seen.n_inputs} inputs, {seen.n_targets} targets"
        yield Finding("leak", Verdict.PASS, "No input tells the target.", told, source="S0.3")


def _is_gone(telling: Telling) -> bool:
    """Whether what training tells is no more than half as much in validation."""
    if telling.validation is None:
        return False
    return telling.validation - telling.chance < 0.5 * (telling.train - telling.chance)


def _told(telling: Telling) -> str:
    told = f"{telling.column}: {telling.train:.1%} of target {telling.target} in training"
    if telling.validation is not None:
        told += f", {telling.validation:.1%} in validation"
    return told


CHECK = data_check(
    "leak", "Does one input tell the target?", rules=("S0.3",), kind=Leaks, judge=judge
)
