"""Are the targets of the splits of one kind, and what training needs (S0.3, S2.7)?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from tunebook.checks.data import TRAIN, VALIDATION, Splits, Values, data_check, is_no_chance
from tunebook.checks.one_look import Lines
from tunebook.records.finding import Finding, Verdict

MISSING_SHARE, IMBALANCE = 0.01, 3.0
FACTOR, N_LEAST, _CENTERED = 3.0, 20, 0.1
_IGNORED, _N_SHOWN = -100, 10
_ALIKE = "Prepare the targets of every split alike, with statistics of training."
_SHUFFLE = "Shuffle the examples before they are split, or split each class."
_LINES = Lines("targets", {
    "one class": ("All {where}examples are of one class.", "one class in training: {why}",
                  _SHUFFLE),
    "cut off": ("Targets of one end are in one split, and those of the other end in another.",
                "the file was sorted by its targets and cut into splits without shuffling",
                _SHUFFLE),
    "unseen": ("Some classes are in evaluation and not in training.",
               "a class is missing in the training data", _SHUFFLE),
    "one validated": ("All examples of train-val are of one class.",
                      "one class in train-val: the data were split by class", _SHUFFLE),
    "unvalidated": ("Some classes of training are not in train-val.", "", _SHUFFLE),
    "imbalance": ("The classes are imbalanced.", "", ""),
    "same": ("All training {name} are the same.", "the targets are constant: zeroed", _ALIKE),
    "scale": ("The {name} of {split} are scaled differently than those of training.",
              "targets are scaled differently: normalized in one split alone", _ALIKE),
    "drift": ("The {name} of {split} are elsewhere than those of training.", "the targets drift",
              ""),
    "filler": ("Many {name} are exactly {constant}, among others that hardly repeat.",
               "missing targets are filled with a constant: {constant}",
               "Leave examples without a target out."),
    "whole": ("All {name} are whole numbers, though of a type with fractions.",
              "targets are cut to whole numbers, unless they are counts or grades", ""),
    "cut": ("The {name} of {split} are whole numbers, those of others are not.",
            "targets of {split} are cut to whole numbers: converted to int", _ALIKE),
}, source="S0.3")  # fmt: skip


def judge(seen: Splits) -> Iterator[Finding]:
    """Yield what is wrong with the targets, or a pass with what they are."""
    found, told = list[Finding](), list[str]()
    named = seen.named("targets")
    for name, by_split in named.items():
        known = {split: values for split, values in by_split.items() if values.n}
        train = known.get(TRAIN)
        if train is None or train.n < 2:
            continue
        if train.are_classes and all(values.counts for values in known.values()):
            judged = list(_classes(known, seen))
            told.append(f"{name}: {len(_labels(train))} classes")
        else:
            judged = list(_numbers(name, known, seen))
            told.append(f"{name}: {train}")
        # Of several targets some are marks: a group, the number of an image, a weight of 1.
        is_mark = not seen.is_heeded or (
            len(named) > 1 and ("float" not in train.dtype or _is_constant(train))
        )
        found += [replace(f, verdict=Verdict.NOTICE) if is_mark else f for f in judged]
    yield from found
    if not told:
        yield Finding(
            "targets", Verdict.UNKNOWN, "There are no two targets that are numbers.", source="S0.3"
        )
    elif not any(finding.verdict is Verdict.PROBLEM for finding in found):
        yield _LINES.passed("The targets fit each other.", ", ".join(told))


def _is_constant(values: Values) -> bool:
    return values.n_constant == values.n_features > 0


def _labels(values: Values) -> dict[int, int]:
    return {label: n for label, n in values.counts.items() if label != _IGNORED}


def _classes(known: Mapping[str, Values], seen: Splits) -> Iterator[Finding]:
    """Yield one class alone, classes that a split lacks, and imbalance."""
    labels = {split: _labels(values) for split, values in known.items()}
    train, n_train = labels.pop(TRAIN), seen.by_name[TRAIN].n_read
    others = sum((Counter(found) for found in labels.values()), Counter[int]())
    if len(train) == 1:
        is_all = not others.keys() - train.keys()
        why = "the targets are constant" if is_all else "the data were split by class"
        value, where = f"class {next(iter(train))}", "" if is_all else "training "
        yield _LINES.found("one class", value, "two classes or more", where=where, why=why)
        return
    if seen.is_sorted and len(labels.get(VALIDATION, train).keys() ^ train.keys()) > 1:
        value = f"{_span(train)} in training, {_span(labels[VALIDATION])} in validation"
        yield _LINES.found("cut off", value, "every class in every split")
        return
    yield from _lacking("unseen", train, others, n_train)
    if labels.get(VALIDATION):
        validated = labels[VALIDATION]
        key = "one validated" if len(validated) == 1 else "unvalidated"
        yield from _lacking(key, validated, Counter(train), seen.by_name[VALIDATION].n_read)
    ratio = max(train.values()) / min(train.values())
    is_single = known[TRAIN].n == n_train >= N_LEAST * len(train)
    if ratio >= IMBALANCE and is_single:
        value = f"the largest is {ratio:.1f} times the smallest"
        yield _LINES.found("imbalance", value, f"less than {IMBALANCE:.0f} times", is_bad=False)


def _span(values: Collection[float]) -> str:
    return f"{min(values):g} to {max(values):g}"


def _lacking(
    key: str, labels: Mapping[int, int], other: Counter[int], n_read: int
) -> Iterator[Finding]:
    """Yield a finding if a split lacks classes of another: a problem if it is no accident."""
    missing = sorted(other.keys() - labels.keys())
    share = sum(other[label] for label in missing) / max(1, other.total())
    if share > MISSING_SHARE:
        largest = max(other[label] for label in missing) / other.total()
        is_bad = key != "unvalidated" and is_no_chance(largest, n_read)
        value = f"class {', '.join(map(str, missing[:_N_SHOWN]))}: {share:.0%} of the other"
        yield _LINES.found(key, value, "every class in every split", is_bad=is_bad)


def _numbers(name: str, known: Mapping[str, Values], seen: Splits) -> Iterator[Finding]:
    """Yield constant targets, and splits whose targets are scaled or cut to whole numbers."""
    train = known[TRAIN]
    if _is_constant(train):
        yield _LINES.found("same", f"{train.range[0]:g}", "targets that differ", name=name)
        return
    if train.filled[1]:
        constant, told = f"{train.filled[0]:g}", f"{train.filled[1]:.0%} of training"
        yield _LINES.found("filler", told, "few", name=name, constant=constant)
    low, high = train.range
    ends = known[VALIDATION].range if VALIDATION in known else train.range
    if seen.is_sorted and (ends[0] >= high or ends[1] <= low):
        told = f"{_span(train.range)} in training, {_span(ends)} in validation"
        yield _LINES.found("cut off", told, "the same range in every split")
        return
    if "float" in train.dtype and not any(values.fractions for values in known.values()):
        yield _LINES.found("whole", str(train), "fractions", is_bad=False, name=name)
    for split in sorted(set(known) - {TRAIN}, key=lambda split: split != VALIDATION):
        other, n = known[split], min(seen.by_name[s].n_read for s in (split, TRAIN))
        if other.is_other:
            # A mean that has moved is a drift, unless one of the two is centered on 0 as only
            # scaled targets are.
            centered = {v.mean < _CENTERED * v.deviations[1] for v in (train, other)}
            ratio = other.deviations[1] / train.deviations[1]
            is_drift = 1 / FACTOR <= ratio <= FACTOR and len(centered) == 1
            key, value = "drift" if is_drift else "scale", f"{other}, in training {train}"
            is_bad = key == "scale" and split == VALIDATION
            yield _LINES.found(key, value, "about the same", is_bad=is_bad, name=name, split=split)
            continue
        whole, broken = sorted((train, other), key=lambda values: values.fractions)
        if not whole.fractions and is_no_chance(broken.fractions, n, rarity=1e-6):
            value = f"{broken.fractions:.0%} with fractions, and none"
            split = TRAIN if whole is train else split
            yield _LINES.found("cut", value, "the same in all splits", name=name, split=split)
            return


CHECK = data_check(
    "targets", "Are the targets of all splits alike?", Splits, judge, rules=("S0.3", "S2.7")
)
