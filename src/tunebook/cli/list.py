"""``tunebook list``: all studies of a home."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tunebook.cli.options import AsJson
from tunebook.cli.output import emit_json, emit_table, say
from tunebook.cli.place import Place, all_studies

if TYPE_CHECKING:
    from tunebook.study import Study


def list_studies(place: Place, as_json: AsJson = False) -> None:
    """List all studies, with their states and best values."""
    rows = [_row(study) for study in all_studies(place)]
    if as_json:
        emit_json(rows)
        return
    if not rows:
        from tunebook.settings import find_settings

        say(f"No studies in {find_settings(*place).store}")
        return
    from tunebook.live.appearance import number_text

    emit_table(
        ["name", "state", ">trials", ">best", "objective", "search"],
        [
            (
                row["name"],
                row["state"],
                str(row["trials"]),
                number_text(row["best"]),
                f"{row['direction']} {row['metric']}",
                row["search"],
            )
            for row in rows
        ],
    )


def _row(study: Study) -> dict[str, Any]:
    facts, spec = study.facts, study.spec
    return {
        "name": spec.name,
        "state": str(study.state),
        "trials": len(facts.trials),
        "best": None if facts.best is None else facts.best.value,
        "metric": spec.objective.metric,
        "direction": str(spec.objective.direction),
        "search": spec.search.get("name"),
        "created_at": facts.created_at,
        "updated_at": facts.last_at,
    }
