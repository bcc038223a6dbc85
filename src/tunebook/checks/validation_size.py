"""Is the validation set large enough to tell two trainings apart (S2.11)?"""

from __future__ import annotations

import math
from collections.abc import Iterator

from tunebook.checks.data import TRAIN, VALIDATION, Splits, data_check
from tunebook.checks.one_look import Lines
from tunebook.records.finding import Finding

NONE_LEFT, TOO_FEW, FEW, _ACCURACY = 10, 25, 100, 0.9
"""Even where all data are few, less than the first tells nothing; the next ask for a tenth."""

_LINES = Lines("validation-size", {
    "too few": ("The validation set is too small to tell trainings apart.",
                "the validation set is too small: chance decides between trainings",
                "Validate on at least 100 examples, or by cross-validation."),
    "few": ("The validation set is small: differences are mostly chance.", "",
            "Validate on more examples, or trust only large differences."),
}, source="S2.11")  # fmt: skip


def judge(seen: Splits) -> Iterator[Finding]:
    """Yield the size with the standard error that it gives: a binomial's, or a mean square's."""
    n, n_train = (seen.by_name[split].n or 0 for split in (VALIDATION, TRAIN))
    told = f"standard error of a mean squared error: {math.sqrt(2 / n):.0%} of it"
    if any(by_split[TRAIN].are_classes for by_split in seen.named("targets").values()):
        error = math.sqrt(_ACCURACY * (1 - _ACCURACY) / n)
        told = f"standard error of an accuracy of {_ACCURACY:.0%}: {100 * error:.1f} points"
    value, expected = f"examples: {n}, {told}", f"{FEW} examples or more"
    if n >= FEW:
        yield _LINES.passed("The validation set is not small.", value, expected)
    else:
        is_bad = n < NONE_LEFT or n < min(TOO_FEW, n_train / 10)
        yield _LINES.found("too few" if is_bad else "few", value, expected, is_bad=is_bad)


CHECK = data_check(
    "validation-size", "Is the validation set large enough?", Splits, judge, rules=("S2.11",)
)
