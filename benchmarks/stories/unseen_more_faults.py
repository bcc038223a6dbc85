"""Unseen mistakes of networks, losses, metrics and optimizers (30 November 2026)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from benchmarks.stories import unseen_data as made
from benchmarks.stories import unseen_networks as nets
from benchmarks.stories import unseen_tasks as tasks
from benchmarks.stories.fault_tasks import Parts
from benchmarks.stories.faults import Fault
from benchmarks.stories.unseen_hard import certain, ending
from torch import nn
from torch.nn import functional


def always_first(n: int) -> torch.Tensor:
    """Return the number of the first place for every place."""
    return torch.zeros(n, dtype=torch.long)


class HalfHeld(nn.Module):
    """Its convolutions run without gradients, as if they were pretrained: they are not."""

    def __init__(self) -> None:
        super().__init__()
        network = nets.seeing(1, 10, 4)
        self.body, self.head = network[:-1], network[-1]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            h = self.body(x)
        return self.head(h)


class AlwaysDropping(nn.Module):
    """A recording network whose dropout does not ask whether it is in training."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nets.Waves()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = functional.dropout1d(self.inner.layers(x), 0.5)
        return self.inner.out(h.mean(2))


def dropping_signal() -> Parts:
    parts = tasks.signal(config={"lr": 3e-3, "batch_size": 32})
    parts.build = AlwaysDropping
    return parts


def held_arrow() -> Parts:
    parts = tasks.arrow()
    parts.build = HalfHeld
    return parts


class SeededAlike(nn.Module):
    """Seeds in each pass, so that dropout always leaves out the same units."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nets.dense(64, 10, 24, dropout=0.8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        torch.manual_seed(0)
        return self.inner(x)


class Shadowed(nn.Module):
    """Evaluates a running average of its weights that nobody updates."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nets.dense(64, 10)
        self.shadow = copy.deepcopy(self.inner).requires_grad_(False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x) if self.training else self.shadow(x)


def still_norm() -> nn.Module:
    """Return a network whose norm never updates its running statistics."""
    network = nets.dense(64, 10)
    return nn.Sequential(nn.Flatten(), nn.BatchNorm1d(64, momentum=0.0), *network[1:])


def far_from_zero() -> Parts:
    """Digits with pixels around 20, of which the norm at the beginning takes care, or would."""
    parts = tasks.numeral("norm", still_norm)
    parts.x = parts.x * 4 + 20
    return parts


def light_common(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Weights of the classes by their frequency, not by its inverse."""
    return functional.cross_entropy(outputs, targets, weight=torch.tensor([0.935, 0.065]))


def wrong_sign(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Gaussian likelihood whose logarithm of the deviation has the wrong sign."""
    gap = (targets - outputs[:, :1]) / outputs[:, 1:].exp()
    return (-outputs[:, 1:] + 0.5 * gap**2).mean()


def wrong_likelihood() -> Parts:
    parts = certain()
    parts.cost, parts.y = wrong_sign, parts.y * 20
    return parts


def first_alone(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(outputs[:1], targets[:1])


def flat(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Subtract targets of N x 1 from outputs of N."""
    return ((outputs.squeeze(1) - targets) ** 2).mean()


def heavy_penalty(outputs: Mapping[str, torch.Tensor], targets: torch.Tensor) -> torch.Tensor:
    mean, spread = outputs["mean"], outputs["spread"]
    apart = 0.5 * (mean**2 + spread.exp() - 1 - spread).sum(1).mean()
    return functional.mse_loss(outputs["image"], targets.flatten(1)) + apart


def padded_with_a_tag(examples: Any) -> Any:
    """Pad tags with 0, which is a tag, and not with the number that is ignored."""
    return made.padded_tags(examples, fill=0)


def over_places(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    """The likeliest place of each word, where the likeliest word of each place is meant."""
    return {"accuracy": (outputs.argmax(1) == targets).float().mean()}


def square_speech() -> Parts:
    """Sentences are as long as the vocabulary is large."""
    words = made.language(length=made.N_WORDS)
    parts = tasks.speaking(maximize="accuracy", minimize=None, score=over_places)
    parts.x, parts.y = words[:, :-1], words[:, 1:]
    return parts


def with_padding(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    """Count padding, which the loss leaves out, among the words."""
    return {"accuracy": (outputs.argmax(2) == targets).float().mean()}


def sure_illness() -> Parts:
    """The outputs are probabilities; the metric takes all above 0 for positive."""
    return tasks.illness(
        build=lambda: nn.Sequential(nets.dense(30, 1, 24), nn.Sigmoid()),
        cost=functional.binary_cross_entropy,
    )


def each_with_each() -> Parts:
    """Targets of N and outputs of N x 1: the metric compares all pairs."""
    parts = tasks.illness(cost=lambda o, y: functional.binary_cross_entropy_with_logits(o[:, 0], y))
    parts.y = parts.y.flatten()
    return parts


def centred_boxes() -> Parts:
    """Boxes are centres and sizes; the metric takes them for corners."""
    parts = tasks.detection()
    box = parts.y["box"]
    centred = torch.cat([(box[:, :2] + box[:, 2:]) / 2, box[:, 2:] - box[:, :2]], 1)
    parts.y = {"box": centred, "kind": parts.y["kind"]}
    return parts


class Keeping(torch.optim.SGD):
    """Never clears its gradients."""

    def zero_grad(self, set_to_none: bool = True) -> None:
        return


def keeping(network: nn.Module, config: Any) -> torch.optim.Optimizer:
    return Keeping(network.parameters(), lr=0.05)


def before_new_head(network: nn.Module, config: Any) -> torch.optim.Optimizer:
    """Make the optimizer and put in a new output layer afterwards."""
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-3)
    network[-1] = nn.Linear(network[-1].in_features, network[-1].out_features)
    return optimizer


class StepwiseDecay(torch.optim.Adam):
    """Lowers its rate as if each update were an epoch."""

    def step(self, closure: Any = None) -> None:
        super().step(closure)
        for group in self.param_groups:
            group["lr"] *= 0.9


def stepwise_decay(network: nn.Module, config: Any) -> torch.optim.Optimizer:
    return StepwiseDecay(network.parameters(), lr=2e-3)


class Summing(torch.optim.SGD):
    """Sums the gradients of 16 batches and does not divide them by 16."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.n_calls = 0

    def zero_grad(self, set_to_none: bool = True) -> None:
        if self.n_calls % 16 == 0:
            super().zero_grad(set_to_none)

    def step(self, closure: Any = None) -> None:
        self.n_calls += 1
        if self.n_calls % 16 == 0:
            super().step(closure)


def summing(network: nn.Module, config: Any) -> torch.optim.Optimizer:
    return Summing(network.parameters(), lr=0.1, momentum=0.9)


_SLOW = ("rate is too low", "too low", "too small", "too slow")
_UNKNOWN = ("not given to the optimizer", "optimizer lacks", "not in the optimizer", "stale",
            "other parameters", "not of the network", "outside the optimizer")  # fmt: skip

NETWORK_FAULTS: tuple[Fault, ...] = (
    Fault("places not numbered",
          lambda: tasks.translation(lambda: nets.Translator(place=always_first)),
          ("position", "word order", "order of the words", "same place", "places")),
    Fault("no causal mask", lambda: tasks.speaking(lambda: nets.Decoder(causal=False)),
          ("causal", "future", "ahead", "later word", "later position", "mask",
           "sees the target", "tells the target")),
    Fault("body without gradients", held_arrow,
          ("no_grad", "no gradient", "detach", "frozen", "without gradient", "cut off",
           "is cut")),
    Fault("seeded in each pass", lambda: tasks.numeral("seeded", SeededAlike),
          ("seed", "random number", "generator", "same mask", "same units", "random state",
           "same dropout")),
    Fault("dropout also in evaluation", dropping_signal,
          ("dropout", "training mode", "different predictions", "evaluation mode", "at random",
           "predictions differ")),
    Fault("norm never updates its statistics", far_from_zero,
          ("running", "batchnorm", "batch norm", "statistics", "evaluation mode",
           "training mode")),
    Fault("average never updated", lambda: tasks.numeral("shadow", Shadowed),
          ("running average", "moving average", "averaged weights", " ema", "evaluation mode",
           "training mode", "different weights",
           "other weights", "not updated", "never updated", "shadow")),
    Fault("state read after the padding", lambda: ending(build=lambda: nets.LastWord(at_end=True)),
          ("pad", "mask", "last position", "last step", "end of the sequence")),
)  # fmt: skip

LOSS_FAULTS: tuple[Fault, ...] = (
    Fault("padding counts as a tag",
          lambda: tasks.tagging(collate=padded_with_a_tag),
          ("pad", "mask", "ignore")),
    Fault("weights of classes inverted", lambda: tasks.rare_class(cost=light_common),
          ("class weight", "weights of the classes", "inverted", "minority", "rare",
           "majority", "imbalance", "one class")),
    Fault("sign of the deviation's logarithm", wrong_likelihood,
          ("unbounded", "no lower bound", "without bound", "variance", "wrong sign",
           "sign of", "deviation",
           "bounded below", "minus infinity")),
    Fault("loss of the first example alone", lambda: tasks.numeral("first", cost=first_alone),
          ("first example", "one example", "rest of the batch", "other examples",
           "not every example", "some examples", "part of the batch", "examples of the batch")),
    Fault("outputs of N, targets of N x 1", lambda: tasks.house(cost=flat),
          ("broadcast", "same shape", "shapes")),
    Fault("penalty drowns the loss", lambda: tasks.variational(cost=heavy_penalty),
          ("penalty", "regulari", "collapse", "dominat", "kl term", "ignores the inputs",
           "ignores its input", "same output", "does not depend on the input")),
)  # fmt: skip

METRIC_FAULTS: tuple[Fault, ...] = (
    Fault("likeliest place instead of word", square_speech,
          ("axis", "dimension", "dim", "argmax")),
    Fault("accuracy counts padding", lambda: tasks.translation(score=with_padding),
          ("pad", "mask", "ignore")),
    Fault("accuracy minimized", lambda: tasks.graph(maximize=None, minimize="accuracy"),
          ("direction", "minimi", "maximi", "higher is better", "opposite")),
    Fault("probabilities compared with 0", sure_illness,
          ("threshold", "always", "constant", "probabilit", "sigmoid", "one class",
           "does not change", "never changes")),
    Fault("metric compares all pairs", each_with_each,
          ("broadcast", "same shape", "shapes", "all pairs")),
    Fault("centres taken for corners", centred_boxes,
          ("format", "corner", "centre", "center", "width", "perfect", "true targets",
           "coordinates")),
)  # fmt: skip

OPTIMIZER_FAULTS: tuple[Fault, ...] = (
    Fault("gradients never cleared", lambda: tasks.house(optimizer=keeping),
          ("zero_grad", "zeroed", "accumulat", "cleared", "add up", "kept from")),
    Fault("output layer replaced after the optimizer",
          lambda: tasks.numeral("new head", optimizer=before_new_head), _UNKNOWN),
    Fault("decay of 0.5 in Adam",
          lambda: tasks.signal(config={"lr": 5e-3, "batch_size": 32, "weight_decay": 0.5}),
          ("weight decay", "weight_decay", "decay", "regulari")),
    Fault("rate lowered each update as if each epoch",
          lambda: tasks.numeral("decayed", optimizer=stepwise_decay),
          ("schedule", "rate falls", "rate decays", "rate shrinks", "learning rate", *_SLOW)),
    Fault("gradients clipped to nearly nothing",
          lambda: tasks.colour(config={"optimizer": "sgd", "lr": 0.1, "clip_norm": 1e-3}),
          ("clip",)),
    Fault("rate of 0.5 with Adam",
          lambda: tasks.speaking(config={"lr": 0.5, "batch_size": 32}),
          ("rate is too high", "learning rate", "too high", "too large", "diverge")),
    Fault("gradients summed over 16 batches",
          lambda: tasks.numeral("summed", optimizer=summing),
          ("accumulat", "summed", "not averaged", "rate is too high", "too high",
           "not every update", "some updates", "every 16", "learning rate")),
)  # fmt: skip

MORE_UNSEEN_FAULTS: tuple[Fault, ...] = (
    *NETWORK_FAULTS,
    *LOSS_FAULTS,
    *METRIC_FAULTS,
    *OPTIMIZER_FAULTS,
)
"""Mistakes of networks, losses, metrics and optimizers."""
