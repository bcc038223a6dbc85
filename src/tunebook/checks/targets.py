"""Are the targets of the splits of one kind, and what training needs (S0.3, S2.7)?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tunebook.analysis.series import number
from tunebook.checks.check import Ability, Check
from tunebook.checks.split_figures import TRAIN, VALIDATION, Splits, Values, is_no_chance, judged
from tunebook.records.finding import Finding, Verdict

MISSING_SHARE, IMBALANCE = 0.01, 3.0
FACTOR, MOVED, N_LEAST = 3.0, 1.5, 20
_IGNORED = -100


def judge(seen: Splits) -> Iterator[Finding]:
    """Yield what is wrong with the targets, or a pass with what they are."""
    found = list(_refused(seen))
    for name, by_split in seen.targets().items():
        known = {split: values for split, values in by_split.items() if values.n}
        if found or TRAIN not in known or known[TRAIN].n < 2:
            continue
        sizes = {split: seen.by_name[split].n_read for split in known}
        is_classes = all(values.are_classes for values in known.values())
        judged_as = _classes if is_classes else _numbers
        found += judged_as(name, known, sizes)
    yield from found
    if not any(finding.verdict is Verdict.PROBLEM for finding in found):
        told = [f"{name}: {_told(by_split[TRAIN])}" for name, by_split in seen.targets().items()]
        yield Finding(
            "targets",
            Verdict.PASS if told else Verdict.UNKNOWN,
            "The targets of all splits are alike." if told else "The targets are no numbers.",
            value=", ".join(told),
            source="S0.3",
        )


def _told(values: Values) -> str:
    if values.are_classes:
        return f"{len(_labels(values))} classes"
    return f"mean {number(values.mean)}, deviation {number(values.deviation)}"


def _labels(values: Values) -> dict[int, int]:
    return {label: n for label, n in values.counts.items() if label != _IGNORED}


def _refused(seen: Splits) -> Iterator[Finding]:
    if seen.refused and seen.n_classes:
        known = [label for by in seen.targets().values() for v in by.values() for label in v.counts]
        lowest = min(known, default=0)
        causes = ["the network has too few outputs", "labels are not numbered from 0"]
        if seen.refused == (seen.n_classes,) and lowest > 0:
            causes = ["labels begin at 1", *causes[:1]]
        elif max(seen.refused) < 0:
            causes = ["negative labels: a mark of missing labels that the loss does not leave out"]
        yield _problem(
            "Labels lie outside the classes of the network.",
            ", ".join(map(str, seen.refused[:10])),
            f"0 to {seen.n_classes - 1}",
            *causes,
            advice="Number the classes from 0, and give the network one output for each.",
        )


def _problem(title: str, value: str, expected: str, *causes: str, advice: str) -> Finding:
    return Finding(
        "targets",
        Verdict.PROBLEM,
        title,
        value,
        expected,
        causes=causes,
        next_test="Print ten targets of each split as the loss receives them.",
        advice=advice,
        source="S0.3",
    )


def _notice(title: str, value: str, expected: str, *causes: str) -> Finding:
    return Finding("targets", Verdict.NOTICE, title, value, expected, causes=causes, source="S0.3")


def _classes(name: str, known: Mapping[str, Values], sizes: Mapping[str, int]) -> Iterator[Finding]:
    """Yield one class alone, classes that a split lacks, imbalance and labels never given."""
    labels = {split: _labels(values) for split, values in known.items()}
    train = labels[TRAIN]
    if len(train) == 1:
        yield _problem(
            "All training examples are of one class.",
            f"class {next(iter(train))}",
            "two classes or more",
            "one class in training: the data were split by class",
            advice="Shuffle the examples before they are split.",
        )
        return
    for split in set(labels) - {TRAIN}:
        yield from _lacking(labels, TRAIN, split, sizes[TRAIN])
        if split == VALIDATION:
            yield from _lacking(labels, split, TRAIN, sizes[split])
    constant = known[TRAIN].constant
    if constant:
        shown = ", ".join(map(str, constant[:10]))
        title = f"Some columns of the {name} hold one value in training."
        yield _notice(title, f"columns {shown}", "both values", "labels that are never given")
    ratio = max(train.values()) / min(train.values())
    if ratio >= IMBALANCE and known[TRAIN].width == 1:
        title = "The classes are imbalanced."
        told = f"the largest is {ratio:.1f} times the smallest"
        yield _notice(title, told, f"less than {IMBALANCE:.0f} times")


def _lacking(
    labels: Mapping[str, Mapping[int, int]], split: str, other: str, n_read: int
) -> Iterator[Finding]:
    """Yield a finding if ``split`` lacks classes of ``other``, and not because it is small."""
    total = sum(labels[other].values())
    missing = sorted(labels[other].keys() - labels[split].keys())
    share = sum(labels[other][c] for c in missing) / total
    if share <= MISSING_SHARE or not labels[split]:
        return
    is_certain = is_no_chance(share, n_read)
    is_problem = is_certain and (split == TRAIN or len(labels[split]) == 1)
    told = ", ".join(map(str, missing[:10]))
    if is_problem and split == TRAIN:
        yield _problem(
            "Some classes are in evaluation and not in training.",
            f"class {told}: {share:.0%} of {other}",
            "every class in every split",
            "a class is missing in the training data",
            "the data were split by class",
            advice="Shuffle the examples before they are split, or split each class.",
        )
    elif is_problem:
        yield _problem(
            f"All examples of {split} are of one class.",
            f"class {next(iter(labels[split]))}",
            "every class in every split",
            f"one class in {split}: the data were split by class",
            advice="Shuffle the examples before they are split, or split each class.",
        )
    else:
        why = "the data were split by class" if is_certain else "the split is small"
        title = f"Some classes of {other} are not in {split}."
        yield _notice(title, f"class {told}: {share:.0%} of {other}", "every class", why)


def _numbers(name: str, known: Mapping[str, Values], sizes: Mapping[str, int]) -> Iterator[Finding]:
    """Yield constant targets, and splits whose targets are cut to whole numbers or scaled."""
    train = known[TRAIN]
    if train.deviation <= 1e-12 * max(1.0, abs(train.mean)):
        yield _problem(
            f"All training {name} are the same.",
            number(train.mean),
            "targets that differ",
            "the targets are zeroed or constant",
            advice="Look at what the targets are made of.",
        )
        return
    for split in set(known) - {TRAIN}:
        other, is_validation = known[split], split == VALIDATION
        n = min(sizes[split], sizes[TRAIN])
        one, two = sorted((train, other), key=lambda v: v.fractions)
        if not one.fractions and two.fractions and is_no_chance(two.fractions, n, rarity=1e-6):
            cut = TRAIN if one is train else split
            yield _problem(
                f"The {name} of {cut} are whole numbers, those of the others are not.",
                f"{two.fractions:.0%} with fractions, and none",
                "the same in all splits",
                f"targets of {cut} are cut to whole numbers: converted to int",
                advice="Convert the targets of every split alike.",
            )
        elif n >= N_LEAST and (told := _difference(train, other)):
            value = (
                f"mean {number(other.mean)} and {number(train.mean)}, deviation "
                f"{number(other.deviation)} and {number(train.deviation)}"
            )
            title = f"The {name} of {split} are {told} than those of training."
            if is_validation and told == "scaled differently":
                yield _problem(
                    title,
                    value,
                    "about the same",
                    "targets are scaled differently: normalized in one split alone",
                    advice="Apply the same scaling, with statistics of training, to every split.",
                )
            else:
                yield _notice(title, value, "about the same", "the targets drift, or are scaled")


def _difference(train: Values, other: Values) -> str:
    """Return how other targets differ, nothing if they do not.

    Moments and quartiles both have to say so: heavy tails move the moments alone. A mean that has
    moved is a drift, unless one of the two is centred on 0 as only scaled targets are.
    """
    low, middle, high = train.quartiles
    spread = high - low or train.deviation
    other_spread = other.quartiles[2] - other.quartiles[0] or other.deviation
    ratios = [other_spread / spread, other.deviation / train.deviation]
    if min(ratios) > FACTOR or max(ratios) < 1 / FACTOR:
        return "scaled differently"
    moved = (
        abs(other.quartiles[1] - middle) / max(spread, other_spread),
        abs(other.mean - train.mean) / max(train.deviation, other.deviation),
    )
    if min(moved) <= MOVED:
        return ""
    return "scaled differently" if _is_centred(train) != _is_centred(other) else "elsewhere"


def _is_centred(values: Values) -> bool:
    return abs(values.mean) < 0.1 * values.deviation


CHECK = Check(
    name="targets",
    question="Are the targets of all splits alike?",
    rules=("S0.3", "S2.7"),
    ability=Ability.HAS_DATA,
    ask=judged("splits", Splits, judge),
    after=("data",),
    reads=(Splits,),
)
