"""Silent mistakes in networks, losses and optimizers, for the fault hunt.

Written on 30 November 2026. Each task runs, unless its name says that it raises, and is wrong in
one place.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from benchmarks.stories.fault_tasks import (
    LENGTH,
    VOCABULARY,
    images,
    layers,
    numbers,
    regression,
    sentences,
)
from benchmarks.stories.faults import Fault
from benchmarks.stories.silent_data import (
    Causal,
    Shaped,
    Tagger,
    Translator,
    chains,
    padded,
)
from benchmarks.stories.silent_tasks import (
    FAST,
    arm,
    digit,
    flat_cross_entropy,
    next_token,
    priced,
    segmentation,
    tagging,
    translation,
)
from torch import nn
from torch.nn import functional


def normalized(momentum: float) -> Callable[[], nn.Module]:
    return lambda: nn.Sequential(
        nn.Conv2d(1, 12, 3, padding=1), nn.BatchNorm2d(12, momentum=momentum), nn.ReLU(),
        nn.MaxPool2d(2), nn.Conv2d(12, 16, 3, padding=1), nn.BatchNorm2d(16, momentum=momentum),
        nn.ReLU(), nn.Flatten(), nn.Linear(256, 10),
    )  # fmt: skip


class Forgetful(nn.Module):
    """Drops parts of its words by a function that does not know of evaluation."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(VOCABULARY, 32)
        self.place = nn.Parameter(torch.zeros(LENGTH, 32))
        self.layer = nn.TransformerEncoderLayer(32, 2, 64, dropout=0.0, batch_first=True)
        self.out = nn.Linear(32, 4)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        h = functional.dropout(self.embed(words) + self.place, 0.4)
        return self.out(self.layer(h).mean(1))


class Keeping(torch.optim.Adam):
    """Never resets a gradient."""

    def zero_grad(self, set_to_none: bool = True) -> None:
        return


class Early(torch.optim.Adam):
    """Resets gradients before it uses them."""

    def step(self, closure: Any = None) -> Any:
        self.zero_grad()
        return super().step(closure)


class Strangled(torch.optim.SGD):
    """Clips each number of a gradient to 1e-6, before a step of 0.1."""

    def step(self, closure: Any = None) -> Any:
        everything = [p for group in self.param_groups for p in group["params"]]
        nn.utils.clip_grad_value_(everything, 1e-6)
        return super().step(closure)


class Following(torch.optim.Adam):
    """Follows a schedule, a function of the number of steps."""

    def __init__(self, parameters: Any, lr: float, schedule: Callable[[int], float]) -> None:
        super().__init__(parameters, lr=lr)
        self.highest, self.schedule, self.n_done = lr, schedule, 0

    def step(self, closure: Any = None) -> Any:
        for group in self.param_groups:
            group["lr"] = self.highest * self.schedule(self.n_done)
        self.n_done += 1
        return super().step(closure)


class Waiting(Following):
    """Warms up from 0, but the count of its schedule is never moved on."""

    def step(self, closure: Any = None) -> Any:
        self.n_done = 0
        return super().step(closure)


def following(schedule: Callable[[int], float], kind: type[Following] = Following) -> Any:
    return lambda network, config: kind(network.parameters(), 3e-3, schedule)


def of_a_copy(network: nn.Module, config: Any) -> torch.optim.Optimizer:
    rebuilt = copy.deepcopy(network)
    return torch.optim.Adam(rebuilt.parameters(), lr=3e-3)


class Fitting(nn.Module):
    """Replaces its last layer at the first batch, by one that fits."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()
        )
        self.out = nn.Linear(100, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.body(x)
        if self.out.in_features != h.shape[1]:
            self.out = nn.Linear(h.shape[1], 10)
        return self.out(h)


class Rebuilding(nn.Module):
    """Builds a layer whenever it is called."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.out = nn.Linear(64, 48), nn.Linear(48, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = functional.relu(self.first(x.flatten(1)))
        return self.out(functional.relu(nn.Linear(48, 48)(h)))


class Blind(Tagger):
    """Reads words without gradients."""

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            h = self.layer(self.embed(words))[0]
        return self.out(h)


class Pooled(nn.Module):
    """Averages pixels to ten numbers: there is nothing to learn."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.AdaptiveAvgPool1d(10), nn.Softsign())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x)


def all_tokens(outputs: torch.Tensor, targets: torch.Tensor) -> Any:
    return {"accuracy": (outputs.argmax(2) == targets).float().mean()}


def padded_with_tag_0(rows: Any) -> Any:
    return padded(rows, no_tag=0)


def summed(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(outputs, targets, reduction="sum")


def squares_summed(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return (outputs - targets).square().sum()


def of_each_token(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(outputs.flatten(0, 1), targets.flatten(), reduction="none")


def echoing() -> Shaped:
    made = next_token(name="next token, echo")
    made.x, made.y = chains()[:, :-1], chains()[:, :-1]
    return made


PADDING = ("padding", "padded", "ignore_index", "pad token", "filler")
NO_GRADIENT = ("no gradient", "detach", "no_grad", "cut off", "receives no", "gradient stops",
               "without gradient", "not trained", "graph is cut")  # fmt: skip
STATISTICS = ("batch norm", "batchnorm", "running", "norm's momentum", "statistics")
NOT_GIVEN = ("not given to the optimizer", "optimizer lacks", "optimizer does not have", "stale",
             "not in the optimizer", "another network", "other parameters", "replaced", "a copy",
             "created after", "made after", "rebuilt")  # fmt: skip
CLIPPED = ("clip",)
SCHEDULE = ("schedule", "rate falls", "rate reaches", "rate is 0", "rate is zero", "decays",
            "learning rate goes", "rate drops", "rate of 0", "rate becomes")  # fmt: skip
STILL = ("optimizer changes nothing", "optimizer does nothing", "no parameter changes",
         "change no weight", "changes no weight", "does not change the weights",
         "does not change any", "weights do not change", "weights never change")  # fmt: skip
SUMMED = ("a sum", "sums ", "summed", "sum of", "not averaged", "added up", "reduction",
          "averaged over", "with the batch size", "on the batch size", "not a mean",
          "not the mean")  # fmt: skip

SILENT_FLAWS: tuple[Fault, ...] = (
    Fault("batch norm follows too slowly", lambda: digit("slow norm", normalized(0.0005)),
          STATISTICS),
    Fault("batch norm's statistics never move", lambda: digit("still norm", normalized(0.0)),
          STATISTICS),
    Fault("functional dropout left on",
          lambda: Shaped("text, forgetful", *sentences(), Forgetful, config=dict(FAST)),
          ("dropout", "training mode", "different predictions", "random in evaluation",
           "not deterministic", "noise in evaluation", "stochastic")),
    Fault("gradients never reset",
          lambda: digit("keeping", lambda: layers(64, 10),
                        optimizer=lambda net, config: Keeping(net.parameters(), 3e-3)),
          ("zero_grad", "never reset", "not reset", "accumulat", "not cleared", "not zeroed",
           "add up", "left over", "from earlier updates")),
    Fault("gradients reset before the step",
          lambda: numbers("wine", optimizer=lambda net, config: Early(net.parameters(), 3e-3)),
          ("zero_grad", "reset before", "cleared before", "zeroed before", "step changes nothing",
           "no gradient at the step", "gradient is gone", "gradients are gone", "resets gradients",
           *STILL)),
    Fault("gradients clipped to almost nothing",
          lambda: images("mlp", config={"optimizer": "sgd", "lr": 0.1, "clip_norm": 1e-5}),
          CLIPPED),
    Fault("optimizer clips to almost nothing",
          lambda: priced(optimizer=lambda net, config: Strangled(net.parameters(), 0.1)),
          (*CLIPPED, "steps are tiny")),
    Fault("schedule ends after ten updates",
          lambda: digit("short", lambda: layers(64, 10),
                        optimizer=following(lambda n: max(0.0, 1 - n / 10))),
          SCHEDULE),
    Fault("schedule of epochs stepped at each update",
          lambda: segmentation(optimizer=following(lambda n: 0.7**n)), SCHEDULE),
    Fault("warmup never moves on",
          lambda: arm(optimizer=following(lambda n: min(1.0, n / 50), Waiting)),
          (*SCHEDULE, "warmup", "warm-up", *STILL)),
    Fault("cross-entropy is a sum",
          lambda: images("mlp", cost=summed, config={"optimizer": "momentum", "lr": 0.03}), SUMMED),
    Fault("squared error is a sum", lambda: regression(cost=squares_summed, config=dict(FAST)),
          SUMMED),
    Fault("padding is a tag", lambda: tagging(collate=padded_with_tag_0), PADDING),
    Fault("padding is translated",
          lambda: translation(cost=flat_cross_entropy, score=all_tokens), PADDING),
    Fault("causal mask is missing",
          lambda: next_token(lambda: Causal(masked=False), name="next token, unmasked"),
          ("mask", "future", "causal", "later tokens", "looks ahead", "sees the next",
           "later positions", "ahead")),
    Fault("next tokens are the inputs", echoing,
          ("equal to the inputs", "same as the inputs", "equal the inputs", "are the inputs",
           "not shifted", "shift the", "shifted by", "copies its input", "copy of the inputs",
           "identical to the inputs",
           "targets are inputs", "inputs themselves")),
    Fault("optimizer of a copy", lambda: digit("copied", lambda: layers(64, 10),
                                               optimizer=of_a_copy), NOT_GIVEN),
    Fault("last layer replaced at the first batch", lambda: digit("fitting", Fitting), NOT_GIVEN),
    Fault("a layer built at each call", lambda: digit("rebuilding", Rebuilding),
          ("each call", "every call", "built in forward", "created in forward", "random weights",
           "random layer",
           "different predictions", "not deterministic", "differ between calls", "new layer",
           "each forward")),
    Fault("tied weights are copies",
          lambda: next_token(lambda: Causal(tied="copied"), name="next token, copied"),
          ("tied", "tie ", "shared weight", "share weights", "share their", "not shared", "copies",
           "a copy", "begin equal", "start equal", "equal at first")),
    Fault("reads under no_grad", lambda: tagging(build=Blind), NO_GRADIENT),
    Fault("encoder cut off", lambda: translation(lambda: Translator(cut=True)), NO_GRADIENT),
    Fault("network without parameters",
          lambda: digit("pooled", Pooled),
          ("no parameters", "no trainable", "without parameters", "empty parameter list",
           "nothing to train", "no weights", "has no parameter", "nothing to learn")),
    Fault("loss of each token raises", lambda: next_token(cost=of_each_token),
          ("not one number", "not averaged", "a vector", "not a scalar", "scalar", "reduction",
           "one number", "reduced")),
)  # fmt: skip
"""Mistakes in networks, losses, optimizers and schedules."""
