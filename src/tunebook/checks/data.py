"""Can every split be read, and of what types are its batches (S2.7)?"""

from __future__ import annotations

from collections.abc import Iterator

from tunebook.checks.check import failure
from tunebook.checks.split_figures import TRAIN, VALIDATION, SplitFigures, Splits, data_check
from tunebook.records.finding import Finding, Verdict

_NONE = "0 examples"
_UNUSUAL = {
    "uint8": "whole numbers of 8 bits: the network has to convert and scale them",
    "float64": "numbers of 64 bits: PyTorch's layers have weights of float32",
}


def judge(seen: Splits) -> Iterator[Finding]:
    """Yield a problem for each split that is missing, empty or raises; then unusual types."""
    problems = [f for name, split in seen.by_name.items() for f in _unreadable(name, split)]
    # What raises for one split raises for all of them as a rule: it is one problem.
    raised = {f.value for f in problems[:1]} - {_NONE}
    yield from (f for k, f in enumerate(problems) if not k or f.value not in raised)
    if not problems:
        sizes = (f"{f.n_read} of {f.n} of {name}" for name, f in seen.by_name.items() if f.n)
        title = "Every split can be read."
        yield Finding("data", Verdict.PASS, title, f"examples: {', '.join(sizes)}", source="S2.7")
    for name, values in seen.by_name[TRAIN].values.items():
        types = {s: f.values[name].dtype for s, f in seen.by_name.items() if name in f.values}
        cause = _UNUSUAL.get(values.dtype, "") if name.startswith("inputs") else ""
        title = f"The {name} are of an unusual type."
        if len(set(types.values())) > 1:
            title = f"The {name} of the splits are of different types."
            cause = "the splits are converted differently"
        told, expected = (
            ", ".join(f"{s} {t}" for s, t in types.items()),
            "float32, int64 for classes",
        )
        if cause:
            yield Finding("data", Verdict.NOTICE, title, told, expected, (cause,), source="S2.7")


def _unreadable(name: str, split: SplitFigures) -> Iterator[Finding]:
    if split.failed is not None:
        yield failure(CHECK, split.failed)
    elif not split.n and name in {TRAIN, VALIDATION}:
        title = f"The split {name!r} is {'missing' if split.n is None else 'empty'}."
        advice = f"Return a dataset of (inputs, target) pairs from data({name!r})."
        problem, expected = Verdict.PROBLEM, "at least 1"
        yield Finding("data", problem, title, _NONE, expected, advice=advice, source="S2.7")


CHECK = data_check(
    "data", "Can every split be read?", rules=("S2.7",), kind=Splits, judge=judge, after=()
)
