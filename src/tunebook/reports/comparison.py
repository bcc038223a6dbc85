"""Studies side by side: shown always, ordered only if their values can be compared (S0.24, I1)."""

from __future__ import annotations

from collections.abc import Sequence

from tunebook.reports.messages import ComparisonMessage, StudyMessage


def comparison_message(studies: Sequence[StudyMessage]) -> ComparisonMessage:
    """Return the studies with an order, best first, or the reason why there is none."""
    refusal, unlike = refusal_to_order(studies), unlike_the_first(studies)
    ranked = [study for study in studies if study.best is not None]
    if refusal is not None or not ranked:
        return ComparisonMessage(studies, refusal, unlike, [])
    is_higher = ranked[0].objective.direction == "maximize"
    ranked.sort(key=lambda s: s.best.value if s.best else 0.0, reverse=is_higher)
    return ComparisonMessage(studies, None, unlike, [study.name for study in ranked])


def refusal_to_order(studies: Sequence[StudyMessage]) -> str | None:
    """Return which condition of I1 or S0.24 does not hold, None if all do."""
    for label, values in _conditions(studies).items():
        if len(set(values)) > 1:
            shown = ", ".join(sorted(set(values)))
            return f"Not ordered: the studies have different {label} ({shown})"
    return None


def unlike_the_first(studies: Sequence[StudyMessage]) -> dict[str, list[str]]:
    """Return in which conditions of I1 and S0.24 each study differs from the first, by name."""
    conditions = _conditions(studies)
    return {
        study.name: [
            f"{label}: {values[n]}"
            for label, values in conditions.items()
            if values[n] != values[0]
        ]
        for n, study in enumerate(studies)
    }


def _conditions(studies: Sequence[StudyMessage]) -> dict[str, list[str]]:
    """Return what must agree, in words, with each study's own."""
    return {
        "metrics": [s.objective.metric for s in studies],
        "directions": [s.objective.direction for s in studies],
        "reductions": [s.objective.reduce for s in studies],
        "lengths of a full trial": [str(s.max_steps) for s in studies],
        "budgets": [_limits(s) for s in studies],
        "beginnings of trials": [_beginning(s) for s in studies],
        "data": [str(s.environment.get("data")) for s in studies],
    }


def _beginning(study: StudyMessage) -> str:
    """Return how trials begin: scores of the two kinds are never ranked together (S0.19)."""
    is_continued = study.search.get("name") == "evolution"
    return "with another's weights" if is_continued else "from scratch"


def _limits(study: StudyMessage) -> str:
    return " and ".join(f"{use.limit:g} {use.name}" for use in study.budget) or "none"
