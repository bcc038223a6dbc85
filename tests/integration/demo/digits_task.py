"""A small training task for end-to-end tests: scikit-learn's digits, a second for ten steps.

Workers import it by name: put this folder on ``sys.path`` (the fixture ``digits_task`` does), or
on ``PYTHONPATH`` for a command.
"""

from __future__ import annotations

import torch
from sklearn.datasets import load_digits
from torch import nn

from tunebook.space import Choice, Float, Space
from tunebook.training import TrialHandle

N_TRAIN = 1297

SPACE = Space(
    lr=Float(1e-4, 10.0, log=True),
    momentum=Float(0.5, 0.99, log="1-x"),
    width=Choice(16, 32, 64, ordered=True, kind="structure"),
)


def train(trial: TrialHandle) -> None:
    """Train on 1,297 digits, one pass a step, and measure on the other 500.

    Everything random follows from ``trial.seed``: equal seeds give equal curves.
    """
    torch.set_num_threads(1)
    torch.manual_seed(trial.seed)
    config, digits = trial.config, load_digits()
    x = torch.from_numpy(digits.data).float() / 16
    y = torch.from_numpy(digits.target).long()
    net = nn.Sequential(nn.Linear(64, config.width), nn.ReLU(), nn.Linear(config.width, 10))
    optimizer = torch.optim.SGD(net.parameters(), config.lr, config.momentum)
    trial.track(net=net, optimizer=optimizer)
    for _ in trial.steps():
        total = 0.0
        for batch in torch.randperm(N_TRAIN).split(64):
            loss = nn.functional.cross_entropy(net(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        with torch.inference_mode():
            right = net(x[N_TRAIN:]).argmax(1) == y[N_TRAIN:]
        trial.report(val_accuracy=right.float().mean(), train_loss=total / N_TRAIN)
