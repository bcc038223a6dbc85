"""``tunebook resume``: let a study that was put down go on, perhaps with larger limits."""

from __future__ import annotations

import typer

from tunebook.cli.options import (
    AsJson,
    Home,
    PerDevice,
    Quiet,
    Store,
    StudyName,
    Workers,
    with_limits,
)
from tunebook.cli.place import place_of, study_named


@with_limits
def resume(
    ctx: typer.Context,
    study: StudyName,
    workers: Workers = None,
    per_device: PerDevice = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    home: Home = None,
    store: Store = None,
    **limits: float | None,
) -> None:
    """Go on with a study that was put down.

    A study that is over goes on if a larger limit is given.
    """
    from tunebook.cli.driving import carry_on
    from tunebook.study.described import load_changed

    place = place_of(ctx, home, store)
    known = study_named(place, study)
    found = load_changed(known.name, limits, home=place.home, store=place.store)
    code = carry_on(
        found,
        workers=found.spec.workers if workers is None else workers,
        per_device=found.spec.per_device if per_device is None else per_device,
        quiet=quiet,
        as_json=as_json,
    )
    raise typer.Exit(code)
