"""Can every split be read, and what is in its batches (S2.7)?"""

from __future__ import annotations

from collections.abc import Iterator

from tunebook.checks.check import Ability, Check, failure
from tunebook.checks.split_figures import TRAIN, VALIDATION, SplitFigures, Splits, judged
from tunebook.records.finding import Finding, Verdict

_UNUSUAL = {
    "uint8": "whole numbers of 8 bits: the network has to convert and scale them",
    "float64": "numbers of 64 bits: PyTorch's layers have weights of float32",
}


def judge(seen: Splits) -> Iterator[Finding]:
    """Yield a problem for each split that is missing, empty or raises; then unusual types."""
    problems = [f for name, split in seen.by_name.items() for f in _unreadable(name, split)]
    yield from problems
    if not problems:
        read = {name: f for name, f in seen.by_name.items() if f.n_read}
        yield Finding(
            "data",
            Verdict.PASS,
            "Every split can be read.",
            value=", ".join(f"{f.n_read} of {f.n} examples of {name}" for name, f in read.items()),
            source="S2.7",
        )
    for name, values in seen.by_name[TRAIN].values.items():
        types = {s: f.values[name].dtype for s, f in seen.by_name.items() if name in f.values}
        unusual = name.startswith("inputs") and _UNUSUAL.get(values.dtype)
        if unusual or len(set(types.values())) > 1:
            yield Finding(
                "data",
                Verdict.NOTICE,
                f"The {name} are of an unusual type."
                if unusual
                else f"The {name} of the splits are of different types.",
                value=", ".join(f"{split} {dtype}" for split, dtype in types.items()),
                expected="float32, or int64 for tokens and classes",
                causes=(unusual or "the splits are converted differently",),
                advice="Convert them where the data are read.",
                source="S2.7",
            )


def _unreadable(name: str, split: SplitFigures) -> Iterator[Finding]:
    if split.failed is not None:
        yield failure(CHECK, split.failed)
    elif not split.n and name in {TRAIN, VALIDATION}:
        yield Finding(
            "data",
            Verdict.PROBLEM,
            f"The split {name!r} is {'missing' if split.n is None else 'empty'}.",
            value="0 examples",
            expected="at least 1",
            advice=f"Return a dataset of (inputs, target) pairs from data({name!r}).",
            source="S2.7",
        )


CHECK = Check(
    name="data",
    question="Can every split be read?",
    rules=("S2.7",),
    ability=Ability.HAS_DATA,
    ask=judged("splits", Splits, judge),
    reads=(Splits,),
)
