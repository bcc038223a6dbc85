"""Mistakes planted in the data of sound tasks are named; sound data raise no alarm."""

from __future__ import annotations

import pytest
import torch
from benchmarks.stories.fault_tasks import Parts, digits, divided, layers, sentences, table
from sklearn.datasets import make_blobs
from torch import nn
from torch.nn import functional
from torch.utils.data import Dataset, TensorDataset

from tunebook.checks.check import Ability
from tunebook.checks.codec import decode, encode
from tunebook.checks.examination import examine
from tunebook.checks.laboratory import Laboratory
from tunebook.checks.registry import CHECKS
from tunebook.records import Configuration
from tunebook.records.finding import Verdict
from tunebook.training.task import read_task

pytestmark = pytest.mark.filterwarnings("ignore")
DIGITS, LABELS = digits()
CANCER, WINE = table("breast_cancer"), table("wine")
DISEASE = (table("diabetes")[0], table("diabetes")[1].unsqueeze(1))


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def task(x, y, change=lambda split, x, y: (x, y), *, n_out=None, build=None, **changes):
    """Return a task whose splits are changed by name."""

    def splits(x, y, split, seed):
        found = divided(x, y, split, seed)
        if found is None:
            return None
        made = change(split, *(t.clone() for t in found.tensors))
        return made if isinstance(made, Dataset) else TensorDataset(*made)

    is_number = y.is_floating_point()
    n_out = n_out or (y[0].numel() if is_number else int(y.max()) + 1)
    options = {"splits": splits, **({"cost": functional.mse_loss} if is_number else {}), **changes}
    return Parts("data", x, y, build or (lambda: layers(x[0].numel(), n_out)), **options)


def on(*names):
    """Return a change of these splits alone."""

    def made(change):
        return lambda split, x, y: change(x, y) if split in names else (x, y)

    return made


def examined(made):
    checks = [c for c in CHECKS if c.ability is Ability.HAS_DATA and c.name != "dataset"]
    laboratory = Laboratory(read_task(made))
    return examine(
        checks,
        {Ability.HAS_DATA},
        carry_out=laboratory.carry_out,
        config=Configuration({}),
        length=300,
    )


def problems(made):
    findings = examined(made).findings
    assert not [f for f in findings if f.verdict is Verdict.UNKNOWN]
    return [(f.check, (*f.causes, f.title)[0]) for f in findings if f.verdict is Verdict.PROBLEM]


def holed(x, y):
    x[200, 0, 3, 3] = torch.nan
    return x, y


def with_label(x, y):
    return torch.cat([x.flatten(1), y.reshape(len(y), -1).float()], 1)


class Late(Dataset):
    """One example has another shape, or cannot be read."""

    def __init__(self, inner, at, *, raises):
        self.inner, self.at, self.raises = inner, at, raises

    def __len__(self):
        return len(self.inner)

    def __getitem__(self, index):
        if index == self.at and self.raises:
            raise OSError(f"truncated {index}.png")
        return (torch.zeros(3), 1) if index == self.at else self.inner[index]


def late(*, raises, at=700):
    return lambda split, x, y: (
        Late(TensorDataset(x, y), at, raises=raises) if split == "train" else (x, y)
    )


def near(x, y, noise):
    train = divided(x, y, "train", 0).tensors

    def change(a, b):
        n = len(a)
        return train[0][:n] + noise * randn(*a.shape), train[1][:n]

    return task(x, y, on("train-val")(change))


def scaled_by_own(split, x, y):
    return (x - x.mean(0)) / x.std(0), y


def noisy_label(split, x, y):
    told = y.float().unsqueeze(1) + 0.1 * x[:, :1] if split == "train" else randn(len(x), 1)
    return torch.cat([x, told], 1), y


PLANTED = {
    "one NaN": (task(DIGITS, LABELS, on("train-val")(holed)), "data", "missing values"),
    "all NaN": (task(torch.nan * CANCER[0], CANCER[1]), "data", "missing values"),
    "raises": (task(DIGITS, LABELS, late(raises=True)), "data", "Batch 11 of the split 'train'"),
    "ragged": (task(DIGITS, LABELS, late(raises=False)), "data", "shapes that do not fit"),
    "cut": (
        task(DISEASE[0], 77 * DISEASE[1], on("train")(lambda x, y: (x, y.round()))),
        "targets",
        "cut to whole numbers",
    ),
    "unscaled": (
        task(*DISEASE, on("train-val")(lambda x, y: (x, 77 * y + 152))),
        "targets",
        "scaled differently",
    ),
    "one class": (
        task(*CANCER, on("train-val")(lambda x, y: (x[y == 0], y[y == 0]))),
        "targets",
        "one class in train-val",
    ),
    "own statistics": (task(3 * WINE[0] + 1, WINE[1], scaled_by_own), "inputs", "separately"),
    "raw validation": (
        task((DIGITS - 0.3) / 0.37, LABELS, on("train-val")(lambda x, y: (0.37 * x + 0.3, y))),
        "inputs",
        "preprocessed differently",
    ),
    "label inside": (task(with_label(*CANCER), CANCER[1]), "leak", "part of the inputs"),
    "target inside": (
        task(with_label(DISEASE[0], 3 * DISEASE[1] + 2), DISEASE[1]),
        "leak",
        "part of the inputs",
    ),
    "label inside in training": (
        task(*CANCER, noisy_label, build=lambda: layers(31, 2)),
        "leak",
        "in training and not in validation",
    ),
    "copies": (
        task(
            DIGITS,
            LABELS,
            on("train")(lambda x, y: (x[:50].repeat(20, 1, 1, 1), y[:50].repeat(20))),
        ),
        "repeats",
        "seeded alike",
    ),
    "few seeds": (
        task(
            randn(1000, 6),
            randn(1000, 1, seed=1),
            on("train")(lambda x, y: (x[:16].repeat(40, 1), y[:16].repeat(40, 1))),
        ),
        "repeats",
        "seeded alike",
    ),
    "near digits": (near(DIGITS, LABELS, 0.02), "overlap", "near duplicates"),
    "near cancer": (near(*CANCER, 0.1), "overlap", "near duplicates"),
    "near disease": (near(*DISEASE, 0.02), "overlap", "near duplicates"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_s0_3_planted_mistake_in_the_data_is_the_only_problem(name):
    made, check, words = PLANTED[name]
    found = problems(made)
    assert {where for where, _ in found} == {check}
    assert words in found[0][1]


def gaps(x, y):
    y[::9] = torch.nan
    return x, y


def first(n):
    return on("train-val")(lambda x, y: (x[:n], y[:n]))


def validation_again(split, x, y):
    return divided(DIGITS, LABELS, "train-val", 0) if split == "test" else (x, y)


BROKEN = {
    "third batch raises": (task(DIGITS, LABELS, late(raises=True, at=150)), "data", "Batch 3 of"),
    "empty validation": (task(DIGITS, LABELS, first(0)), "data", "'train-val' is empty"),
    "8 to validate on": (task(DIGITS, LABELS, first(8)), "validation-size", "too small"),
    "1 to validate on": (task(DIGITS, LABELS, first(1)), "validation-size", "too small"),
    "one class": (task(DIGITS, 0 * LABELS, n_out=10), "targets", "the targets are constant"),
    "labels too high": (task(DIGITS, LABELS, n_out=7), "parts", "labels outside the classes"),
    "labels from 1": (task(DIGITS, LABELS + 1, n_out=10), "parts", "labels begin at 1"),
    "target of NaN": (task(*DISEASE, on("train")(gaps)), "data", "missing values"),
    "test on validation": (task(DIGITS, LABELS, validation_again), "overlap", "test has the"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_s2_7_all_checks_together_raise_one_problem_for_broken_data(name):
    made, check, words = BROKEN[name]
    done = examine(
        CHECKS,
        {Ability.HAS_DATA, Ability.CAN_TRAIN, Ability.CAN_LOOK_INSIDE},
        carry_out=Laboratory(read_task(made)).carry_out,
        config=Configuration({}),
        length=300,
    )
    (found,) = [f for f in done.findings if f.verdict is Verdict.PROBLEM]
    assert (found.check, words in (*found.causes, found.title)[0]) == (check, True)


class Scaling(nn.Module):
    """Divides bytes by 255 itself."""

    def __init__(self):
        super().__init__()
        self.inner = layers(64, 10)

    def forward(self, x):
        return self.inner(x.float() / 255)


def masked(outputs, targets):
    known = ~targets.isnan()
    return functional.mse_loss(outputs[known], targets[known])


def blobs(n_centers, spread):
    x, y = make_blobs(1500, 8, centers=n_centers, cluster_std=spread, random_state=0)
    return torch.tensor(x / 10).float(), torch.tensor(y % 2)


def grid(n_axes):
    line = torch.linspace(-1, 1, round(1500 ** (1 / n_axes)))
    points = torch.stack(torch.meshgrid(*[line] * n_axes, indexing="ij"), -1).reshape(-1, n_axes)
    return points, points.sum(1, keepdim=True).sin()


def between(x, y):
    """Validate between the points of a grid."""
    x = 2 * torch.rand(len(x), x.shape[1], generator=torch.Generator().manual_seed(0)) - 1
    return x, x.sum(1, keepdim=True).sin()


def one_hot(seed=0):
    chosen = torch.randint(0, 4, (600, 3), generator=torch.Generator().manual_seed(seed))
    return functional.one_hot(chosen).flatten(1).float(), (chosen.sum(1) + randn(600) > 4).long()


def alone(split, x, y):
    center, scale = x.mean((1, 2, 3), keepdim=True), x.std((1, 2, 3), correction=0, keepdim=True)
    return (x - center) / scale, y


def fifths(x, y, split, seed):
    """Validate on every fifth window: each lies between two of training."""
    chosen = torch.arange(len(x)) % 5 == 0
    rows = {"train": ~chosen, "train-val": chosen}.get(split)
    return None if rows is None else TensorDataset(x[rows], y[rows])


def cut(rows, order):
    """Cut rows in this order into splits."""
    ends = {"train": (0, 6), "train-val": (6, 8), "test": (8, 10)}

    def splits(x, y, split, seed):
        if split not in ends:
            return None
        a, b = (len(rows) * end // 10 for end in ends[split])
        return TensorDataset(x[order][a:b], y[order][a:b])

    return splits


TIME = 0.05 * torch.arange(1233)
SMOOTH = (torch.sin(TIME) + 0.5 * torch.sin(2.3 * TIME)).unfold(0, 33, 1)
SERIES = torch.sin(0.1 * torch.arange(1033)) + 0.1 * randn(1033)
WINDOWS = SERIES.unfold(0, 33, 1)
TRAIN = divided(*WINE, "train", 0).tensors[0]
TWICE = randn(750, 6).repeat_interleave(2, 0) + 0.01 * randn(1500, 6, seed=1)

SOUND = {
    "digits": task(DIGITS, LABELS),
    "cancer": task(*CANCER),
    "wine": task(*WINE),
    "iris": task(*table("iris")),
    "disease": task(*DISEASE),
    "text": task(*sentences(), build=lambda: nn.EmbeddingBag(200, 4)),
    "scaled by training": task(*WINE, lambda s, x, y: ((x - TRAIN.mean(0)) / TRAIN.std(0), y)),
    "each image by itself": task(DIGITS, LABELS, alone),
    "bytes": task((255 * DIGITS).byte(), LABELS, build=Scaling),
    "missing targets": task(*DISEASE, on("train")(gaps), cost=masked),
    "far clusters": task(*blobs(2, 0.05)),
    "many tight clusters": task(*blobs(300, 0.01)),
    "pairs of clusters": task(*blobs(750, 0.01)),
    "measured twice": task(TWICE, TWICE[:, :1] ** 2),
    **{f"grid of {d}": task(*grid(d), on("train-val")(between)) for d in (1, 2, 3, 4)},
    "categories": task(*one_hot()),
    "windows": task(WINDOWS[:, :32], WINDOWS[:, 32:], splits=cut(WINDOWS, torch.arange(1001))),
    "one number": task(randn(300), randn(300, seed=1).abs(), build=lambda: nn.Identity()),
    "line": task(grid(1)[0], 2 * grid(1)[0] + 1),
    "copying": task(DIGITS, DIGITS, build=lambda: nn.Conv2d(1, 1, 3, padding=1)),
    "heavy tails": task(randn(300, 8), (1.5 * randn(300, 1, seed=1)).exp()),
    "rare classes": task(randn(200, 5), torch.arange(200).sqrt().long(), n_out=15),
    "unlabelled": task(
        randn(300, 5),
        torch.arange(300) % 4 - 1,
        n_out=3,
        cost=lambda o, y: functional.cross_entropy(o, y, ignore_index=-1),
    ),
    "augmented": task(DIGITS, LABELS, on("train")(lambda x, y: (x + 0.1 * torch.randn_like(x), y))),
}


@pytest.mark.parametrize("name", SOUND)
def test_sound_data_raise_no_alarm(name):
    assert problems(SOUND[name]) == []


class Words(Dataset):
    def __init__(self, n, seed):
        rng = torch.Generator().manual_seed(seed)
        lengths = torch.randint(3, 20, (n,), generator=rng).tolist()
        self.items = [(torch.randint(1, 90, (k,), generator=rng), k % 2) for k in lengths]

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        return self.items[index]


def padded(items):
    words, labels = zip(*items, strict=True)
    return nn.utils.rnn.pad_sequence(list(words), batch_first=True), torch.tensor(labels)


def test_examples_of_different_length_are_read_through_collate_and_compared():
    made = task(*sentences(), lambda s, x, y: Words(300, 0), build=lambda: nn.EmbeddingBag(90, 2))
    made.collate = padded
    found = {f.check: f for f in examined(made).findings if f.verdict is Verdict.PROBLEM}
    assert list(found) == ["overlap"]
    assert found["overlap"].value == "100% of the one that has more of them, 300 found"


def test_features_that_are_nearly_always_zero_have_not_moved_by_the_accident_of_a_few_rows():
    sparse = torch.where(randn(400, 50) > 2.2, randn(400, 50, seed=1).exp(), torch.zeros(()))
    findings = examined(task(sparse, torch.arange(400) % 2)).findings
    assert not [f.title for f in findings if f.check == "inputs" and "elsewhere" in f.title]


def test_readings_of_the_looks_survive_the_codec():
    readings = examined(SOUND["missing targets"]).readings
    assert {experiment.what for experiment in readings} == {"splits", "likeness", "leaks"}
    for reading in readings.values():
        assert decode(encode(reading)) == reading


def test_s2_7_missing_value_in_a_text_of_any_length_is_found_in_its_example():
    def sequences(items):
        values, labels = zip(*items, strict=True)
        return nn.utils.rnn.pad_sequence(list(values), batch_first=True), torch.tensor(labels)

    def change(split, x, y):
        series = Words(300, {"train": 0, "train-val": 1}.get(split, 2))
        series.items = [(words.float() / 90, label) for words, label in series.items]
        if split == "train-val":
            series.items[123][0][1] = torch.nan
        return series

    made = task(*sentences(), change, build=lambda: nn.AdaptiveAvgPool1d(2))
    made.collate = sequences
    found = next(f for f in examined(made).findings if f.verdict is Verdict.PROBLEM)
    assert (found.check, found.items) == ("data", ("train-val 123 (inputs)",))


def numbered(x, y):
    """Sort a file by its target, and keep the number of the row among the inputs."""
    order = y.flatten().argsort()
    rows = torch.arange(len(y)).unsqueeze(1) / len(y)
    return torch.cat([x[order], rows], 1), y[order]


def filled(value, every=12):
    """Have every twelfth target missing."""

    def change(x, y):
        y[::every] = value
        return x, y

    return on("train", "train-val", "test")(change)


def sentinel(split, x, y):
    x[::9, 2] = (-999 - MEAN) / SPREAD
    x[:, 2] = (x[:, 2] - x[:, 2].mean()) / x[:, 2].std()
    return x, y


class Embedded(nn.Module):
    """Means of words, and a layer."""

    def __init__(self):
        super().__init__()
        self.words, self.last = nn.EmbeddingBag(200, 16), nn.Linear(16, 2)

    def forward(self, x):
        return self.last(self.words(x))


def unknown(x, y):
    return torch.where(
        torch.rand(x.shape, generator=torch.Generator().manual_seed(0)) < 0.9, 1, x
    ), y


def ignoring(value):
    def cost(outputs, targets):
        known = targets != value
        return functional.mse_loss(outputs[known], targets[known])

    return cost


MEAN, SPREAD = 50.0, 10.0
HEAVY = (randn(600, 8), randn(600, 1, seed=1) + 3)
SHAPES = torch.stack([randn(600, seed=k).exp() * (k + 1) + k for k in range(6)], 1)
SHAPED = ((SHAPES - SHAPES.mean(0)) / 8, (randn(600, seed=9) > 0).long())
TURNED = [1, 2, 0, 3, 5, 4]
ALL_SAME = (DIGITS, 0 * LABELS)


def blank(x, y):
    """Fail to read every eighth image."""
    x[::8] = 0.5
    return x, y


def collapsed(x, y):
    """Lose what differs in half of the rows: three of them are left."""
    x[::2] = x[:3].repeat(len(x), 1)[: len(x[::2])]
    return x, y


def documents(x, y):
    """Return counts of words that are seldom: many documents have one or two."""
    counts = (
        torch.rand(len(y), 120, generator=torch.Generator().manual_seed(len(y))) < 0.01
    ).float()
    return counts, y


class Counting(nn.Module):
    """A layer for whole numbers."""

    def __init__(self):
        super().__init__()
        self.inner = layers(32, 2)

    def forward(self, x):
        return self.inner(x.float())


EVERYWHERE = on("train", "train-val", "test")
_KINDS = {
    "every fifth window": (
        task(SMOOTH[:, :32], SMOOTH[:, 32:], splits=fifths),
        "overlap",
        "overlapping windows",
    ),
    "windows of channels": (
        task(WINDOWS[:, None, :32].repeat(1, 2, 1), WINDOWS[:, 32:]),
        "overlap",
        "overlapping windows",
    ),
    "blank images": (task(DIGITS, LABELS, EVERYWHERE(blank)), "repeats", "blank"),
    "rows that became equal": (
        task(*CANCER, EVERYWHERE(collapsed)),
        "repeats",
        "information is lost",
    ),
    "row number": (task(*numbered(*CANCER)), "leak", "row number"),
    "row number, regression": (task(*numbered(*DISEASE)), "leak", "row number"),
    "sorted file": (task(*WINE, splits=cut(WINE[0], WINE[1].argsort())), "targets", "sorted"),
    "sorted file, regression": (
        task(*DISEASE, splits=cut(DISEASE[0], DISEASE[1].flatten().argsort())),
        "targets",
        "sorted",
    ),
    "missing targets": (task(HEAVY[0], HEAVY[1], filled(-1.5)), "targets", "filled"),
    "missing targets, inside": (task(HEAVY[0], HEAVY[1], filled(3)), "targets", "filled"),
    "sentinel": (task(*CANCER, sentinel), "inputs", "sentinel"),
    "columns": (task(*SHAPED, on("train-val")(lambda x, y: (x[:, TURNED], y))), "inputs", "perm"),
    "unknown words": (
        task(*sentences(), on("train-val")(unknown), build=Embedded),
        "inputs",
        "unk",
    ),
}


@pytest.mark.parametrize("name", _KINDS)
def test_s0_3_kind_of_mistake_is_named_and_is_the_only_problem(name):
    made, check, words = _KINDS[name]
    ((where, cause),) = set(problems(made))
    assert (where, words in cause) == (check, True), cause


_HEALTHY = {
    "missing targets that the loss leaves out": task(*HEAVY, filled(-1.5), cost=ignoring(-1.5)),
    "short documents": task(torch.zeros(569, 120), CANCER[1], EVERYWHERE(documents)),
    "counts": task((HEAVY[0] > 1.5).long().repeat(1, 4), LABELS[:600] % 2, build=Counting),
    "zero-inflated": task(HEAVY[0], (HEAVY[1] - 3).clamp_min(0)),
    "no targets": task(*ALL_SAME, n_out=10, cost=lambda o, y: o.square().mean()),
    "years": task(torch.cat([CANCER[0], 1950 + torch.arange(569)[:, None] / 10], 1), CANCER[1]),
}


@pytest.mark.parametrize("name", _HEALTHY)
def test_sound_data_that_look_like_such_a_mistake_raise_no_alarm(name):
    assert [found for found in problems(_HEALTHY[name]) if found[0] != "inputs"] == []
