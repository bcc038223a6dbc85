"""What a probe, a curve, a dataset or a study shows: a verdict with its evidence and what to do.

The same fact everywhere: a line of ``tunebook check`` or of a quality report, a card of a page.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How bad it is. A problem closes a gate; a notice is worth knowing; a pass is evidence too."""

    PASS = "pass"
    NOTICE = "notice"
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


def worst(findings: list[Finding] | tuple[Finding, ...]) -> Verdict:
    """Return the worst verdict among the findings; ``PASS`` when there are none."""
    order = (Verdict.PASS, Verdict.NOTICE, Verdict.PROBLEM)
    return max((finding.verdict for finding in findings), key=order.index, default=Verdict.PASS)
