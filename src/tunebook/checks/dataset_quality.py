"""Is an imported dataset sound? The findings of its quality report (S0.3)."""

from __future__ import annotations

from dataclasses import dataclass

from tunebook.checks.check import Ability
from tunebook.checks.one_look import check_of
from tunebook.records.finding import Finding


@dataclass(frozen=True, slots=True)
class Quality:
    """The findings of a version's quality report."""

    findings: tuple[Finding, ...]


CHECK = check_of(
    "dataset-quality",
    "Are files, labels and splits of the dataset sound?",
    Quality,
    lambda quality: quality.findings,
    ability=Ability.HAS_DATA,
    rules=("S0.3",),
)
