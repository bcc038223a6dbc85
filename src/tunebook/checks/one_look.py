"""Checks that ask for one look and judge it, with what they may say in a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from tunebook.checks.check import Ability, Asked, Check, Conclusion, read
from tunebook.checks.experiments import Look
from tunebook.checks.readings import Readings
from tunebook.records import Configuration
from tunebook.records.finding import Finding, Verdict

SAME = 1e-5
"""Outputs that differ by less than this share of their scale are the same in float32."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a look gives: ``failed`` has the measurements that raised, with what they raised."""

    failed: Mapping[str, str] = field(default_factory=dict)


_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Lines:
    """What a check may find: title, cause and advice by key; words in braces are filled in."""

    check: str
    table: Mapping[str, tuple[str, str, str]]
    source: str = "S2.7"

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
            self.check, verdict, title, value, expected, causes, "", advice, rest, self.source
        )

    def passed(self, title: str, value: str, expected: str = "") -> Finding:
        """Return a pass."""
        return Finding(self.check, Verdict.PASS, title, value, expected, source=self.source)


@dataclass(frozen=True, slots=True)
class Symptom:
    """Something that points to a mistake: its key in the table of a check, and what was seen."""

    key: str
    value: str
    expected: str = ""
    name: str = ""
    items: tuple[str, ...] = ()
    is_bad: bool = True


@dataclass(frozen=True, slots=True)
class Symptoms(Figures):
    """What a look found, and in ``summary`` what it measured; nothing where it does not apply."""

    found: tuple[Symptom, ...] = ()
    summary: str | None = None


def look_name(kind: type) -> str:
    """Return the name of the look that gives this kind: ``first-batch`` of ``FirstBatch``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__.removesuffix("Figures")).lower()


def check_of(
    name: str,
    question: str,
    kind: type[_T],
    judge: Callable[[_T], Iterable[Finding]],
    *,
    ability: Ability = Ability.CAN_LOOK_INSIDE,
    rules: tuple[str, ...] = ("S2.7",),
    after: tuple[str, ...] = (),
) -> Check:
    """Return the check that asks for one look and judges what it gives.

    The look is named after ``kind``, or after the check if it gives symptoms. A measurement that
    raised is unknown, and no pass.
    """

    def ask(config: Configuration, length: int, readings: Readings) -> Asked:
        look = Look(name if kind is Symptoms else look_name(kind), config)
        figures = read(readings, look, kind)
        if figures is None:
            return (look,)
        findings = tuple(judge(figures))
        failed = figures.failed if isinstance(figures, Figures) else {}
        if not failed:
            return Conclusion(findings)
        # What passes is said only where all was measured.
        kept = [f for f in findings if f.verdict is not Verdict.PASS]
        items = tuple(f"{what}: {error}" for what, error in failed.items())
        title = f"Could not be measured: {', '.join(failed)}."
        return Conclusion((*kept, Finding(name, Verdict.UNKNOWN, title, items=items)))

    return Check(name, question, rules, ability, ask, after=after, reads=(kind,))


def symptoms_check(
    question: str,
    lines: Lines,
    *,
    passed: str,
    rules: tuple[str, ...] = ("S2.7",),
    after: tuple[str, ...] = ("parts", "loss"),
) -> Check:
    """Return the check that asks for the look of its name, and says what its symptoms mean."""

    def judge(seen: Symptoms) -> Iterator[Finding]:
        for symptom in seen.found:
            yield lines.found(
                symptom.key,
                symptom.value,
                symptom.expected,
                is_bad=symptom.is_bad,
                items=symptom.items,
                name=symptom.name,
            )
        if seen.summary is not None and not any(symptom.is_bad for symptom in seen.found):
            yield lines.passed(passed, seen.summary)

    return check_of(lines.check, question, Symptoms, judge, rules=rules, after=after)
