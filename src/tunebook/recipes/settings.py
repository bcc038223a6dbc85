"""The hyperparameters of a training that are not the network's: read from a configuration.

What a configuration leaves out has the default of S2.4. A name may stand in the space of its
optimizer (S4.16): ``adam.lr`` is used with Adam.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any

from tunebook.errors import ConfigurationError, nearest
from tunebook.records import Configuration
from tunebook.training.preset import Conditions

OPTIMIZERS = ("sgd", "momentum", "nesterov", "rmsprop", "adam", "nadam", "adamw", "nadamw")
DEFAULT_OPTIMIZER = "adam"
PRECISIONS = ("auto", "full", "mixed")
RECORDS = ("evaluation", "batch")
SCHEDULES = ("constant", "linear", "cosine", "exponential", "multistep", "plateau")

_KNOWN = dict(optimizer=OPTIMIZERS, schedule=SCHEDULES, precision=PRECISIONS, record=RECORDS)
_ADAMS = ("adam", "nadam", "adamw", "nadamw")
_DECAYS = {"schedule": ("exponential", "multistep")}

ACTS_WITH: Mapping[str, Conditions] = {
    "momentum": {"optimizer": ("momentum", "nesterov", "rmsprop")},
    "beta1": {"optimizer": _ADAMS},
    "beta2": {"optimizer": (*_ADAMS, "rmsprop")},
    "epsilon": {"optimizer": (*_ADAMS, "rmsprop")},
    "decay_start": _DECAYS,
    "decay_interval": _DECAYS,
    "decay_factor": {"schedule": ("exponential", "multistep", "plateau")},
    "end_factor": {"schedule": ("linear", "cosine")},
    "patience": {"schedule": ("plateau",)},
}
"""The values of other settings with which a setting changes a training; the others always do."""


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """How a network is trained. Rates are per update, an update being one optimizer step.

    ``warmup`` and ``decay_start`` are shares of all updates. ``clip_norm`` bounds the global norm
    of the gradient (S4.49), ``accumulate`` batches make an update (C16), ``polyak`` averages the
    weights with that factor (S4.25). ``decay_factor`` multiplies the rate at each drop of a
    multistep or plateau schedule, and smoothly over each ``decay_interval`` of an exponential one;
    ``end_factor`` is where linear and cosine end; a plateau schedule waits for ``patience``
    evaluations without a better one (S0.34). ``precision`` is ``mixed`` (bfloat16 where that is
    safe), ``full``, or ``auto``: mixed where the device is a GPU that has it. ``label_smoothing``
    is the share of a label that is spread over all classes, where the task's loss takes it.
    ``deterministic`` refuses operations whose result differs from run to run. ``record`` is
    ``batch`` where the training loss of every update is kept as well (S1.1).
    """

    optimizer: str = DEFAULT_OPTIMIZER
    lr: float = 3e-4
    momentum: float = 0.9
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.0
    batch_size: int = 64
    accumulate: int = 1
    clip_norm: float | None = None
    polyak: float | None = None
    schedule: str = "constant"
    warmup: float = 0.0
    decay_start: float = 0.0
    decay_interval: float = 0.1
    decay_factor: float = 0.5
    end_factor: float = 0.0
    label_smoothing: float = 0.0
    patience: int = 10
    precision: str = "auto"
    deterministic: bool = False
    record: str = "evaluation"

    def __post_init__(self) -> None:
        for name, known in _KNOWN.items():
            require_known(name, getattr(self, name), known)
        if self.batch_size < 1 or self.accumulate < 1:
            raise ConfigurationError(
                "batch_size and accumulate must be at least 1",
                got={"batch_size": self.batch_size, "accumulate": self.accumulate},
                expected="1 or more",
            )
        if not 0.0 <= self.label_smoothing < 1.0:
            raise ConfigurationError(
                "label_smoothing is a share of the label",
                got=self.label_smoothing,
                expected="a number from 0, below 1",
            )

    @classmethod
    def of(cls, config: Mapping[str, Any] | Configuration) -> TrainingSettings:
        """Read the settings that a configuration has; its other parameters are the network's."""
        optimizer = str(config.get("optimizer", DEFAULT_OPTIMIZER))
        found: dict[str, Any] = {"optimizer": optimizer}
        for name in (field.name for field in fields(cls)):
            for key in (name, f"{optimizer}.{name}"):
                if config.get(key) is not None:
                    found[name] = config[key]
        return cls(**found)


def require_known(what: str, got: str, known: Collection[str]) -> str:
    """Return a name that there is; ``ConfigurationError`` offers the nearest one."""
    if got not in known:
        raise ConfigurationError(
            f"There is no such {what}", got=got, expected=", ".join(known), do=nearest(got, known)
        )
    return got
