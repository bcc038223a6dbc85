"""The recipes by name. A new one needs a ``Recipe`` in a module, and a line in ``_WHERE``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from tunebook.datasets.library import Stored
from tunebook.datasets.records import Kind
from tunebook.errors import TaskError, nearest
from tunebook.recipes.settings import require_known
from tunebook.space import Space
from tunebook.training.preset import Conditions

_WHERE = {
    "fine-grained-classification": "tunebook.recipes.image_classification:FINE_GRAINED",
    "image-classification": "tunebook.recipes.image_classification:RECIPE",
    "object-detection": "tunebook.recipes.object_detection:RECIPE",
    "text-classification": "tunebook.recipes.text_classification:RECIPE",
    "transfer-classification": "tunebook.recipes.image_classification:TRANSFER",
    "tabular": "tunebook.recipes.tabular:RECIPE",
}
RECIPES = tuple(_WHERE)
"""The names of all recipes."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A preset task with a full default recipe (S0.6).

    ``maker`` is ``module:Name`` of what makes the task, called with what ``arguments`` returns of
    a dataset and of all values, ``options`` and ``defaults`` among them: JSON, enough to build the
    network without the data.
    A step has ``epochs_per_step`` epochs before it is evaluated; fewer where those are long.
    ``options`` are values that the arguments depend on, such as the resolution. ``metric_name`` is
    the metric's full name, ``is_share`` tells that it lies between 0 and 1; accuracy does.
    ``variants`` are recipes for the same data by the ``network`` in their options. ``acts_with``
    says of values of its own with which others they change a training.
    """

    name: str
    kind: Kind
    maker: str
    arguments: Callable[[Stored, Mapping[str, Any]], dict[str, Any]]
    defaults: Mapping[str, Any]
    space: Space
    max_steps: int
    network: str
    epochs_per_step: int = 1
    options: Mapping[str, Any] = field(default_factory=dict)
    metric_name: str = ""
    is_share: bool = False
    variants: Mapping[str, Recipe] = field(default_factory=dict)
    acts_with: Mapping[str, Conditions] = field(default_factory=dict)

    def variant(self, given: Mapping[str, Any]) -> Recipe:
        """Return the recipe of the network that is given; ``ConfigurationError`` if it has none."""
        usual = self.options.get("network")
        network = given.get("network", usual)
        if not self.variants or network == usual:
            return self
        require_known("network", str(network), [str(usual), *self.variants])
        return self.variants[network]


def recipe_named(name: str) -> Recipe:
    """Return the recipe of that name; ``TaskError`` offers the nearest one."""
    if name not in _WHERE:
        raise TaskError(
            "There is no such recipe",
            got=name,
            expected=f"one of {', '.join(sorted(_WHERE))}, or file.py:Task of your own",
            do=nearest(name, _WHERE),
        )
    module, _, constant = _WHERE[name].partition(":")
    recipe: Recipe = getattr(import_module(module), constant)
    return recipe
