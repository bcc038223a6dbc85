"""Do equal inputs have different labels (S2.8)?"""

from __future__ import annotations

from collections.abc import Iterator

from tunebook.checks.check import Ability, Asked, Check, Conclusion, read
from tunebook.checks.experiments import Look
from tunebook.checks.likeness import Likeness
from tunebook.checks.readings import Readings
from tunebook.checks.split_figures import TRAIN, Splits
from tunebook.records import Configuration
from tunebook.records.finding import Finding, Verdict

PROBLEM_SHARE, NOTICE_SHARE = 0.1, 0.01


def ask(config: Configuration, length: int, readings: Readings) -> Asked:
    """Look at the splits, and at which examples are alike."""
    looks = Look("splits", config), Look("likeness", config)
    splits, seen = read(readings, looks[0], Splits), read(readings, looks[1], Likeness)
    if splits is None or seen is None:
        return looks
    targets = [by_split[TRAIN] for by_split in splits.targets().values()]
    is_label = any(v.are_classes and v.width == 1 for v in targets)
    return Conclusion(tuple(judge(seen, is_label=is_label)))


def judge(seen: Likeness, *, is_label: bool) -> Iterator[Finding]:
    """Yield what contradicts itself; only labels of classes ought not to."""
    n, k = seen.n_printed, seen.n_conflicting
    if k <= NOTICE_SHARE * n:
        title = "Equal inputs have equal targets."
        verdict = Verdict.PASS if n else Verdict.UNKNOWN
        told = f"{k} of {n} training examples contradict another"
        yield Finding("conflicting-labels", verdict, title, told, source="S2.8")
        return
    is_problem = is_label and not seen.is_few_valued and k > PROBLEM_SHARE * n
    yield Finding(
        "conflicting-labels",
        Verdict.PROBLEM if is_problem else Verdict.NOTICE,
        f"Equal inputs have different {'labels' if is_label else 'targets'}.",
        value=f"{k} of {n} training examples",
        expected="each input with one label",
        causes=("labels are corrupted: they contradict each other", "inputs lack what differs"),
        advice="Look at the pairs, and keep one label for each.",
        items=seen.conflicting,
        source="S2.8",
    )


CHECK = Check(
    name="conflicting-labels",
    question="Do equal inputs have equal labels?",
    rules=("S2.8",),
    ability=Ability.HAS_DATA,
    ask=ask,
    least=2,
    most=2,
    after=("data",),
    reads=(Likeness, Splits),
)
