"""The splits of a task: whether they can be read, overlap, or give the label away (S2.7, S0.3)."""

from __future__ import annotations

import hashlib
import itertools
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import torch

from tunebook.probes.attempts import Raised, attempt
from tunebook.probes.looking import first_batch
from tunebook.probes.tensors import tensors_in
from tunebook.recipes.batches import fetch
from tunebook.records.finding import Finding, Verdict
from tunebook.training.task import Split, Task

MAX_EXAMPLES, MAX_SECONDS, MAX_BATCHES, BATCH = 2000, 4.0, 20, 64
PROBLEM_SHARE, NOTICE_SHARE = 0.2, 0.01
CONFLICT_SHARE = 0.1
MIN_EXAMPLES, MAX_CLASSES = 50, 200
_TOO_FEW = 100
N_LEVEL, MAX_MOVED, MAX_RATIO = 256, 1.5, 3.0


def judge_splits(task: Task) -> list[Finding]:
    """Return the findings on the splits: those that cannot be read, then those that overlap."""
    found = list(_unreadable(task))
    if any(finding.verdict is Verdict.PROBLEM for finding in found):
        return found
    prints = {split: _prints(task, split) for split in Split if task.has(split)}
    conflicts = list(_conflicts(task))
    classes = [*_classes(task), *_shift(task)]
    return [*found, _overlap(prints), *conflicts, *classes, *_few(task), *_told_by_one_input(task)]


def _unreadable(task: Task) -> Iterator[Finding]:
    """Yield a finding for each split that is missing, empty, or raises in its first batches."""
    for split in Split:
        examples = attempt(task.data, split.value)
        if isinstance(examples, Raised):
            yield examples.finding("data", f"data({split.value!r})")
            continue
        if examples is None or len(examples) == 0:
            if split in {Split.TRAIN, Split.TRAIN_VAL}:
                yield _missing(split, is_there=examples is not None)
            continue
        bad = _first_bad_batch(task, split)
        if bad is not None:
            number, raised = bad
            yield raised.finding("data", f"Batch {number} of the split {split.value!r}")
    yield Finding(
        "data", Verdict.PASS, "The first batches of every split can be read.", source="S2.7"
    )


def _missing(split: Split, *, is_there: bool) -> Finding:
    return Finding(
        "data",
        Verdict.PROBLEM,
        f"The split {split.value!r} is {'empty' if is_there else 'missing'}.",
        value="0 examples",
        expected="at least 1",
        advice=f"Return a dataset of (inputs, target) pairs from data({split.value!r}).",
        source="S2.7",
    )


def _first_bad_batch(task: Task, split: Split) -> tuple[int, Raised] | None:
    """Return the first batch, from 1, that cannot be read, among the first twenty."""
    examples, until = task.examples(split), time.monotonic() + MAX_SECONDS
    starts = range(0, min(len(examples), MAX_BATCHES * BATCH), BATCH)
    for number, start in enumerate(starts, 1):
        indices = range(start, min(start + BATCH, len(examples)))
        found = attempt(fetch, examples, list(indices), task.collate)
        if isinstance(found, Raised):
            return number, found
        if time.monotonic() > until:
            return None
    return None


def _prints(task: Task, split: Split) -> dict[str, int]:
    """Return fingerprints of the inputs of up to 2,000 examples, with their number."""
    examples, until = task.examples(split), time.monotonic() + MAX_SECONDS
    found: dict[str, int] = {}
    for index in range(min(len(examples), MAX_EXAMPLES)):
        digest = _fingerprint(examples[index][0])
        if digest is None or time.monotonic() > until:
            return found
        found.setdefault(digest, index)
    return found


def _fingerprint(inputs: Any) -> str | None:
    tensors = list(tensors_in(inputs))
    if isinstance(inputs, str):
        return hashlib.sha1(inputs.encode(), usedforsecurity=False).hexdigest()
    if not tensors:
        try:
            tensors = [torch.as_tensor(inputs)]
        except (TypeError, ValueError, RuntimeError):
            return None
    digest = hashlib.sha1(usedforsecurity=False)
    for tensor in tensors:
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _overlap(prints: dict[Split, dict[str, int]]) -> Finding:
    """Return the worst overlap of two splits: the same example on both sides is a leak."""
    worst, share, items = "", 0.0, tuple[str, ...]()
    for one, other in itertools.combinations(prints, 2):
        smaller = min(len(prints[one]), len(prints[other]))
        shared = prints[one].keys() & prints[other].keys()
        if smaller and len(shared) / smaller > share:
            share = len(shared) / smaller
            worst = f"{one.value} and {other.value}"
            items = tuple(
                f"{one.value} {prints[one][digest]} = {other.value} {prints[other][digest]}"
                for digest in sorted(shared, key=prints[one].__getitem__)[:20]
            )
    if share <= NOTICE_SHARE:
        told = f"at most {share:.1%} shared"
        return Finding("overlap", Verdict.PASS, "The splits do not overlap.", told, source="I2")
    return Finding(
        "overlap",
        Verdict.PROBLEM if share > PROBLEM_SHARE else Verdict.NOTICE,
        f"The same examples are in {worst}: leakage.",
        value=f"{share:.0%} of the smaller one",
        expected=f"at most {NOTICE_SHARE:.0%}",
        causes=("leakage: training examples in an evaluation set", "duplicates in the data"),
        advice="Split by example, after duplicates are removed.",
        items=items,
        source="I2",
    )


def _conflicts(task: Task) -> Iterator[Finding]:
    """Yield a finding if equal inputs of the training split have different labels."""
    examples, until = task.examples(Split.TRAIN), time.monotonic() + MAX_SECONDS
    labels: dict[str, tuple[int, str]] = {}
    items: list[str] = []
    n = min(len(examples), MAX_EXAMPLES)
    for index in range(n):
        inputs, target = examples[index]
        digest, told = _fingerprint(inputs), _fingerprint(target)
        if digest is None or told is None or time.monotonic() > until:
            return
        first, known = labels.setdefault(digest, (index, told))
        if known != told:
            items.append(f"train {first} and {index}")
    if len(items) > NOTICE_SHARE * n:
        # Inputs that are all the same are another mistake, which the preflight names.
        is_problem = len(labels) > 1 and len(items) > CONFLICT_SHARE * n
        yield Finding(
            "conflicting-labels",
            Verdict.PROBLEM if is_problem else Verdict.NOTICE,
            "Equal inputs have different labels.",
            value=f"{len(items)} of {n} training examples",
            expected="each input with one label",
            causes=("labels are corrupted: they contradict each other", "inputs lack what differs"),
            advice="Look at the pairs, and keep one label for each.",
            items=tuple(items[:20]),
            source="S2.8",
        )


def _classes(task: Task) -> Iterator[Finding]:
    """Yield a finding if training has one class alone, or lacks one that evaluation has (S0.3)."""
    known = {split: _labels(task, split) for split in Split if task.has(split)}
    train = known.pop(Split.TRAIN)
    if not train:
        return
    others = {label for labels in known.values() for label in labels}
    missing = sorted(others - train.keys())
    share = max(
        (sum(labels[c] for c in missing if c in labels) / sum(labels.values()))
        for labels in (*known.values(), train)
        if labels
    )
    if len(train) > 1 and share <= NOTICE_SHARE:
        return
    is_one = len(train) == 1
    yield Finding(
        "classes",
        Verdict.PROBLEM,
        "All training examples are of one class."
        if is_one
        else "Some classes are in evaluation and not in training.",
        value=f"class {next(iter(train))}" if is_one else ", ".join(map(str, missing[:10])),
        expected="every class in every split",
        causes=("a class is missing in the training data", "the data were split by class"),
        advice="Shuffle the examples before they are split, or split each class.",
        source="S0.3",
    )


def _shift(task: Task) -> Iterator[Finding]:
    """Yield a finding on each split whose inputs lie elsewhere than those of training (S0.3).

    Another mean or deviation of all inputs by a factor is another preprocessing, as a rule. Test
    data may come from elsewhere: then it is a notice.
    """
    known = _level(task, Split.TRAIN)
    if known is None or known[1] <= 0:
        return
    for split in (s for s in Split if s is not Split.TRAIN and task.has(s)):
        found = _level(task, split)
        if found is None:
            continue
        moved, ratio = abs(found[0] - known[0]) / known[1], found[1] / known[1]
        if moved <= MAX_MOVED and 1 / MAX_RATIO <= ratio <= MAX_RATIO:
            continue
        yield Finding(
            "input-shift",
            Verdict.PROBLEM if split is Split.TRAIN_VAL else Verdict.NOTICE,
            f"Inputs of {split.value} are scaled differently than those of training.",
            value=f"mean {found[0]:.3g} and {known[0]:.3g}, deviation {found[1]:.3g} and "
            f"{known[1]:.3g}",
            expected="about the same",
            causes=("the splits are preprocessed differently: a normalization is missing in one",),
            next_test="Print mean and deviation of a batch of each split.",
            advice="Apply the same normalization, with statistics of training, to every split.",
            source="S0.3",
        )


def _level(task: Task, split: Split) -> tuple[float, float] | None:
    """Return mean and deviation over the inputs of up to 256 examples, None if no numbers."""
    found = next(tensors_in(first_batch(task, N_LEVEL, split=split)[0]), None)
    if found is None or not found.is_floating_point() or len(task.examples(split)) < 2:
        return None
    x = found.double()
    x = x[torch.isfinite(x)]
    return (float(x.mean()), float(x.std())) if x.numel() > 1 else None


def _labels(task: Task, split: Split) -> Counter[int]:
    """Return how often each class occurs in up to 2,000 examples; nothing if there are none."""
    examples, until = task.examples(split), time.monotonic() + MAX_SECONDS
    n = min(len(examples), MAX_EXAMPLES)
    found: Counter[int] = Counter()
    for index in torch.linspace(0, len(examples) - 1, n).long().tolist():
        target = examples[index][1]
        if isinstance(target, torch.Tensor):
            if target.numel() != 1 or target.is_floating_point():
                return Counter()
        elif not isinstance(target, int):
            return Counter()
        found[int(target)] += 1
        if time.monotonic() > until:
            break
    return found if len(found) <= MAX_CLASSES else Counter()


def _few(task: Task) -> Iterator[Finding]:
    n = len(task.examples(Split.TRAIN_VAL))
    if n < _TOO_FEW:
        yield Finding(
            "validation-size",
            Verdict.NOTICE,
            "The validation set is small: differences are mostly chance.",
            value=f"{n} examples",
            expected=f"{_TOO_FEW} or more",
            advice="Validate on more examples, or trust only large differences.",
            source="S2.11",
        )


def _told_by_one_input(task: Task) -> Iterator[Finding]:
    """Yield a problem if one number of the inputs alone tells the class: the label leaks in."""
    n = min(len(task.examples(Split.TRAIN)), MAX_EXAMPLES)
    inputs, targets = first_batch(task, MAX_EXAMPLES)
    if not isinstance(inputs, torch.Tensor) or not isinstance(targets, torch.Tensor):
        return
    is_labels = not targets.is_floating_point() or set(targets.unique().tolist()) <= {0.0, 1.0}
    labels = targets.flatten()
    if not is_labels or len(labels) != n or n < MIN_EXAMPLES or labels.unique().numel() < 2:
        return
    x = inputs.reshape(n, -1).double()
    column = _telling_column(x, labels)
    if column is not None:
        yield Finding(
            "label-leak",
            Verdict.PROBLEM,
            "One input alone tells the label of every example.",
            value=f"input {column}",
            expected="no single input that knows it",
            causes=("the label is part of the inputs: leakage",),
            advice="Take it out of the inputs.",
            items=(f"input {column}",),
            source="S0.3",
        )


def _telling_column(x: torch.Tensor, labels: torch.Tensor) -> int | None:
    """Return the first column whose few values belong to one class each, None if none does.

    Only columns of as many values as classes count: in a fine-grained one every value is alone.
    """
    classes = labels.unique()
    for column in range(x.shape[1]):
        values, place = x[:, column].unique(return_inverse=True)
        if len(values) != len(classes):
            continue
        table = torch.zeros(len(values), len(classes))
        ranks = torch.searchsorted(classes, labels)
        table.index_put_((place, ranks), torch.ones(len(labels)), accumulate=True)
        if bool(((table > 0).sum(1) == 1).all()):
            return column
    return None
