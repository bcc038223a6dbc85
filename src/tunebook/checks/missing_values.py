"""Is there NaN or infinity in any of the examples that were read (S2.7)?"""

from __future__ import annotations

from collections.abc import Iterator

from tunebook.checks.check import Ability, Check
from tunebook.checks.split_figures import Splits, judged
from tunebook.records.finding import Finding, Verdict

_N_SHOWN = 20


def judge(seen: Splits) -> Iterator[Finding]:
    """Yield a finding on what is not finite: no problem where the loss stays finite all the same.

    Masks of infinity, and missing targets that a loss leaves out, are such cases.
    """
    bad = {
        (split, name): values.not_finite
        for split, figures in seen.by_name.items()
        for name, values in figures.values.items()
        if values.not_finite
    }
    n_read = sum(figures.n_read for figures in seen.by_name.values())
    if not bad:
        title = "All numbers are finite."
        yield Finding("missing-values", Verdict.PASS, title, f"{n_read} examples", source="S2.7")
        return
    places = sorted({name for _, name in bad})
    yield Finding(
        "missing-values",
        Verdict.NOTICE if seen.copes else Verdict.PROBLEM,
        f"NaN or infinity is in the {' and '.join(places)}"
        + (", and the loss leaves it out." if seen.copes else "."),
        value=", ".join(
            f"{len(rows)} of {seen.by_name[split].n_read} examples of {split} ({name})"
            for (split, name), rows in bad.items()
        ),
        expected="none",
        causes=() if seen.copes else ("missing values: NaN or infinity in the data",),
        next_test="" if seen.copes else "Print these examples before and after each step.",
        advice="" if seen.copes else "Fill missing values in, or leave these examples out.",
        items=tuple(
            f"{split} {row} ({name})" for (split, name), rows in bad.items() for row in rows
        )[:_N_SHOWN],
        source="S2.7",
    )


CHECK = Check(
    name="missing-values",
    question="Are all numbers of the data finite?",
    rules=("S2.7",),
    ability=Ability.HAS_DATA,
    ask=judged("splits", Splits, judge),
    after=("data",),
    reads=(Splits,),
)
