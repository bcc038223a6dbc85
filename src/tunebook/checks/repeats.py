"""Do training examples repeat, or contradict each other (S0.3, S2.8)?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tunebook.checks.data import data_check
from tunebook.checks.one_look import Lines
from tunebook.checks.overlap import Likeness
from tunebook.records.finding import Finding, Verdict

MANY_COPIES, MANY_CONFLICTS, FEW, _N_SHOWN = 0.9, 0.1, 0.01, 20
_LINES = Lines("repeats", {
    "copies": ("Training examples repeat.",
               "duplicates: a random source is seeded alike for many examples, or examples are "
               "listed more than once", "Print some of the examples that are equal."),
    "lost": ("Many inputs of different targets have become equal.",
             "information is lost in preprocessing: {what}",
             "Print some of these inputs after each step of the preprocessing."),
    "cut": ("Equal inputs have different targets.",
            "inputs are cut to whole numbers, such as fractions to bytes, or lack what differs",
            "Print the inputs after each conversion."),
    "conflicts": ("Equal inputs have different targets.",
                  "labels are corrupted: they contradict each other",
                  "Look at the pairs, and keep one label for each."),
}, source="S0.3")  # fmt: skip


def judge(seen: Likeness) -> Iterator[Finding]:
    """Yield copies, and equal inputs with other targets; only labels of classes must not differ."""
    if not seen.n:
        title = "Inputs that are neither numbers nor text were not compared."
        yield Finding("repeats", Verdict.UNKNOWN, title, source="S0.3")
        return
    n, expected = seen.n, f"at most {FEW:.0%}"
    copies, conflicts = len(seen.repeated) / n / seen.share_read, len(seen.conflicting) / n
    value = f"{len(seen.repeated)} of {n} training examples are copies of others, "
    value += f"{len(seen.conflicting)} contradict another"
    has_copies, has_conflicts = copies > FEW and not seen.is_few_valued, conflicts > FEW
    if has_copies:
        is_bad, items = copies > MANY_COPIES and not seen.is_lost, _told(seen.repeated)
        yield _LINES.found("copies", value, expected, is_bad=is_bad, items=items)
    if has_conflicts:
        is_bad = conflicts > MANY_CONFLICTS and seen.has_labels and not seen.is_few_valued
        key, items = "cut" if seen.is_whole else "conflicts", _told(seen.conflicting)
        key, what = "lost" if seen.is_lost else key, "inputs of different targets are the same"
        if seen.is_lost:
            what = "many inputs are blank (one constant)" if seen.is_blank else what
            value, is_bad = f"{seen.largest} of {n} training examples are one input", True
        yield _LINES.found(key, value, expected, is_bad=is_bad, items=items, what=what)
    if not has_copies and not has_conflicts:
        why = " more than inputs of few values do" if copies > FEW else ""
        yield _LINES.passed(f"Training examples do not repeat{why}.", value)


def _told(pairs: Sequence[tuple[int, int]]) -> list[str]:
    return [f"train {a} and {b}" for a, b in pairs[:_N_SHOWN]]


CHECK = data_check(
    "repeats", "Do training examples repeat?", Likeness, judge, rules=("S0.3", "S2.8")
)
