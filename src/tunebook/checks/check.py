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
        failed = () if self.copes else (Raised, OutOfMemory)
        # The check is not shown what failed: it asks for it again, and that is answered here.
        kept = {e: reading for e, reading in readings.items() if not isinstance(reading, failed)}
        asked = self.ask(config, length, kept)
        if isinstance(asked, Conclusion):
            return asked
        for experiment in asked:
            reading = readings.get(experiment)
            if isinstance(reading, Raised | OutOfMemory) and not self.copes:
                return Conclusion((failure(self, reading),))
        missing = tuple(e for e in dict.fromkeys(asked) if e not in readings)
        if not missing:
            raise AssertionError(f"the check {self.name} asks again for what it has read: {asked}")
        return missing


def failure(check: Check, reading: Raised | OutOfMemory) -> Finding:
    """Return the problem of an experiment that raised; its part says where (S2.7)."""
    is_memory = isinstance(reading, OutOfMemory)
    told = reading.told.lower()
    likely = [cause for words, cause in _LIKELY if any(w.lower() in told for w in words)]
    return Finding(
        check.name,
        Verdict.PROBLEM,
        f"{reading.part} ran out of memory." if is_memory else f"{reading.part} raised an error.",
        value=reading.told,
        expected="no error",
        causes=() if is_memory else tuple(likely[:1]),
        advice="Halve the batch, or make the inputs smaller."
        if is_memory
        else "Mend what it says.",
        items=reading.where,
        source="S2.7",
    )


_LIKELY = (
    (
        ("dtype", "scalar type", "FloatTensor", "LongTensor", "Double", "type ByteTensor"),
        "numbers of different types: data not converted to float32, or tokens that are no integers",
    ),
    (("index out of range", "out of bounds", "IndexError"), "numbers outside of their table"),
    (("shape", "size", "dimension", "channels"), "shapes that do not fit"),
)
"""What the words of an error point to, the most telling first (S2.7)."""


def read(readings: Readings, experiment: Experiment, kind: type[_T]) -> _T | None:
    """Return the reading of an experiment if it is there and of this kind."""
    found: Reading | None = readings.get(experiment)
    return found if isinstance(found, kind) else None
