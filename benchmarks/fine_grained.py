"""What an update of fine-grained training costs in time, and how much of it goes to memory.

    .venv/bin/python -m benchmarks.fine_grained [--pixels 16] [--features 1024 4096] [--updates 30]

The recipe's network on noise, on one thread, in this process. ``system`` is the time that the
kernel takes for the process, nearly all of it to map and clear pages: compare ``page faults``.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from typing import Any

import torch
from torch import nn
from torch.utils.data import TensorDataset

from tunebook.recipes.loop import Training
from tunebook.recipes.networks.bilinear import pooling
from tunebook.recipes.networks.convolutional import resnet
from tunebook.training.task import read_task

N_CLASSES, N_IMAGES = 10, 512
WIDTH, BATCH = 16, 64
"""Those of the recipe."""


class Noise:
    """Ten classes of noise: only the time counts."""

    maximize = "accuracy"

    def __init__(self, pixels: int, kind: str, features: int) -> None:
        self.kind, self.features = kind, features
        generator = torch.Generator().manual_seed(0)
        self.x = torch.randn(N_IMAGES, 3, pixels, pixels, generator=generator)
        self.y = torch.arange(N_IMAGES) % N_CLASSES

    def data(self, split: str) -> TensorDataset | None:
        return TensorDataset(self.x, self.y) if split in {"train", "train-val"} else None

    def network(self, config: Any) -> nn.Module:
        stem, n_channels = resnet(WIDTH)
        pool, n_features = pooling(self.kind, n_channels, self.features)
        return nn.Sequential(stem, pool, nn.Linear(n_features, N_CLASSES))

    def loss(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return nn.functional.cross_entropy(outputs, targets)

    def metrics(self, outputs: torch.Tensor, targets: torch.Tensor) -> dict[str, Any]:
        return {"accuracy": (outputs.argmax(1) == targets).float().mean()}


def measure(task: Noise, n_updates: int) -> str:
    config = {"optimizer": "adamw", "lr": 2e-3, "batch_size": BATCH}
    training = Training(read_task(task), config, n_updates=10**6)
    for _ in range(3):
        training.update()
    before, times = resource.getrusage(resource.RUSAGE_SELF), []
    for _ in range(n_updates):
        begin = time.perf_counter()
        training.update()
        times.append(time.perf_counter() - begin)
    after = resource.getrusage(resource.RUSAGE_SELF)
    user, system = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
    faults = (after.ru_minflt - before.ru_minflt) / n_updates
    return (
        f"{1e3 * statistics.median(times):7.1f} ms an update (user {1e3 * user / n_updates:.1f}, "
        f"system {1e3 * system / n_updates:.1f}), {faults:,.0f} page faults"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pixels", type=int, default=16)
    parser.add_argument("--features", type=int, nargs="*", default=[1024, 4096])
    parser.add_argument("--updates", type=int, default=30)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{asked.pixels} pixels")
    cases = [("compact-bilinear", n) for n in asked.features]
    for kind, features in [("mean", 0), *cases]:
        label = f"{kind} {features or ''}".rstrip()
        print(f"{label:>21s}: {measure(Noise(asked.pixels, kind, features), asked.updates)}")


if __name__ == "__main__":
    main()
