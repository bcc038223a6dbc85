"""What the training loop costs over a bare PyTorch loop on the same network.

    .venv/bin/python -m benchmarks.training_loop [--repeats 15]

Both train the same network on the same batches with the same optimizer, interleaved round by round,
on one thread; the ratio of each round is of neighbours in time. The goal is at most 5 % where an
update takes 5 ms.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.utils.data import TensorDataset

from tunebook.recipes.loop import Training
from tunebook.training.task import read_task

BATCH, N_INPUTS = 64, 256
WIDTHS = {"about 1 ms": 128, "about 5 ms": 576}
UPDATES = {"about 1 ms": 200, "about 5 ms": 60}


class Perceptron:
    """Ten classes of noise: only the time counts."""

    maximize = "accuracy"

    def __init__(self, width: int) -> None:
        self.width = width
        generator = torch.Generator().manual_seed(0)
        self.x = torch.randn(4096, N_INPUTS, generator=generator)
        self.y = torch.randint(10, (4096,), generator=generator)

    def data(self, split: str) -> TensorDataset | None:
        return TensorDataset(self.x, self.y) if split in {"train", "train-val"} else None

    def network(self, config: Any) -> nn.Module:
        w = self.width
        layers = [nn.Linear(N_INPUTS, w), nn.ReLU(), nn.Linear(w, w), nn.ReLU(), nn.Linear(w, 10)]
        return nn.Sequential(*layers)

    def loss(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return nn.functional.cross_entropy(outputs, targets)

    def metrics(self, outputs: torch.Tensor, targets: torch.Tensor) -> dict[str, Any]:
        return {"accuracy": (outputs.argmax(1) == targets).float().mean()}


def bare(task: Perceptron, n: int) -> Callable[[], None]:
    network = task.network(None)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)

    def run() -> None:
        network.train()
        order = torch.randperm(len(task.x))
        for i in range(n):
            chosen = order[(i * BATCH) % 4096 :][:BATCH]
            optimizer.zero_grad(set_to_none=True)
            loss = task.loss(network(task.x[chosen]), task.y[chosen])
            loss.backward()
            optimizer.step()

    return run


def ours(task: Perceptron, n: int) -> Callable[[], None]:
    config = {"optimizer": "adam", "lr": 1e-3, "batch_size": BATCH}
    training = Training(read_task(task), config, n_updates=10**6)

    def run() -> None:
        for _ in range(n):
            training.update()

    return run


def seconds(run: Callable[[], None]) -> float:
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=15)
    repeats = parser.parse_args().repeats
    torch.set_num_threads(1)
    for name, width in WIDTHS.items():
        task, n = Perceptron(width), UPDATES[name]
        loops = {"bare": bare(task, n), "tunebook": ours(task, n)}
        for run in loops.values():
            run()
        times: dict[str, list[float]] = {loop: [] for loop in loops}
        for _ in range(repeats):
            for loop, run in loops.items():
                times[loop].append(seconds(run) / n * 1e3)
        ratios = [b / a for a, b in zip(times["bare"], times["tunebook"], strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        print(
            f"{name:>10s}: bare {statistics.median(times['bare']):.3f} ms, "
            f"tunebook {statistics.median(times['tunebook']):.3f} ms an update; "
            f"overhead {middle - 1:+.1%} (quartiles {low - 1:+.1%} to {high - 1:+.1%})"
        )


if __name__ == "__main__":
    main()
