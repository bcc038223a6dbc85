"""Mistakes that the authors of the rules have not seen: ``UNSEEN_FAULTS``.

Written on 30 November 2026. Here are those of inputs, splits, targets and augmentation; those of
networks, losses, metrics and optimizers are in ``unseen_more_faults``.
"""

from __future__ import annotations

from typing import Any

import torch
from benchmarks.stories import unseen_data as made
from benchmarks.stories import unseen_networks as nets
from benchmarks.stories import unseen_tasks as tasks
from benchmarks.stories.fault_tasks import Parts, divided, table
from benchmarks.stories.faults import Fault
from benchmarks.stories.unseen_hard import ending, of_groups, weak
from benchmarks.stories.unseen_more_faults import MORE_UNSEEN_FAULTS
from torch.nn import functional
from torch.utils.data import Dataset, TensorDataset


def rolled(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def missing_as_number() -> Parts:
    """Return houses of which a tenth of two properties is not known and stored as -999."""
    parts = tasks.house()
    parts.x = parts.x.clone()
    for column in (0, 4):
        parts.x[torch.rand(len(parts.x), generator=rolled(column)) < 0.1, column] = -999.0
    return parts


def two_units() -> Parts:
    """Return houses whose first property is in metres for some and in millimetres for others."""
    parts = tasks.house()
    parts.x = parts.x.clone()
    parts.x[torch.rand(len(parts.x), generator=rolled(1)) < 0.3, 0] *= 1000.0
    return parts


def with_row_number() -> Parts:
    """The file is sorted by class, and the number of the row is a column."""
    x, y = table("wine")
    order = y.argsort(stable=True)
    number = torch.arange(len(y)) / len(y) * 3.4 - 1.7
    parts = tasks.sheet(build=lambda: nets.dense(6, 3, 32))
    parts.x, parts.y = torch.cat([x[order][:, [3, 4, 2, 7, 1]], number[:, None]], 1), y[order]
    return parts


def unknown_words() -> Parts:
    """Only three words are in the vocabulary; the others share the number of the unknown."""
    parts = ending()
    parts.x = torch.where(parts.x > 3, made.N_WORDS, parts.x)
    return parts


def repeated_first() -> Parts:
    """Rows of the rare class are repeated before the split."""
    parts = tasks.rare_class(cost=functional.cross_entropy)
    rare = parts.y == 1
    parts.x = torch.cat([parts.x, parts.x[rare].repeat(9, 1)])
    parts.y = torch.cat([parts.y, parts.y[rare].repeat(9)])
    return parts


def not_shuffled(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
    """Cut a file that is sorted by class into pieces."""
    chosen = made.in_this_order(y.argsort(stable=True), split)
    return None if chosen is None else TensorDataset(x[chosen], y[chosen])


def persons_everywhere() -> Parts:
    """Deal the five records of a person out to all splits."""
    parts = of_groups(splits=divided, config={"lr": 1e-2})
    parts.build = lambda: nets.dense(12, 2, 64)
    return parts


def any_time(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
    """Deal overlapping windows out at random."""
    return divided(x, y, split, seed)


def encoded_by_target() -> Parts:
    """A column is the mean target of the row's street, of which there are two rows each."""
    parts = weak()
    parts.build = lambda: nets.dense(10, 1, 16)
    street = torch.randperm(len(parts.y), generator=rolled(2)) // 2
    total = torch.zeros(len(parts.y) // 2).index_add_(0, street, parts.y.flatten())
    parts.x = torch.cat([parts.x, (total / 2)[street][:, None]], 1)
    return parts


def four_examples(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
    found = divided(x, y, split, seed)
    return TensorDataset(*found[:4]) if split == "train-val" and found is not None else found


def other_columns(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
    """The columns of the validation table stand in the order of another file."""
    return divided(x.flip(1) if split == "train-val" else x, y, split, seed)


def shifted_again(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Shift targets that were shifted by the dataset."""
    return functional.cross_entropy(outputs[:, :-1].flatten(0, 1), targets[:, 1:].flatten())


def same_word() -> Parts:
    parts = tasks.speaking(maximize="accuracy", minimize=None, score=tasks.next_word)
    parts.y = parts.x
    return parts


def listed_otherwise(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
    """Folders of the validation set were listed as 0, 1, 10, 2 ... and numbered by that."""
    other = torch.tensor([0, 1, 3, 4, 5, 6, 7, 8, 9, 2])
    return divided(x, other[y] if split == "train-val" else y, split, seed)


def whole_numbers() -> Parts:
    """Standardized prices were cast to integers."""
    parts = tasks.house()
    parts.y = parts.y.long().float()
    return parts


def unknown_as_zero() -> Parts:
    """The prices of a third of the houses are not known and became 0."""
    parts = tasks.house(build=lambda: nets.dense(9, 1))
    parts.y = parts.y + 4
    parts.y[torch.rand(len(parts.y), generator=rolled(3)) < 0.35] = 0.0
    return parts


def turned_masks() -> Parts:
    """The masks were read as columns and rows."""
    parts = tasks.segmentation()
    parts.y = parts.y.transpose(1, 2).contiguous()
    return parts


def mirrored(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mirror half of the images, whatever they show."""
    flip = torch.rand(len(x)) < 0.5
    return torch.where(flip[:, None, None, None], x.flip(3), x), y


def mirrored_alone(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mirror the images and forget their masks."""
    return mirrored(x, y)


def blended_otherwise(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mixup that draws one partner for the inputs and another for the labels."""
    share, soft = 0.5, functional.one_hot(y, 10).float()
    x = x * (1 - share) + x[torch.randperm(len(x))] * share
    return x, soft * (1 - share) + soft[torch.randperm(len(x))] * share


def drowned(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return x + 8.0 * torch.randn_like(x), y


def normalized_here(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Normalize training batches, as the validation set never is."""
    return (x - 0.3) / 0.1, y


class Spoiling(Dataset[Any]):
    """Adds noise to the image that it keeps, so that the noise of all epochs adds up."""

    def __init__(self, inner: TensorDataset) -> None:
        self.x, self.y = inner.tensors[0].clone(), inner.tensors[1]

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, index: int) -> Any:
        image = self.x[index]
        image += 0.5 * torch.randn_like(image)
        return image, self.y[index]


def spoiling() -> Parts:
    kept: dict[str, Any] = {}

    def splits(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
        found = divided(x, y, split, seed)
        if split != "train":
            return found
        return kept.setdefault(split, Spoiling(found))

    return tasks.numeral("noise kept", splits=splits)


_LEAK = ("leak", "same examples", "duplicate", "overlap", "almost the same", "near-identical")
_FLIP = ("augment", "flip", "mirror", "orientation")

DATA_FAULTS: tuple[Fault, ...] = (
    Fault("missing values stored as -999", missing_as_number,
          ("missing", "sentinel", "placeholder", "-999", "outlier", "extreme", "fill")),
    Fault("one column in two units", two_units,
          ("unit", "outlier", "extreme", "two scales", "mixed", "not normalized", "heavy tail")),
    Fault("row number of a sorted file", with_row_number,
          ("tells the label", "leak", "identifier", "row number", "sorted",
           "gives the label away", "part of the inputs")),
    Fault("nearly all words unknown", unknown_words,
          ("unknown", "vocabulary", "<unk>", "same token", "one token", "same word", "one word")),
    Fault("repeated before the split", repeated_first, _LEAK),
    Fault("sorted file cut into splits", lambda: tasks.numeral(splits=not_shuffled),
          ("sorted", "not shuffled", "class missing", "missing in training", "never in training",
           "other classes", "classes differ", "share of classes", "no example of class",
           "distribution of the labels")),
    Fault("persons in several splits", persons_everywhere,
          (*_LEAK, "group", "person", "nearly the same", "near duplicate")),
    Fault("overlapping windows dealt at random", lambda: tasks.forecast(splits=any_time),
          (*_LEAK, "nearly the same", "near duplicate", "in time", "by time", "time series",
           "window")),
    Fault("mean target of two rows as a column", encoded_by_target,
          ("leak", "tells the target", "tells the label", "target encod", "part of the inputs",
           "gives the target away", "computed from the target", "contains the target")),
    Fault("four examples to validate on", lambda: tasks.sheet("breast_cancer",
          splits=four_examples),
          ("small validation", "validation set is small", "set is too small", "too few",
           "few examples",
           "only 4", "4 examples", "coarse")),
    Fault("columns of validation in another order", lambda: tasks.sheet(splits=other_columns),
          ("column", "preprocessed differently", "order of the features", "features differ",
           "different distribution", "distributed differently", "shift")),
    Fault("next word shifted twice",
          lambda: tasks.speaking(cost=shifted_again, maximize="accuracy", minimize=None,
                                 score=tasks.next_word),
          ("shift", "off by one", "twice", "one place", "one position", "align",
           "loss and metric disagree", "do not measure the same")),
    Fault("target is the same word", same_word,
          ("not shifted", "shift", "same as the input", "equal to the input", "copies", "copy",
           "input itself", "leak")),
    Fault("classes of validation numbered otherwise",
          lambda: tasks.numeral(splits=listed_otherwise),
          ("numbered", "class list", "order of the classes", "mapping", "belong", "mix-up",
           "permut", "label order", "class order", "labels differ")),
    Fault("targets cast to integers", whole_numbers,
          ("integer", "truncat", "rounded", " cast ", "were cast", "whole number", "few values",
           "distinct values")),
    Fault("unknown targets became 0", unknown_as_zero,
          ("missing", "filled", "placeholder", "same target", "one value", "exactly 0",
           "are zero", "repeated value", "is 0")),
    Fault("masks transposed", turned_masks,
          ("transpos", "swapped", "axes", "align", "belong", "mix-up", "rows and columns")),
    Fault("arrows mirrored without their labels", lambda: tasks.arrow(augment=mirrored), _FLIP),
    Fault("images mirrored without their masks",
          lambda: tasks.segmentation(augment=mirrored_alone), _FLIP),
    Fault("mixup with two partners",
          lambda: tasks.numeral("mixup", augment=blended_otherwise),
          ("augment", "mixup", "blend", "belong", "mixed", "permut")),
    Fault("noise drowns the signals", lambda: tasks.signal(augment=drowned),
          ("augment", "noise")),
    Fault("normalized in training alone",
          lambda: tasks.numeral("normalized", augment=normalized_here),
          ("augment", "normaliz", "preprocess", "scaled differently", "shifts the inputs")),
    Fault("noise written into the data", spoiling,
          ("in place", "in-place", "changes the data", "not the same twice", "overwrit",
           "modif", "drift", "differs each time", "different each time", "reads differ",
           "each read")),
)  # fmt: skip

UNSEEN_FAULTS: tuple[Fault, ...] = (*DATA_FAULTS, *MORE_UNSEEN_FAULTS)
"""Fifty mistakes."""
