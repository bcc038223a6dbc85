"""``tunebook best``: the best configuration of a study."""

from __future__ import annotations

import shlex
from typing import Annotated, Any

import typer

from tunebook.cli.options import AsJson, Home, Store, StudyName
from tunebook.cli.output import emit, emit_json
from tunebook.cli.place import place_of, study_named


def best(
    ctx: typer.Context,
    study: StudyName,
    model: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Write the trained network into this folder."),
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
    store: Store = None,
) -> None:
    """Print the best configuration and its checkpoint.

    With --model it writes the trained network too: weights, recipe, labels, an example that loads
    it, and the study file that trains it again.
    """
    from tunebook.study.results import best_row

    found = study_named(place_of(ctx, home, store), study)
    row = best_row(found.best)
    if model is not None:
        from tunebook.study.model import write_best_model

        told = write_best_model(found, model)
        row |= {"model": model, "metrics": told["metrics"]}
    if as_json:
        emit_json(row)
        return
    metric = found.spec.objective.metric
    emit(f"{metric} {row['value']:.6g} at step {row['step']}, trial {row['number']}")
    width = max(map(len, row["config"]), default=0)
    for name, value in row["config"].items():
        emit(f"  {name:<{width}}  {value}")
    if row["checkpoint"] is not None:
        emit(f"checkpoint {row['checkpoint']}")
    if model is not None:
        _tell_model(model, told)


def _tell_model(folder: str, told: dict[str, Any]) -> None:
    where = shlex.quote(folder)
    emit(f"model {folder}: use it as {where}/load.py does")
    legs = f" (a schedule of {told['n_legs']} legs)" if told["n_legs"] > 1 else ""
    emit(f"train it again: tunebook run {where}/recipe.yaml{legs}")
