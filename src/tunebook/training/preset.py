"""What a recipe offers for a dataset: task, defaults, search space. Names no type of PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tunebook.errors import DatasetError
from tunebook.space import Space
from tunebook.training.task import Task

Conditions: TypeAlias = Mapping[str, tuple[Any, ...]]
"""Values that other settings must have, by name, for a setting to change a training."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A complete recipe, of which a user changes only what they want to (S0.6).

    ``defaults`` are the values of the baseline, ``space`` what a search varies unless it is told
    otherwise (S0.12), ``known`` every name that a configuration may have. ``max_steps`` is the
    length of a training in steps of ``updates_per_step`` updates. ``data`` is the version of the
    data, ``conditions`` what else a result depends on: network, pre-trained weights, resolution.
    ``acts_with`` says of each setting with which others it changes a training.
    """

    recipe: str
    task: Task
    defaults: Mapping[str, Any]
    space: Space
    known: frozenset[str]
    max_steps: int
    updates_per_step: int
    data: str | None = None
    conditions: Mapping[str, Any] = field(default_factory=dict)
    metric_name: str = ""
    """The metric's full name, such as COCO mAP with its IoU range (S0.23)."""
    is_share: bool = False
    """Whether the metric lies between 0 and 1."""
    acts_with: Mapping[str, Conditions] = field(default_factory=dict)

    def conditions_to_act(self, name: str) -> Conditions:
        """Return the values of other settings with which this one, such as ``adam.lr``, acts."""
        optimizer, _, plain = name.rpartition(".")
        found = self.acts_with.get(plain, {})
        return {**found, "optimizer": (optimizer,)} if optimizer else found

    def idle_because(self, name: str, values: Mapping[str, Any]) -> str | None:
        """Return why a setting does nothing beside these values (a tuple: any of them), or None."""
        for other, wanted in self.conditions_to_act(name).items():
            got = values.get(other)
            possible = got if isinstance(got, tuple) else (got,)
            if not set(possible) & set(wanted):
                told, shown = (" or ".join(map(str, some)) for some in (wanted, possible))
                now = "not given" if got is None else shown
                return f"{name} acts only with {other} {told}; {other} is {now}"
        return None


def checked_share(share: float) -> float:
    """Return a data sampling ratio; ``DatasetError`` with the range if it is none (S0.11)."""
    if 0.0 < share <= 1.0:
        return share
    hint = f"For {share:g} % write {share / 100:g}" if 1.0 < share <= 100.0 else None
    raise DatasetError(
        "The data sampling ratio cannot be this",
        got=share,
        expected="a share above 0, up to 1, which is all data",
        do=hint,
    )
