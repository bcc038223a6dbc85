"""A quick task for guides: two numbers in, inside or outside of a ring."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

TASK = '''
import torch
from torch import nn
from torch.utils.data import TensorDataset

import tunebook as tb


class Rings:
    """Is a point inside of a ring? Two numbers tell."""

    maximize = "accuracy"
    space = tb.Space(width=tb.Int(8, 64, log=True))

    def data(self, split):
        n = {"train": 600, "train-val": 300, "test": 310}.get(split)
        if n is None:
            return None
        x = torch.randn(n, 2, generator=torch.Generator().manual_seed(n))
        return TensorDataset(x, (x.norm(dim=1) > 1.1).long())

    def network(self, config):
        width = config.get("width", 16)
        return nn.Sequential(nn.Linear(2, width), nn.ReLU(), nn.Linear(width, 2))

    def loss(self, outputs, targets):
        return nn.functional.cross_entropy(outputs, targets)

    def metrics(self, outputs, targets):
        return {"accuracy": (outputs.argmax(1) == targets).float().mean()}


class Moved(Rings):
    """The test side lies elsewhere, and its ring with it."""

    def data(self, split):
        if split != "test-val":
            return super().data(split)
        x = torch.randn(300, 2, generator=torch.Generator().manual_seed(7))
        return TensorDataset(x + 1.0, (x.norm(dim=1) > 1.1).long())


class Shuffled(Rings):
    def loss(self, outputs, targets):
        return super().loss(outputs, targets[torch.randperm(len(targets))])
'''


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def task_file(tmp_path: Path) -> Path:
    path = tmp_path / "rings_task.py"
    path.write_text(TASK, encoding="utf-8")
    return path
