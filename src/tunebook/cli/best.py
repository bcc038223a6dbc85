"""``tunebook best``: the best configuration of a study."""

from __future__ import annotations

import typer

from tunebook.cli.options import AsJson, Home, Store, StudyName
from tunebook.cli.output import emit, emit_json
from tunebook.cli.place import place_of, study_named


def best(
    ctx: typer.Context,
    study: StudyName,
    as_json: AsJson = False,
    home: Home = None,
    store: Store = None,
) -> None:
    """Print the best configuration and its checkpoint."""
    from tunebook.study.results import best_row

    found = study_named(place_of(ctx, home, store), study)
    row = best_row(found.best)
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
