"""Tasks whose training is known: quadratics, digits, and a regression of the update ratio."""

from __future__ import annotations

import time
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import Dataset, TensorDataset

from tunebook.training.task import Task, load_task, read_task

EXAMPLE = f"{Path(__file__).parents[2] / 'examples' / 'digits_task.py'}:Digits"
SGD = {"optimizer": "sgd"}


def digits() -> Task:
    return load_task(EXAMPLE)


class Quadratic:
    """T-QUAD: half the sum of c * w^2 from w = 1. Plain descent is stable below 2 / max(c)."""

    minimize = "loss"

    def __init__(self, curvatures=(3.0,)):
        self.curvatures = torch.tensor(curvatures)

    def data(self, split):
        return TensorDataset(torch.zeros(64, 1), torch.zeros(64, 1))

    def network(self, config):
        network = nn.Linear(1, len(self.curvatures))
        nn.init.ones_(network.bias)
        return network

    def loss(self, outputs, targets):
        return 0.5 * (self.curvatures * outputs.square()).sum(1).mean()

    def metrics(self, outputs, targets):
        return {"loss": self.loss(outputs, targets)}


class Regression:
    """A ReLU network with one hidden layer on a smooth function of ten inputs."""

    minimize = "error"
    is_frozen = False

    def data(self, split):
        generator = torch.Generator().manual_seed(len(split))
        inputs = torch.randn(512, 10, generator=generator)
        return TensorDataset(inputs, inputs[:, :1] * inputs[:, 1:2] + inputs[:, 2:3])

    def network(self, config):
        network = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 1))
        return Detached(network) if self.is_frozen else network

    def loss(self, outputs, targets):
        return nn.functional.mse_loss(outputs, targets)

    def metrics(self, outputs, targets):
        return {"error": self.loss(outputs, targets)}


class Detached(nn.Module):
    """Cuts the gradient off behind the first layer."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, inputs):
        return self.network[2:](self.network[:2](inputs).detach())


class WrongBackward(torch.autograd.Function):
    """Doubles its input, and forgets to do so in the gradient."""

    @staticmethod
    def forward(ctx, inputs):
        return 2 * inputs

    @staticmethod
    def backward(ctx, gradient):
        return gradient


class Waiting(Dataset):
    """Digits that take a millisecond each to read."""

    def __init__(self, examples):
        self.examples = examples

    def __len__(self):
        return len(self.examples)

    def __getitem__(self, index):
        time.sleep(0.001)
        return self.examples[index]


class Steep(Regression):
    """Its last layer begins far too large: the first updates blow up, later ones recover."""

    def network(self, config):
        network = super().network(config)
        nn.init.normal_(network[-1].weight, std=2.0)
        return network


def quadratic(*curvatures: float) -> Task:
    return read_task(Quadratic(curvatures))


def regression(kind: type = Regression, **attributes: object) -> Task:
    task = kind()
    for name, value in attributes.items():
        setattr(task, name, value)
    return read_task(task)
