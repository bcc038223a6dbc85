"""``tunebook recover``: read what can be read of a damaged store into a new one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tunebook.cli.options import AsJson
from tunebook.cli.output import emit, emit_json, say
from tunebook.cli.place import Place
from tunebook.errors import InputError

if TYPE_CHECKING:
    from tunebook.storage.recovery import RecoveredStudy


def recover(
    place: Place,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="The new store; must not exist yet."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read what can be read of a damaged store into a new one, and say what is missing.

    The damaged store is left as it is. End every program that uses it first.
    """
    from tunebook.settings import find_settings
    from tunebook.storage import open_store
    from tunebook.storage.recovery import recover as recovered_into

    damaged = Path(find_settings(*place).store)
    into = output or damaged.with_name(f"{damaged.stem}.recovered{damaged.suffix}")
    if not damaged.is_file():
        raise InputError("There is no store to recover", got=str(damaged), do="Name it by --store")
    if into.exists():
        raise InputError(
            "The new store is there already", got=str(into), do="Name another by --output"
        )
    unfinished = into.with_name(f"{into.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    target = open_store(unfinished)
    try:
        studies = recovered_into(damaged, target)
        target.close()
        unfinished.replace(into)
    finally:
        target.close()
        unfinished.unlink(missing_ok=True)
    if as_json:
        emit_json({"store": str(into), "studies": studies})
        return
    emit(*map(_line, studies))
    say(f"New store: {into}. To look at it: tunebook list --store {into}")
    say(f"To use it, keep the damaged file under another name and rename this one to {damaged}.")


def _line(study: RecoveredStudy) -> str:
    if study.name is None:
        return f"a study whose description is lost: its {study.n_unusable} events were left out"
    known = f"{study.name}: {study.n_trials} trials, {study.n_finished} of them finished"
    missing = [
        text
        for text, is_true in (
            (f"{study.n_lost} trials are lost and stand as cancelled", study.n_lost),
            (f"{study.n_unmeasured} trials lost their values", study.n_unmeasured),
            (f"{study.n_unusable} events contradict the rest and were left out", study.n_unusable),
            ("its last events are lost", study.is_cut),
        )
        if is_true
    ]
    return f"{known}; {', '.join(missing) or 'nothing is missing'}"
