"""Checks that ask for one look and judge it, with what they may say in a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from tunebook.checks.check import Ability, Asked, Check, Conclusion, read
from tunebook.checks.experiments import Look
from tunebook.checks.readings import Readings
from tunebook.records import Configuration
from tunebook.records.finding import Finding, Verdict

SAME = 1e-5
"""Outputs that differ by less than this share of their scale are the same in float32."""


class Figures(Protocol):
    """What a look gives: ``failed`` has the measurements that raised, with what they raised."""

    @property
    def failed(self) -> Mapping[str, str]:
        """Errors by measurement."""
        ...


_T = TypeVar("_T", bound=Figures)


@dataclass(frozen=True, slots=True)
class Lines:
    """What a check may find: title, cause and advice by key; words in braces are filled in."""

    check: str
    table: Mapping[str, tuple[str, str, str]]

    def found(
        self,
        key: str,
        value: str,
        expected: str = "",
        *,
        is_bad: bool = True,
        items: Iterable[str] = (),
        **words: object,
    ) -> Finding:
        """Return a problem, or a notice if it is not bad."""
        title, cause, advice = (text.format(**words) for text in self.table[key])
        verdict = Verdict.PROBLEM if is_bad else Verdict.NOTICE
        causes, rest = (cause,) if cause else (), tuple(items)
        return Finding(
            self.check, verdict, title, value, expected, causes, "", advice, rest, "S2.7"
        )

    def passed(self, title: str, value: str, expected: str = "") -> Finding:
        """Return a pass."""
        return Finding(self.check, Verdict.PASS, title, value, expected, source="S2.7")


def check_of(
    name: str,
    question: str,
    *,
    kind: type[_T],
    judge: Callable[[_T], Iterable[Finding]],
    after: tuple[str, ...] = (),
) -> Check:
    """Return the check that asks for the look of its name and judges what it gives.

    A measurement that raised is unknown, and no pass.
    """

    def ask(config: Configuration, length: int, readings: Readings) -> Asked:
        look = Look(name, config)
        seen = read(readings, look, kind)
        if seen is None:
            return (look,)
        lines = tuple(judge(seen))
        if not seen.failed:
            return Conclusion(lines)
        # What passes is said only where all was measured.
        told = [f for f in lines if f.verdict is not Verdict.PASS]
        items = tuple(f"{what}: {error}" for what, error in seen.failed.items())
        title = f"Could not be measured: {', '.join(seen.failed)}."
        return Conclusion((*told, Finding(name, Verdict.UNKNOWN, title, items=items)))

    inside = Ability.CAN_LOOK_INSIDE
    return Check(name, question, ("S2.7",), inside, ask, after=after, reads=(kind,))
