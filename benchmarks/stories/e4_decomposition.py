"""E4, decomposition: digits in five planted regimes, and what to work on first (S2.10, S2.12).

    .venv/bin/python -m benchmarks.stories.e4_decomposition [--seeds 10]

Too small a network; too few training examples; test-side images brighter than training ones; a
validation set that was selected on 500 times; and a task on which nothing is wrong.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from benchmarks.stories.fault_tasks import digits
from benchmarks.stories.pass_marks import PassMarks
from torch import nn
from torch.nn import functional
from torch.utils.data import TensorDataset

from tunebook.checks.decomposition import (
    Decomposition,
    Headline,
    SplitError,
    decompose,
    headline,
)
from tunebook.checks.looks.errors import measure_errors
from tunebook.recipes.loop import Training
from tunebook.training.task import read_task

N_UPDATES, TARGET = 600, 0.03
N_RANDOM, N_SELECTED_ON, N_TESTED_ON = 500, 100, 5000
CONFIG = {"lr": 3e-3, "batch_size": 64}


@dataclass
class Regime:
    """Digits, changed. ``brightness`` is added to the test side; ``classes`` are kept."""

    width: int = 64
    n_train: int = 1000
    brightness: float = 0.0
    classes: int = 10
    seed: int = 0
    maximize: str = "accuracy"
    name: str = "digits"

    def data(self, split: str) -> TensorDataset | None:
        x, y = digits()
        kept = torch.nonzero(y < self.classes).flatten()
        order = kept[torch.randperm(len(kept), generator=torch.Generator().manual_seed(self.seed))]
        n = len(order)
        a, b, c = (int(share * n) for share in (0.55, 0.7, 0.85))
        parts = {
            "train": order[: min(a, self.n_train)],
            "train-val": order[a:b],
            "test-val": order[b:c],
            "test": order[c:],
        }
        chosen = parts.get(split)
        if chosen is None:
            return None
        images = x[chosen].flatten(1)
        if split.startswith("test") and self.brightness:
            images = (images * (1 - self.brightness) + self.brightness).clamp(0, 1)
        return TensorDataset(images, y[chosen])

    def network(self, config: Any) -> nn.Module:
        return nn.Sequential(nn.Linear(64, self.width), nn.ReLU(), nn.Linear(self.width, 10))

    def loss(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return functional.cross_entropy(outputs, targets)

    def metrics(self, outputs: torch.Tensor, targets: torch.Tensor) -> dict[str, Any]:
        return {"accuracy": (outputs.argmax(1) == targets).float().mean()}


def of_training(**changes: Any) -> Callable[[int], Decomposition]:
    def run(seed: int) -> Decomposition:
        task = read_task(Regime(seed=seed, **changes))
        training = Training(task, CONFIG, n_updates=N_UPDATES, seed=seed)
        for _ in range(N_UPDATES):
            training.update()
        return decompose(measure_errors(training), SplitError(TARGET))

    return run


def of_selection(seed: int) -> Decomposition:
    """The best of 500 models that guess one of two classes, on 100 examples: sheer luck."""
    rng = np.random.default_rng(seed)
    sizes = {"train": 1000, "train-val": 1000, "test-val": N_SELECTED_ON, "test": N_TESTED_ON}
    rates = {
        split: (rng.integers(2, size=(N_RANDOM, n)) != rng.integers(2, size=n)).mean(1).tolist()
        for split, n in sizes.items()
    }
    chosen = rates["test-val"].index(min(rates["test-val"]))
    errors = {split: SplitError(rates[split][chosen], sizes[split]) for split in rates}
    # Nobody expects more of a guess than its training error.
    return decompose(errors, SplitError(errors["train"].size))


REGIMES: dict[str, tuple[Headline, Callable[[int], Decomposition]]] = {
    "two units": (Headline.UNDERFITTING, of_training(width=2)),
    "100 examples": (Headline.OVERFITTING, of_training(n_train=100)),
    "brighter test images": (Headline.SHIFT, of_training(brightness=0.6, classes=3)),
    "selected on 500 times": (Headline.REBALANCE, of_selection),
    "two easy classes": (Headline.NOTHING, of_training(classes=2)),
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=10)
    seeds = parser.parse_args().seeds
    torch.set_num_threads(1)
    marks = PassMarks(f"E4 decomposition: five regimes, {seeds} seeds each")
    for name, (wanted, run) in REGIMES.items():
        heads = []
        for seed in range(seeds):
            heads.append(headline(run(seed))[0])
        right = heads.count(wanted)
        others = sorted({head.value for head in heads} - {wanted.value})
        told = f"{name}: {wanted} in {right} of {seeds}" + (f", else {others}" if others else "")
        marks.check(right >= 0.9 * seeds, told)
    return marks.exit_code()


if __name__ == "__main__":
    raise SystemExit(main())
