"""What experiments give: facts, and no verdicts. A failed experiment has a reading too.

What a look gives is declared beside the check that reads it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, TypeAlias

from tunebook.checks.experiments import Experiment


class Reading(Protocol):
    """Any frozen dataclass of figures."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


Readings: TypeAlias = Mapping[Experiment, Reading]
"""What was measured so far, under the experiment itself."""


@dataclass(frozen=True, slots=True)
class SplitFigures:
    """What a trained network makes of ``n`` examples of a split, in evaluation mode.

    ``training_loss`` is the loss in training mode, ``fresh_loss`` with statistics of batch norm
    from these examples, ``shuffled`` and ``deviation`` are of losses with shuffled targets.
    ``targets_matter`` is False for a loss without them. ``score`` is an accuracy, or the share of
    variance explained; ``confusion`` counts examples by class and by guess. ``momenta`` are those
    of batch norm. Where nothing could be measured, ``reason`` says why.
    """

    n: int = 0
    loss: float = math.nan
    training_loss: float = math.nan
    fresh_loss: float = math.nan
    shuffled: float = math.nan
    deviation: float = math.nan
    targets_matter: bool = True
    score: float | None = None
    confusion: tuple[tuple[int, ...], ...] = ()
    momenta: tuple[float, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Trained:
    """A training that went through. ``losses`` has the loss of every update, before it is made.

    ``is_cut`` tells that it was ended early because it took too long. The others are there where
    the experiment watched for them: ``sample`` has one more than updates; ``errors`` the share of
    wrong examples on one batch, None where outputs are no scores of classes; ``norms`` those of the
    gradient; ``updates`` the median norm of an update over that of its weights, by tensor;
    ``seconds`` those of the start and, if it is known, of a step.
    """

    losses: tuple[float, ...]
    is_cut: bool = False
    errors: tuple[float, ...] | None = None
    sample: tuple[float, ...] = ()
    metrics: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    seconds: tuple[float, ...] = ()
    norms: tuple[float, ...] = ()
    updates: Mapping[str, float] = field(default_factory=dict)
    splits: Mapping[str, SplitFigures] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NotFinite:
    """A training that ended at update ``at``, from 1, with a loss that is no finite number."""

    at: int
    losses: tuple[float, ...]
    errors: tuple[float, ...] | None = None
    sample: tuple[float, ...] = ()
    norms: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Timed:
    """Seconds of each timed update, in order."""

    seconds: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Raised:
    """An experiment that raised: in which ``part``, the last line told, the user's own lines."""

    part: str
    told: str
    where: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OutOfMemory(Raised):
    """An experiment that memory did not suffice for."""


COMMON: tuple[type, ...] = (Trained, NotFinite, Timed, Raised, OutOfMemory)
"""The readings that belong to no check."""
