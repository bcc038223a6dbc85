"""Optimizers with planted mistakes: each is named first; sound ones raise no alarm."""

from __future__ import annotations

import pytest
import torch
from benchmarks.stories.fault_tasks import images, numbers, texts
from torch import nn

from tunebook.checks.check import Ability
from tunebook.checks.examination import examine
from tunebook.checks.laboratory import Laboratory
from tunebook.checks.registry import CHECKS
from tunebook.records import Configuration
from tunebook.records.finding import leading_causes
from tunebook.training.task import read_task

LENGTH = 1000


def problems(parts):
    task = read_task(parts)
    done = examine(
        CHECKS,
        set(Ability),
        carry_out=Laboratory(task).carry_out,
        config=Configuration(parts.config),
        length=LENGTH,
    )
    return leading_causes(done.findings)


class NeverReset(torch.optim.SGD):
    def zero_grad(self, set_to_none=True):
        pass


class ResetFirst(torch.optim.Adam):
    def step(self, closure=None):
        self.zero_grad()
        return super().step(closure)


class ClippedInside(torch.optim.SGD):
    def step(self, closure=None):
        nn.utils.clip_grad_norm_([p for g in self.param_groups for p in g["params"]], 1e-6)
        return super().step(closure)


class Scheduled(torch.optim.SGD):
    """Steps a schedule at every update."""

    make = None

    def step(self, closure=None):
        found = super().step(closure)
        if not hasattr(self, "schedule"):
            self.schedule = self.make()
        self.schedule.step()
        return found


class Decayed(Scheduled):
    def make(self):
        return torch.optim.lr_scheduler.ExponentialLR(self, 0.9)


class Warmed(Scheduled):
    def make(self):
        return torch.optim.lr_scheduler.LambdaLR(self, lambda t: min(1.0, (t + 1) / 200))


class Accumulating(torch.optim.SGD):
    """Four gradients to a step, averaged."""

    n = 0

    def zero_grad(self, set_to_none=True):
        if self.n % 4 == 0:
            super().zero_grad(set_to_none)

    def step(self, closure=None):
        self.n += 1
        if self.n % 4:
            return None
        for group in self.param_groups:
            for p in group["params"]:
                p.grad /= 4
        return super().step(closure)


def of(kind, **options):
    return lambda network, config: kind(network.parameters(), **{"lr": 0.1, **options})


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("optimizer", "words"),
    [
        (of(NeverReset), "gradients are never reset"),
        (of(ResetFirst, lr=1e-3), "reset before the step"),
        (of(ClippedInside), "clipping"),
        (of(Decayed), "schedule reaches zero"),
        (of(torch.optim.SGD, weight_decay=20.0), "weight decay is too strong"),
        (of(torch.optim.Adam, lr=1e-2, weight_decay=100.0), "weight decay is too strong"),
        (of(torch.optim.SGD, lr=0.0), "learning rate is zero"),
        (of(torch.optim.Adam, lr=1e-3, betas=(0.999, 0.9)), "betas of Adam are exchanged"),
        (of(torch.optim.Adam, lr=1e-3, weight_decay=0.3), "as an L2 penalty"),
        (of(torch.optim.AdamW, lr=3e-3, weight_decay=10.0), "shrinks the weights to nothing"),
        (of(torch.optim.SGD, lr=300.0), "learning rate is too high"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_planted_mistake_of_an_optimizer_is_the_first_cause(optimizer, words):
    assert words in problems(images("mlp", optimizer=optimizer))[0]


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"optimizer": "sgd", "lr": 0.1, "clip_norm": 1e-6}, "clipping"),
        ({"optimizer": "sgd", "lr": 300.0}, "learning rate is too high"),
        ({"lr": 1e-3, "warmup": 1.0}, "warm-up is as long as training"),
    ],
)
def test_mistake_of_the_settings_is_the_first_cause(config, words):
    assert words in problems(images("mlp", config=config))[0]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "make",
    [
        *(
            lambda kind=kind, options=options: images("mlp", optimizer=of(kind, **options))
            for kind, options in (
                (torch.optim.AdamW, {"lr": 1e-3, "weight_decay": 0.1}),
                (torch.optim.SGD, {"momentum": 0.9, "weight_decay": 5e-4, "lr": 0.05}),
                (torch.optim.RMSprop, {"lr": 1e-3}),
                (torch.optim.Adagrad, {"lr": 0.02}),
                (torch.optim.Adadelta, {"lr": 1.0}),
                (Warmed, {}),
                (Accumulating, {}),
            )
        ),
        lambda: texts("lstm", optimizer=of(torch.optim.Adam, lr=3e-3)),
        lambda: numbers("iris", optimizer=of(torch.optim.Adam, lr=0.05)),
    ],
)
def test_sound_optimizer_raises_no_alarm(make):
    assert problems(make()) == []


def test_penalty_that_drowns_the_loss_is_the_first_cause():
    cost = lambda o, y: nn.functional.cross_entropy(o, y) + 1000 * o.square().mean()  # noqa: E731
    assert "drowns the loss" in problems(images("mlp", cost=cost))[0]
