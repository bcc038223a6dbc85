"""What a check, a curve, a dataset or a study shows: a verdict with its evidence and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """A problem closes a gate; a notice is worth knowing; unknown is never a pass."""

    PASS = "pass"
    NOTICE = "notice"
    UNKNOWN = "unknown"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a checklist.

    ``check`` names the check in kebab case and stays the same over versions. ``title`` says in a
    plain sentence what was found. ``value`` is what was measured and ``expected`` what it was held
    against, both as text. ``causes`` are ranked, likeliest first; ``next_test`` is the cheapest
    test that tells them apart; ``advice`` what to do. ``items`` are the files, columns or tensors
    concerned. ``source`` is the id of the rule, such as S2.7.
    """

    check: str
    verdict: Verdict
    title: str
    value: str = ""
    expected: str = ""
    causes: tuple[str, ...] = ()
    next_test: str = ""
    advice: str = ""
    items: tuple[str, ...] = ()
    source: str = ""


def finding_of(told: Mapping[str, Any]) -> Finding:
    """Return a finding from its fields in JSON; ``KeyError`` or ``ValueError`` if it is none."""
    known = {field.name for field in fields(Finding)}
    values: dict[str, Any] = {
        name: tuple(map(str, value)) if isinstance(value, list | tuple) else str(value)
        for name, value in told.items()
        if name in known
    }
    return Finding(**{**values, "verdict": Verdict(told["verdict"])})


def worst(findings: list[Finding] | tuple[Finding, ...]) -> Verdict:
    """Return the worst verdict among the findings; ``PASS`` when there are none."""
    order = list(Verdict)
    return max((finding.verdict for finding in findings), key=order.index, default=Verdict.PASS)


def leading_causes(findings: Sequence[Finding], n: int = 2) -> list[str]:
    """Return the ``n`` likeliest causes over all problems, likeliest first; fewer if there are.

    The first cause of every problem comes before the second of any. A problem without causes stands
    for itself with its title.
    """
    problems = [f for f in findings if f.verdict is Verdict.PROBLEM]
    ranked = [f.causes or (f.title,) for f in problems]
    depth = max(map(len, ranked), default=0)
    order = [causes[k] for k in range(depth) for causes in ranked if k < len(causes)]
    return list(dict.fromkeys(order))[:n]
