"""Are the targets of the splits of one kind, and what training needs (S0.3, S2.7)?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

from tunebook.analysis.series import number
from tunebook.checks.split_figures import (
    TRAIN,
    VALIDATION,
    Splits,
    Values,
    data_check,
    is_no_chance,
)
from tunebook.records.finding import Finding, Verdict

MISSING_SHARE, IMBALANCE = 0.01, 3.0
FACTOR, MOVED, N_LEAST, _CENTERED = 3.0, 1.5, 20, 0.1
_IGNORED, _N_SHOWN = -100, 10
_ALIKE = "Prepare the targets of every split alike, with statistics of training."
_SHUFFLE = "Shuffle the examples before they are split, or split each class."

_problem = partial(Finding, "targets", Verdict.PROBLEM, source="S0.3")
_notice = partial(Finding, "targets", Verdict.NOTICE, source="S0.3")


def judge(seen: Splits) -> Iterator[Finding]:
    """Yield what is wrong with the targets, or a pass with what they are."""
    found, told = list(_refused(seen)), list[str]()
    for name, by_split in seen.targets().items():
        known = {split: values for split, values in by_split.items() if values.n}
        train = known.get(TRAIN)
        if found or train is None or train.n < 2:
            continue
        sizes = {split: seen.by_name[split].n_read for split in known}
        if train.are_classes and all(values.counts for values in known.values()):
            judged_as = list(_classes(name, known, sizes))
            told.append(f"{name}: {len(_labels(train))} classes")
        else:
            judged_as = list(_numbers(name, known, sizes))
            moments = f"mean {number(train.mean)}, deviation {number(train.deviation)}"
            told.append(f"{name}: {moments}")
        # Of several targets some are marks: a group, the number of an image, a weight of 1.
        is_mark = len(seen.targets()) > 1 and ("float" not in train.dtype or not train.deviation)
        found += [replace(f, verdict=Verdict.NOTICE) if is_mark else f for f in judged_as]
    yield from found
    if not any(finding.verdict is Verdict.PROBLEM for finding in found):
        verdict = Verdict.PASS if told else Verdict.UNKNOWN
        title = "The targets fit each other." if told else "The targets are not numbers."
        yield Finding("targets", verdict, title, ", ".join(told), source="S0.3")


def _labels(values: Values) -> dict[int, int]:
    return {label: n for label, n in values.counts.items() if label != _IGNORED}


def _refused(seen: Splits) -> Iterator[Finding]:
    """Yield labels that the loss raises on, as it has no class for them."""
    if not seen.refused or not seen.n_classes:
        return
    lowest = min(label for by in seen.targets().values() for v in by.values() for label in v.counts)
    causes = ["the network has too few outputs", "labels are not numbered from 0"]
    if seen.refused == (seen.n_classes,) and lowest > 0:
        causes[1:] = []
        causes.insert(0, "labels begin at 1")
    elif max(seen.refused) < 0:
        causes = ["negative labels: a mark of missing ones that the loss does not leave out"]
    title = "Labels lie outside the classes of the network."
    value, expected = ", ".join(map(str, seen.refused[:_N_SHOWN])), f"0 to {seen.n_classes - 1}"
    advice = "Number the classes from 0, and give the network one output for each."
    yield _problem(title, value, expected, tuple(causes), advice=advice)


def _classes(name: str, known: Mapping[str, Values], sizes: Mapping[str, int]) -> Iterator[Finding]:
    """Yield one class alone, classes that a split lacks, imbalance and labels never given."""
    labels = {split: _labels(values) for split, values in known.items()}
    train = labels.pop(TRAIN)
    others = sum((Counter(found) for found in labels.values()), Counter[int]())
    if len(train) == 1:
        is_all = not others.keys() - train.keys()
        title = f"All {'' if is_all else 'training '}examples are of one class."
        cause = "the targets are constant" if is_all else "the data were split by class"
        value = f"class {next(iter(train))}"
        causes = (f"one class in training: {cause}",)
        yield _problem(title, value, "two classes or more", causes, advice=_SHUFFLE)
        return
    yield from _lacking(TRAIN, train, "evaluation", others, sizes[TRAIN])
    if VALIDATION in labels:
        found = labels[VALIDATION]
        yield from _lacking(VALIDATION, found, "training", Counter(train), sizes[VALIDATION])
    if known[TRAIN].constant:
        columns = ", ".join(map(str, known[TRAIN].constant[:_N_SHOWN]))
        title = f"Some columns of the {name} hold one value in training."
        yield _notice(title, f"columns {columns}", "both values", ("labels that are never given",))
    ratio = max(train.values()) / min(train.values())
    is_certain = sum(train.values()) >= N_LEAST * len(train)
    if ratio >= IMBALANCE and is_certain and known[TRAIN].width == 1:
        value = f"the largest is {ratio:.1f} times the smallest"
        yield _notice("The classes are imbalanced.", value, f"less than {IMBALANCE:.0f} times")


def _lacking(
    split: str, labels: Mapping[int, int], other: str, found: Counter[int], n_read: int
) -> Iterator[Finding]:
    """Yield a finding if a split lacks classes of another: a problem if it is no accident."""
    missing = sorted(found.keys() - labels.keys())
    share = sum(found[label] for label in missing) / max(1, found.total())
    if share <= MISSING_SHARE or not labels:
        return
    largest = max(found[label] for label in missing) / found.total()
    is_certain = is_no_chance(largest, n_read)
    value = f"class {', '.join(map(str, missing[:_N_SHOWN]))}: {share:.0%} of {other}"
    title, expected = f"Some classes of {other} are not in {split}.", "every class in every split"
    causes: tuple[str, ...] = ("the data were split by class",)
    if split == TRAIN:
        title = "Some classes are in evaluation and not in training."
        causes = ("a class is missing in the training data", *causes)
    elif len(labels) == 1:
        title = f"All examples of {split} are of one class."
        causes = (f"one class in {split}: the data were split by class",)
    if is_certain and (split == TRAIN or len(labels) == 1):
        yield _problem(title, value, expected, causes, advice=_SHUFFLE)
    else:
        yield _notice(title, value, expected, causes if is_certain else ("the split is small",))


def _numbers(name: str, known: Mapping[str, Values], sizes: Mapping[str, int]) -> Iterator[Finding]:
    """Yield constant targets, and splits whose targets are cut to whole numbers or scaled."""
    train = known[TRAIN]
    if train.deviation <= 1e-12 * max(1.0, abs(train.mean)):
        title, causes = f"All training {name} are the same.", ("the targets are constant: zeroed",)
        yield _problem(title, number(train.mean), "targets that differ", causes, advice=_ALIKE)
        return
    for split in sorted(set(known) - {TRAIN}, key=lambda split: split != VALIDATION):
        other, n = known[split], min(sizes[split], sizes[TRAIN])
        one, two = sorted((train, other), key=lambda values: values.fractions)
        if not one.fractions and two.fractions and is_no_chance(two.fractions, n, rarity=1e-6):
            cut = TRAIN if one is train else split
            title = f"The {name} of {cut} are whole numbers, those of others are not."
            value = f"{two.fractions:.0%} with fractions, and none"
            causes = (f"targets of {cut} are cut to whole numbers: converted to int",)
            yield _problem(title, value, "the same in all splits", causes, advice=_ALIKE)
            return
        told = _difference(train, other) if n >= N_LEAST else ""
        if not told:
            continue
        title = f"The {name} of {split} are {told} than those of training."
        value = f"mean {number(other.mean)} and {number(train.mean)}, deviation "
        value += f"{number(other.deviation)} and {number(train.deviation)}"
        causes = ("targets are scaled differently: normalized in one split alone",)
        if split == VALIDATION and told != "elsewhere":
            yield _problem(title, value, "about the same", causes, advice=_ALIKE)
        else:
            yield _notice(title, value, "about the same", ("the targets drift", *causes))


def _difference(train: Values, other: Values) -> str:
    """Return how other targets differ, nothing if they do not.

    Moments and quartiles both have to say so: heavy tails move the moments alone. A mean that has
    moved is a drift, unless one of the two is centered on 0 as only scaled targets are.
    """
    pairs = [(v.quartiles[2] - v.quartiles[0] or v.deviation, v.deviation) for v in (train, other)]
    ratios = [b / a for a, b in zip(*pairs, strict=True)]
    if min(ratios) > FACTOR or max(ratios) < 1 / FACTOR:
        return "scaled differently"
    middles = [(v.quartiles[1], v.mean) for v in (train, other)]
    moved = [abs(b - a) / max(s) for a, b, *s in zip(*middles, *pairs, strict=True)]
    centered = {abs(v.mean) < _CENTERED * v.deviation for v in (train, other)}
    if min(moved) <= MOVED:
        return ""
    return "scaled differently" if len(centered) == 2 else "elsewhere"


CHECK = data_check(
    "targets",
    "Are the targets of all splits alike?",
    rules=("S0.3", "S2.7"),
    kind=Splits,
    judge=judge,
)
