"""``tunebook resume``: let a study that was put down go on, perhaps with larger limits."""

from __future__ import annotations

import typer

from tunebook.cli import options as opt
from tunebook.cli.place import place_of, study_named


@opt.with_limits
def resume(
    ctx: typer.Context,
    study: opt.StudyName,
    workers: opt.Workers = None,
    per_device: opt.PerDevice = None,
    as_json: opt.AsJson = False,
    quiet: opt.Quiet = False,
    home: opt.Home = None,
    store: opt.Store = None,
    **limits: float | None,
) -> None:
    """Go on with a study that was put down.

    A study that is over goes on if a larger limit is given.
    """
    from tunebook.cli.driving import carry_on
    from tunebook.presets.described import load_changed

    place = place_of(ctx, home, store)
    known = study_named(place, study)
    found = load_changed(known.name, limits, home=place.home, store=place.store)
    devices = {"workers": workers, "per_device": per_device}
    raise typer.Exit(carry_on(found, **devices, quiet=quiet, as_json=as_json))
