"""Is there NaN or infinity in any of the examples that were read (S2.7)?"""

from __future__ import annotations

from collections.abc import Iterator

from tunebook.checks.split_figures import Splits, data_check
from tunebook.records.finding import Finding, Verdict

_N_SHOWN = 20


def judge(seen: Splits) -> Iterator[Finding]:
    """Yield a finding on what is not finite: no problem where the loss stays finite all the same.

    Masks of infinity, and missing targets that a loss leaves out, are such cases.
    """
    bad = {
        (split, name, figures.n_read): values.not_finite
        for split, figures in seen.by_name.items()
        for name, values in figures.values.items()
        if values.not_finite
    }
    if not bad:
        value = f"{sum(figures.n_read for figures in seen.by_name.values())} examples"
        title = "All numbers are finite."
        yield Finding("missing-values", Verdict.PASS, title, value, source="S2.7")
        return
    title = f"NaN or infinity is in the {' and '.join(sorted({name for _, name, _ in bad}))}"
    counts = (f"{len(rows)} of {n} of {split} ({name})" for (split, name, n), rows in bad.items())
    items = [f"{split} {row} ({name})" for (split, name, _), rows in bad.items() for row in rows]
    yield Finding(
        "missing-values",
        Verdict.NOTICE if seen.copes else Verdict.PROBLEM,
        f"{title}, and the loss leaves it out." if seen.copes else f"{title}.",
        value=f"examples: {', '.join(counts)}",
        expected="none",
        causes=() if seen.copes else ("missing values: NaN or infinity in the data",),
        advice="" if seen.copes else "Fill missing values in, or leave these examples out.",
        items=tuple(items[:_N_SHOWN]),
        source="S2.7",
    )


CHECK = data_check(
    "missing-values", "Are all numbers finite?", rules=("S2.7",), kind=Splits, judge=judge
)
