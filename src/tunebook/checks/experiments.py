"""What a check can ask for: frozen values, each with its exact price in updates.

Two checks that ask for the same experiment share its reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar, TypeAlias

from pydantic import PlainSerializer, PlainValidator

from tunebook.records import Configuration

Settings = Annotated[
    Configuration,
    PlainValidator(lambda v: v if isinstance(v, Configuration) else Configuration(v)),
    PlainSerializer(dict),
]
"""A configuration that the codec can write and read."""


class Part(StrEnum):
    """What a training can be done without."""

    AUGMENTATION = "augmentation"
    REGULARIZATION = "regularization"
    """Dropout, weight decay, label smoothing, clipping and averaging of weights."""

    OPTIMIZER = "optimizer"
    """The task's own; Adam at 1e-3, which fits most networks, takes its place."""


UNTIMED = 2
"""Updates before the timed ones: the first allocate memory and compile."""


class Watch(StrEnum):
    """What is recorded of a training beside the loss of every update."""

    SAMPLE = "sample"
    """The loss of a fixed sample, before training and after every update."""

    NORMS = "norms"
    """The norm of the gradient at every update, as the optimizer is given it."""

    UPDATES = "updates"
    """How large an update is beside the weights that it changes, for every matrix of weights."""

    SPLITS = "splits"
    """What the trained network makes of examples of training and of validation."""


@dataclass(frozen=True, slots=True)
class Train:
    """A training from fresh weights. ``factor`` multiplies the rate, also of an own optimizer.

    On ``one_batch`` it sees the same 32 examples again and again (S2.8).
    ``within``: half of the training examples are held out, and validated on.
    """

    config: Settings
    updates: int
    seed: int = 0
    one_batch: bool = False
    factor: float = 1.0
    without: tuple[Part, ...] = ()
    watch: tuple[Watch, ...] = ()
    within: bool = False

    @property
    def price(self) -> int:
        """Updates that it takes."""
        return self.updates


@dataclass(frozen=True, slots=True)
class Look:
    """A look inside a network or its data: ``what`` is a name of ``looks.LOOKS``."""

    what: str
    config: Settings
    seed: int = 0

    price: ClassVar[int] = 0
    """A look trains nothing that is kept: it costs no updates."""


@dataclass(frozen=True, slots=True)
class Time:
    """The seconds of an update, with real data or with a batch that lies in memory (S4.6).

    The first ``UNTIMED`` are not timed. Repeats are told apart by their number.
    """

    config: Settings
    updates: int
    in_memory: bool = False
    repeat: int = 0

    @property
    def price(self) -> int:
        """Updates that it takes, with those that are not timed."""
        return UNTIMED + self.updates


Experiment: TypeAlias = Train | Look | Time


def steady(config: Mapping[str, object], **changes: object) -> Configuration:
    """Return the configuration at a constant learning rate, with other values."""
    return with_settings(config, **{"schedule": "constant", "warmup": 0.0, **changes})


def with_settings(config: Mapping[str, object], **changes: object) -> Configuration:
    """Return the configuration with other values, those of groups of the same name left out."""
    kept = {k: v for k, v in config.items() if str(k).rsplit(".", 1)[-1] not in changes}
    return Configuration({**kept, **changes})  # type: ignore[dict-item]  # values of a configuration
