"""``tunebook resume``: let a study that was put down go on, perhaps with larger limits."""

from __future__ import annotations

from typing import Any

import typer

from tunebook.cli import options as opt
from tunebook.cli.place import Place, study_named


@opt.with_flags("workers", "per_device", *opt.LIMITS)
def resume(
    place: Place,
    study: opt.StudyName,
    as_json: opt.AsJson = False,
    quiet: opt.Quiet = False,
    **flags: Any,
) -> None:
    """Go on with a study that was put down.

    A study that is over goes on if a larger limit is given.
    """
    from tunebook.cli.driving import carry_on
    from tunebook.presets.described import load_changed

    devices = {name: flags.pop(name) for name in ("workers", "per_device")}
    known = study_named(place, study)
    found = load_changed(known.name, flags, home=place.home, store=place.store)
    raise typer.Exit(carry_on(found, **devices, quiet=quiet, as_json=as_json))
