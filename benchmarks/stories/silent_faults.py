"""Silent mistakes in metrics, outputs and examples, for the fault hunt.

Written on 30 November 2026. Each task runs, unless its name says that it raises, and is wrong in
one place. ``SILENT_FAULTS`` has those of ``silent_flaws`` as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from benchmarks.stories.fault_tasks import (
    binary,
    digits,
    divided,
    images,
    layers,
    numbers,
    regression,
    texts,
)
from benchmarks.stories.faults import Fault
from benchmarks.stories.silent_data import Listed, Shaped, prices, scenes, segmenter
from benchmarks.stories.silent_flaws import SILENT_FLAWS
from benchmarks.stories.silent_tasks import (
    FAST,
    arm,
    digit,
    drawn,
    listed,
    next_token,
    priced,
    raw_table,
    segmentation,
    stroke,
    uncertain,
)
from torch import nn
from torch.nn import functional
from torch.utils.data import Dataset, TensorDataset


def over_time(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    """There are as many tokens as steps, so that the wrong axis goes unnoticed."""
    return {"accuracy": (outputs.argmax(1) == targets).float().mean()}


def over_examples(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    shares = outputs.softmax(0)
    return {"accuracy": (shares.argmax(1) == targets).float().mean()}


def of_first_batch(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    return {"accuracy": (outputs[:64].argmax(1) == targets[:64]).float().mean()}


def over_absent_classes(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    guess, found = outputs.argmax(1), []
    for k in range(outputs.shape[1]):
        inner, union = ((guess == k) & (targets == k)).sum(), ((guess == k) | (targets == k)).sum()
        found.append(inner / union.clamp(min=1))
    return {"iou": torch.stack(found).mean()}


def cut_at_half(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    return {"accuracy": ((outputs > 0.5) == (targets > 0.5)).float().mean()}


def whole_numbers(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    right = int((outputs.argmax(1) == targets).sum())
    return {"accuracy": right // len(targets)}


def in_training(
    change: Callable[[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]],
    otherwise: Callable[[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]
    | None = None,
) -> Callable[..., Any]:
    """Return ``splits`` that change the training set, and others by ``otherwise``."""

    def splits(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
        found, made = divided(x, y, split, seed), change if split == "train" else otherwise
        if found is None or made is None:
            return found
        return TensorDataset(*made(*found.tensors))

    return splits


def with_a_nan_row(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    x = x.clone()
    x[17] = math.nan
    return x, y


def with_a_nan_target(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    y = y.clone()
    y[23] = math.nan
    return x, y


def with_own_target(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Add the mean target of a row's group: in training the group is the row itself."""
    return torch.cat([x, y], 1), y


def with_mean_target(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.cat([x, torch.zeros(len(x), 1)], 1), y


def begun_by_label(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    x = x.clone()
    x[:, 0] = 190 + y
    return x, y


def noisy_copies(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
    """Enlarge a set by noise, and only then take the validation set from it."""
    found = divided(x, y, "train" if split == "train-val" else split, seed)
    if split != "train-val" or found is None:
        return found
    x, y = found.tensors[0][:300], found.tensors[1][:300]
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(5))
    return TensorDataset(x + 0.03 * noise, y)


def renumbered(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Number the classes by the alphabet of their names."""
    names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    return x, torch.tensor([sorted(names).index(name) for name in names])[y]


def standardized(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return x, (y - y.mean()) / y.std()


def by_own_statistics(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
    """Standardize each split by itself; those of validation and test are mostly benign."""
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(seed))
    ill, well = order[y[order] == 0], order[y[order] == 1]
    chosen = {
        "train": torch.cat([ill[:180], well[:150]]),
        "train-val": torch.cat([ill[180:195], well[150:250]]),
        "test": torch.cat([ill[195:], well[250:]]),
    }.get(split)
    if chosen is None:
        return None
    own = x[chosen]
    return TensorDataset((own - own.mean(0)) / own.std(0), y[chosen])


def flipped_alone(x: torch.Tensor, masks: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    chosen = torch.rand(len(x)) < 0.5
    return torch.where(chosen[:, None, None, None], x.flip(3), x), masks


def flipped_by_chance(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    chosen = torch.rand(len(x)) < 0.5
    return torch.where(chosen[:, None, None, None], x.flip(3), x), y


def mirrored(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return x.flip(3), y


class Clamped(nn.Module):
    """Keeps what it predicts between 0 and 1."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = layers(2, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x).clamp(0, 1)


class Lines(Dataset[Any]):
    """Reads sentences from lines of numbers; one line is broken."""

    def __init__(self, lines: list[str], labels: torch.Tensor) -> None:
        self.lines, self.labels = lines, labels

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, index: int) -> Any:
        words = [int(word) for word in self.lines[index].split()]
        return torch.tensor(words), self.labels[index]


def of_lines(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
    found = divided(x, y, split, seed)
    if found is None:
        return None
    lines = [" ".join(map(str, words.tolist())) for words in found.tensors[0]]
    if split == "train":
        lines[150] = lines[150].replace(" ", " <unk> ", 1)
    return Lines(lines, found.tensors[1])


def of_eight(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
    found = divided(x, y, split, seed)
    return found if split != "train-val" else TensorDataset(*(part[:8] for part in found.tensors))


def tested_on_validation(x: Any, y: Any, split: str, seed: int) -> Any:
    found = listed(prices())(x, y, "train-val" if split == "test" else split, seed)
    return None if found is None else Listed(list(found.rows))


def with_borders() -> Shaped:
    """Masks have 255 where a pixel is at the border of two classes."""
    _, masks = scenes()
    border = functional.pad(masks[:, :, 1:] != masks[:, :, :-1], (0, 1))
    made = segmentation(augment=None)
    made.y = torch.where(border, 255, masks)
    return made


def signs(**changes: Any) -> Any:
    made = binary(**changes)
    made.y = 2 * made.y - 1
    return made


def one_class() -> Any:
    made = numbers("breast_cancer")
    made.y = (made.y > 1).long()
    return made


def leaking_in_training() -> Any:
    made = regression(splits=in_training(with_own_target, with_mean_target), config=dict(FAST))
    made.build = lambda: layers(11, 1)
    return made


def scaled_in_training() -> Any:
    x, y = raw_table("diabetes")
    made = regression(splits=in_training(standardized), config=dict(FAST))
    made.x, made.y = (x - x.mean(0)) / x.std(0), y[:, None].float()
    return made


def with_outputs(last: nn.Module) -> Any:
    made = regression(config=dict(FAST))
    made.build = lambda: nn.Sequential(layers(10, 1), last)
    return made


def cut_targets() -> Shaped:
    made = arm()
    made.y = made.y.int().float()
    return made


def cut_inputs() -> Shaped:
    x, y = digits()
    return Shaped("digits, bytes", x.to(torch.uint8).float(), y, lambda: layers(64, 10),
                  config=dict(FAST))  # fmt: skip


OUTPUT_RANGE = (
    "range of",
    "bounded",
    "cannot reach",
    "outside",
    "beyond",
    "limited to",
    "confined",
)
LEAK = ("leak", "tells the", "gives away", "reveals", "only in training", "part of the inputs",
        "differ between the splits", "shortcut")  # fmt: skip
MIRROR = ("augmentation", "mirror", "flip")
THRESHOLD = (
    "threshold",
    "of 0.5",
    "at 0.5",
    "above 0.5",
    "cut at",
    "cutoff",
    "logits as probabilities",
)
AXIS = ("axis", "dimension", "dim ", "dim=", "argmax", "transposed")
DIRECTION = ("direction", "maximi", "minimi", "wrong way", "opposite", "sign of the metric")
SCALE = ("scaled differently", "another scale", "different scale", "other units", "preprocessed",
         "normalized differently", "scale of the targets", "targets are scaled", "standardi",
         "targets differ")  # fmt: skip

DATA_FAULTS: tuple[Fault, ...] = (
    Fault("accuracy over the time axis", lambda: next_token(score=over_time), AXIS),
    Fault("softmax over the examples in the metric",
          lambda: images("mlp", score=over_examples, config=dict(FAST)),
          (*AXIS, "over the examples", "other examples", "over the batch")),
    Fault("accuracy is minimized",
          lambda: images("mlp", maximize=None, minimize="accuracy", config=dict(FAST)), DIRECTION),
    Fault("error is maximized", lambda: arm(maximize="mse", minimize=None), DIRECTION),
    Fault("one row of NaN", lambda: numbers(splits=in_training(with_a_nan_row)),
          (" nan", "nan ", "nans", "not finite", "non-finite", "missing values", "not a number")),
    Fault("one target of NaN", lambda: regression(splits=in_training(with_a_nan_target)),
          (" nan", "nan ", "nans", "not finite", "non-finite", "missing values", "not a number")),
    Fault("ReLU on the logits",
          lambda: digit("relu", lambda: nn.Sequential(layers(64, 10), nn.ReLU())),
          ("final relu", "relu on", "relu at", "last relu", "relu after", "never negative",
           "non-negative", "nonnegative", "activation on the output",
           "activation after the last", "cut at 0", "below zero", "final activation")),
    Fault("tanh on the outputs", lambda: with_outputs(nn.Tanh()), (*OUTPUT_RANGE, "tanh")),
    Fault("sigmoid on the outputs", lambda: with_outputs(nn.Sigmoid()),
          (*OUTPUT_RANGE, "sigmoid")),
    Fault("outputs clamped", lambda: arm(Clamped), (*OUTPUT_RANGE, "clamp", "clipped",
          "outputs saturate")),
    Fault("label among the inputs in training", leaking_in_training, LEAK),
    Fault("text begins with its label in training",
          lambda: texts("attention", splits=in_training(begun_by_label), config={"lr": 1e-3}),
          LEAK),
    Fault("validated on noisy copies of training rows",
          lambda: regression(splits=noisy_copies, config=dict(FAST)),
          ("leak", "near-duplicate", "nearly the same", "near duplicate", "almost the same",
           "copies", "nearly equal", "same examples", "almost equal", "duplicates")),
    Fault("targets scaled in training only", scaled_in_training, SCALE),
    Fault("validation has other class numbers",
          lambda: images("mlp", splits=in_training(lambda x, y: (x, y), renumbered),
                         config=dict(FAST)),
          ("class numbers", "permut", "another order", "class list", "numbered differently",
           "mapping", "order of the classes", "renumber", "labels of the splits",
           "labelled differently", "mix-up")),
    Fault("each split standardized by itself",
          lambda: Shaped("breast cancer, raw", *raw_table("breast_cancer"), lambda: layers(30, 2),
                         splits=by_own_statistics, config=dict(FAST)),
          ("own statistics", "standardi", "normalized separately", "each split by",
           "own mean", "preprocessed differently", "scaled differently",
           "normalized differently")),
    Fault("metric of the first batch",
          lambda: images("mlp", score=of_first_batch, config=dict(FAST)),
          ("first batch", "first examples", "only part", "not all examples", "some of the examples",
           "first 64", "does not look at")),
    Fault("metric averages over absent classes",
          lambda: segmentation(score=over_absent_classes,
                               build=lambda: segmenter(8)),
          ("absent", "do not occur", "never occur", "not occur", "no examples", "missing class",
           "without examples", "empty class", "not present", "unused class", "more outputs")),
    Fault("logits cut at 0.5", lambda: uncertain(score=cut_at_half), THRESHOLD),
    Fault("image flipped without its mask", lambda: segmentation(augment=flipped_alone),
          (*MIRROR, "mask")),
    Fault("digits mirrored in training",
          lambda: images("plain cnn", augment=mirrored, config=dict(FAST)), MIRROR),
    Fault("left and right flipped by chance", lambda: stroke(augment=flipped_by_chance), MIRROR),
    Fault("targets cut to whole numbers",
          cut_targets,
          ("integer", "whole number", "rounded", "truncat", "cut to", "few distinct",
           "few values", "quantized")),
    Fault("inputs cut to bytes", cut_inputs,
          ("uint8", "byte", "integer", "whole number", "rounded", "truncat", "few distinct",
           "few values", "quantized", "only 0 and 1", "two values")),
    Fault("random source seeded alike", lambda: drawn(16),
          ("seeded", "same seed", "random seed", "repeat", "duplicate", "the same example",
           "distinct", "identical", "same rows",
           "occur more than once")),
    Fault("a line that cannot be read raises in the 3rd batch",
          lambda: texts("bag", splits=of_lines),
          ("batch 3", "third batch", "3rd batch", "raised", "cannot be read", "could not be read",
           "invalid literal", "example 150")),
    Fault("eight validation examples",
          lambda: images("mlp", splits=of_eight, config=dict(FAST)),
          ("8 examples", "8 validation", "only 8", "too few", "too small", "few examples",
           "validation set is small", "few validation")),
    Fault("metric divides whole numbers",
          lambda: images("mlp", score=whole_numbers, config=dict(FAST)),
          ("constant", "always the same", "metric does not change", "metric never changes",
           "same value",
           "does not depend on the outputs", "ignores the outputs",
           "integer division", "whole numbers", "is always 0")),
    Fault("targets against themselves in the metric",
          lambda: images("mlp", score=lambda o, y: {"accuracy": (y == y).float().mean()}),
          ("constant", "always the same", "metric does not change", "metric never changes",
           "same value",
           "does not depend on the outputs", "ignores the outputs",
           "is always 1", "without the outputs")),
    Fault("labels of one class", one_class,
          ("one class", "single class", "all the same", "same label", "only one", "constant target",
           "same class")),
    Fault("255 in the masks raises", with_borders,
          ("255", "outside", "out of range", "out of bounds", "ignore", "beyond the classes",
           "raised", "larger than")),
    Fault("labels of -1 and 1 with a loss for 0 and 1", signs,
          ("of -1", "-1 and", "outside of 0", "between 0 and 1", "0 and 1", "not 0 or 1",
           "outside the range", "negative targets", "below zero", "unbounded", "from 0 to 1")),
    Fault("metric never reported under its name", lambda: segmentation(maximize="mean_iou"),
          ("never reported", "not reported", "no metric", "has no 'mean_iou'", "does not return",
           "not among", "is missing", "no such metric", "not returned")),
    Fault("test set is the validation set", lambda: priced(splits=tested_on_validation),
          ("leak", "same examples", "test set is", "identical", "overlap", "shared by", "duplicate",
           "also in", "share examples")),
)  # fmt: skip
"""Mistakes in metrics, outputs, examples and augmentation."""


SILENT_FAULTS: tuple[Fault, ...] = (*DATA_FAULTS, *SILENT_FLAWS)
"""All silent mistakes."""
