"""What a check is: a question, and a pure function that asks for experiments or concludes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias, TypeVar

from tunebook.checks.experiments import Experiment
from tunebook.checks.readings import OutOfMemory, Raised, Reading, Readings
from tunebook.records import Configuration, Value
from tunebook.records.finding import Finding, Verdict

_T = TypeVar("_T")


class Ability(StrEnum):
    """What can be done with a subject: the only question that is ever asked of one."""

    CAN_TRAIN = "it can be trained"
    CAN_LOOK_INSIDE = "it can be looked into"
    HAS_DATA = "it has data"
    HAS_TRIALS = "it has trials"


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What follows: findings, and maybe a change of the configuration with its reason."""

    findings: tuple[Finding, ...]
    change: Mapping[str, Value] = field(default_factory=dict)
    reason: str = ""


Asked: TypeAlias = tuple[Experiment, ...] | Conclusion


@dataclass(frozen=True, slots=True)
class Check:
    """One question about a subject.

    ``ask(config, length, readings)`` returns the experiments still needed, which may run at the
    same time, or what follows from them; ``length`` is that of a full training, in updates. Checks
    of ``after`` must not have found a problem before. ``least`` and ``most`` bound the number of
    experiments. ``reads`` are the types of its own readings. One that raised concludes for the
    check, unless it ``copes`` with failures itself. One that is not quick is asked by the guide,
    and otherwise only where all checks are wanted.
    """

    name: str
    question: str
    rules: tuple[str, ...]
    ability: Ability
    ask: Callable[[Configuration, int, Readings], Asked]
    least: int = 1
    most: int = 1
    after: tuple[str, ...] = ()
    reads: tuple[type, ...] = ()
    copes: bool = False
    is_quick: bool = True

    def next(self, config: Configuration, length: int, readings: Readings) -> Asked:
        """Return what the check asks for and has not been read yet, or its conclusion."""
        failed = {} if self.copes else {e: r for e, r in readings.items() if isinstance(r, Raised)}
        # The check is not shown what failed: it asks for it again, and that is answered here.
        asked = self.ask(config, length, {e: r for e, r in readings.items() if e not in failed})
        if isinstance(asked, Conclusion):
            return asked
        for experiment in asked:
            if experiment in failed:
                return Conclusion((failure(self, failed[experiment]),))
        missing = tuple(e for e in dict.fromkeys(asked) if e not in readings)
        assert missing, f"the check {self.name} asks again for what it has read: {asked}"
        n = len(missing)
        assert n <= self.most, (
            f"the check {self.name} asks for {n} experiments, {self.most} at most"
        )
        return missing


def failure(check: Check, reading: Raised) -> Finding:
    """Return the problem of an experiment that raised; its part says where (S2.7)."""
    title, causes, advice = "raised an error.", list[str](), "Mend what it says."
    if isinstance(reading, OutOfMemory):
        title, advice = "ran out of memory.", "Halve the batch, or make the inputs smaller."
    else:
        words = reading.told.lower()
        causes = [cause for cause, likely in _LIKELY.items() if any(w in words for w in likely)]
    return Finding(
        check.name,
        Verdict.PROBLEM,
        f"{reading.part} {title}",
        value=reading.told,
        expected="no error",
        causes=tuple(causes[:1]),
        advice=advice,
        items=reading.where,
        source="S2.7",
    )


_LIKELY = {
    "numbers of different types: data not converted to float32, or tokens that are no integers": (
        *("dtype", "scalar type", "floattensor", "longtensor", "double", "type bytetensor"),
    ),
    "numbers outside of their table": ("index out of range", "out of bounds", "indexerror"),
    "shapes that do not fit": ("shape", "size", "dimension", "channels"),
}
"""Causes by the words of an error that point to them, the most telling first (S2.7)."""


def read(readings: Readings, experiment: Experiment, kind: type[_T]) -> _T | None:
    """Return the reading of an experiment if it is there and of this kind."""
    found: Reading | None = readings.get(experiment)
    return found if isinstance(found, kind) else None
