"""Is the validation set large enough to tell two trainings apart (S2.11)?"""

from __future__ import annotations

import math
from collections.abc import Iterator

from tunebook.checks.check import Ability, Check
from tunebook.checks.split_figures import VALIDATION, Splits, judged
from tunebook.records.finding import Finding, Verdict

FEW, _ACCURACY = 100, 0.9


def judge(seen: Splits) -> Iterator[Finding]:
    """Yield the size with the standard error that it gives: a binomial's, or a mean square's."""
    n = seen.by_name[VALIDATION].n or 0
    targets = [
        by_split[VALIDATION] for by_split in seen.targets().values() if VALIDATION in by_split
    ]
    if any(values.are_classes for values in targets):
        error = math.sqrt(_ACCURACY * (1 - _ACCURACY) / n)
        told = f"standard error of an accuracy of {_ACCURACY:.0%}: {100 * error:.1f} points"
    else:
        told = f"standard error of a mean squared error: {math.sqrt(2 / n):.0%} of it"
    is_small = n < FEW
    yield Finding(
        "validation-size",
        Verdict.NOTICE if is_small else Verdict.PASS,
        "The validation set is small: differences are mostly chance."
        if is_small
        else "The validation set is not small.",
        value=f"{n} examples, {told}",
        expected=f"{FEW} examples or more",
        advice="Validate on more examples, or trust only large differences." if is_small else "",
        source="S2.11",
    )


CHECK = Check(
    name="validation-size",
    question="Is the validation set large enough?",
    rules=("S2.11",),
    ability=Ability.HAS_DATA,
    ask=judged("splits", Splits, judge),
    after=("data",),
    reads=(Splits,),
)
