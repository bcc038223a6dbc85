"""``tunebook best``: the best configuration of a study."""

from __future__ import annotations

import shlex
from typing import Annotated, Any

import typer

from tunebook.cli.options import AsJson, StudyName
from tunebook.cli.output import emit, emit_json
from tunebook.cli.place import Place, study_named
from tunebook.settings import find_settings


def best(
    place: Place,
    study: StudyName,
    model: Annotated[
        str | None, typer.Option(metavar="DIR", help="Write the trained network into this folder.")
    ] = None,
    test: Annotated[
        bool, typer.Option("--test", help="Measure it on the test set. Each look is counted.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print the best configuration and its checkpoint.

    With --model it writes the trained network too: weights, recipe, labels, an example that loads
    it, and the study file that trains it again. With --test it is measured on the test set, once
    at the end of all work: from the second look on it counts as validation data.
    """
    from tunebook.study.results import best_row

    found = study_named(place, study)
    row = best_row(found.best)
    if model is not None:
        from tunebook.presets.model import write_best_model

        told = write_best_model(found, model)
        row |= {"model": model, "metrics": told["metrics"]}
    if test:
        from tunebook.presets.test_looks import look_at_test

        seen = look_at_test(found, find_settings(*place).home)
        row |= {"test": seen}
    if as_json:
        emit_json(row)
        return
    metric = found.spec.objective.metric
    emit(f"{metric} {row['value']:.6g} at step {row['step']}, trial {row['number']}")
    width = max(map(len, row["config"]), default=0)
    emit(*(f"  {name:<{width}}  {value}" for name, value in row["config"].items()))
    if row["checkpoint"] is not None:
        emit(f"checkpoint {row['checkpoint']}")
    if model is not None:
        _tell_model(model, told)
    if test:
        emit(f"{seen.metric} {seen.value:.6g} on {seen.name}")


def _tell_model(folder: str, told: dict[str, Any]) -> None:
    where = shlex.quote(folder)
    emit(f"model {folder}: use it as {where}/load.py does")
    if "conditions" in told:
        legs = f" (a schedule of {told['n_legs']} legs)" if told["n_legs"] > 1 else ""
        emit(f"train it again: tunebook run {where}/recipe.yaml{legs}")
