"""A training task in ordinary PyTorch: 8x8 images of digits, shipped with scikit-learn."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import TensorDataset

import tunebook as tb


class Digits:
    maximize = "accuracy"
    space = tb.Space(width=tb.Int(16, 256, log=True), dropout=tb.Float(0.0, 0.5))

    def data(self, split):
        images, labels = (torch.as_tensor(part) for part in load_digits(return_X_y=True))
        order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
        parts = {"train": order[:1200], "train-val": order[1200:1500], "test": order[1500:]}
        chosen = parts.get(split)
        if chosen is None:
            return None
        return TensorDataset(images[chosen].float() / 16, labels[chosen])

    def network(self, config):
        width = config.get("width", 64)
        return nn.Sequential(
            nn.Linear(64, width),
            nn.ReLU(),
            nn.Dropout(config.get("dropout", 0.0)),
            nn.Linear(width, 10),
        )

    def loss(self, outputs, targets):
        return nn.functional.cross_entropy(outputs, targets)

    def metrics(self, outputs, targets):
        return {"accuracy": (outputs.argmax(1) == targets).float().mean()}
