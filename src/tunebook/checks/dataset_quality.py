"""Is an imported dataset sound? The findings of its quality report (S0.3)."""

from __future__ import annotations

from dataclasses import dataclass

from tunebook.checks.check import Ability, Asked, Check, Conclusion, read
from tunebook.checks.experiments import Look
from tunebook.checks.readings import Readings
from tunebook.records import Configuration
from tunebook.records.finding import Finding

QUALITY = "quality"


@dataclass(frozen=True, slots=True)
class Quality:
    """The findings of a version's quality report."""

    findings: tuple[Finding, ...]


def ask(config: Configuration, length: int, readings: Readings) -> Asked:
    """Look at the data; its findings are the conclusion."""
    look = Look(QUALITY, config)
    quality = read(readings, look, Quality)
    return (look,) if quality is None else Conclusion(quality.findings)


CHECK = Check(
    name="dataset-quality",
    question="Are files, labels and splits of the dataset sound?",
    rules=("S0.3",),
    ability=Ability.HAS_DATA,
    ask=ask,
    reads=(Quality,),
)
