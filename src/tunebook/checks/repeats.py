"""Do examples repeat inside the training split, or change when they are read again (S0.3)?"""

from __future__ import annotations

from collections.abc import Iterator

from tunebook.checks.check import Ability, Check
from tunebook.checks.likeness import Likeness
from tunebook.checks.split_figures import TRAIN, judged
from tunebook.records.finding import Finding, Verdict

PROBLEM_SHARE, NOTICE_SHARE, _MANY = 0.9, 0.01, 0.5


def judge(seen: Likeness) -> Iterator[Finding]:
    """Yield examples that repeat, labels that change, evaluation that changes."""
    n_more = seen.n_printed - seen.n_distinct
    share = min(1.0, n_more / max(1, seen.n_printed) / seen.share_read)
    found = []
    # Inputs that all are the same are another mistake: the check of the inputs names it.
    if share > NOTICE_SHARE and seen.n_distinct > 1 and not seen.is_few_valued:
        found.append(
            Finding(
                "repeats",
                Verdict.PROBLEM if share > PROBLEM_SHARE else Verdict.NOTICE,
                "Training examples repeat.",
                value=f"{n_more} of {seen.n_printed} read are copies of another",
                expected=f"at most {NOTICE_SHARE:.0%}",
                causes=(
                    "duplicates: a random source is seeded alike for many examples",
                    "examples are listed more than once",
                ),
                advice="Draw every example from a generator of its own seed.",
                items=seen.repeated,
                source="S0.3",
            )
        )
    for twice in seen.rereads:
        if twice.targets > _MANY * twice.n:
            title = f"Targets of {twice.split} change when the same inputs are read again."
            cause = "labels are shuffled each time the split is made: no seed is set"
            verdict, advice = Verdict.PROBLEM, "Fix the order, or seed the shuffling."
        elif twice.inputs > _MANY * twice.n and twice.split != TRAIN:
            title = f"Examples of {twice.split} change when they are read again."
            cause = "a random split or augmentation in evaluation that no seed is set for"
            verdict, advice = Verdict.NOTICE, "Make evaluation examples once, with a fixed seed."
        else:
            continue
        n = max(twice.inputs, twice.targets)
        told = f"{n} of {twice.n} examples"
        found.append(
            Finding("repeats", verdict, title, told, "0", (cause,), advice=advice, source="S0.3")
        )
    if not found:
        title = "Training examples do not repeat."
        verdict = Verdict.PASS if seen.n_printed else Verdict.UNKNOWN
        told = f"{seen.n_distinct} of {seen.n_printed} are different"
        found.append(Finding("repeats", verdict, title, told, source="S0.3"))
    yield from found


CHECK = Check(
    name="repeats",
    question="Do examples repeat, or change?",
    rules=("S0.3",),
    ability=Ability.HAS_DATA,
    ask=judged("likeness", Likeness, judge),
    after=("data",),
    reads=(Likeness,),
)
