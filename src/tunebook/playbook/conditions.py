"""What the values of a recipe depend on: conditions that an order or a reuse needs (I1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tunebook.records import Objective, StudySpec, TaskRef


def conditions_of_study(spec: StudySpec, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the values of a study's trials depend on (I1, S0.26)."""
    return conditions_of(spec.task, values, objective=spec.objective, max_steps=spec.max_steps or 1)


def conditions_of(
    task: TaskRef, values: Mapping[str, Any], *, objective: Objective, max_steps: int
) -> dict[str, Any]:
    """Return the conditions of a training of a recipe by name; ``steps`` are updates."""
    options = task.options
    known = options.get("conditions", {})
    return {
        **known,
        "recipe": known.get("recipe", task.reference),
        "network": values.get("network", known.get("network")),
        "metric": f"{objective.metric} ({objective.reduce})",
        "data_fraction": options.get("data_fraction", 1.0),
        "steps": max_steps * options["updates_per_step"],
        "batch_size": values.get("batch_size"),
        "optimizer": values.get("optimizer"),
    }
