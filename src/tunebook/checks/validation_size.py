"""Is the validation set large enough to tell two trainings apart (S2.11)?"""

from __future__ import annotations

import math
from collections.abc import Iterator

from tunebook.checks.split_figures import TRAIN, VALIDATION, Splits, data_check
from tunebook.records.finding import Finding, Verdict

FEW, _ACCURACY = 100, 0.9


def judge(seen: Splits) -> Iterator[Finding]:
    """Yield the size with the standard error that it gives: a binomial's, or a mean square's."""
    n = seen.by_name[VALIDATION].n or 0
    told = f"standard error of a mean squared error: {math.sqrt(2 / n):.0%} of it"
    if any(by_split[TRAIN].are_classes for by_split in seen.targets().values()):
        error = math.sqrt(_ACCURACY * (1 - _ACCURACY) / n)
        told = f"standard error of an accuracy of {_ACCURACY:.0%}: {100 * error:.1f} points"
    verdict, title, advice = Verdict.PASS, "The validation set is not small.", ""
    if n < FEW:
        verdict, title = (
            Verdict.NOTICE,
            "The validation set is small: differences are mostly chance.",
        )
        advice = "Validate on more examples, or trust only large differences."
    value, expected = f"{n} examples, {told}", f"{FEW} examples or more"
    yield Finding("validation-size", verdict, title, value, expected, advice=advice, source="S2.11")


CHECK = data_check(
    "validation-size",
    "Is the validation set large enough?",
    rules=("S2.11",),
    kind=Splits,
    judge=judge,
)
