"""Studies side by side, in order only if their values can be compared (S0.24, I1)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tunebook.reports.messages import ComparisonMessage, StudyMessage

TOLERANCE = 0.05
"""So much may the steps of two studies differ and still be an equal budget."""

BEGINNINGS = "beginnings of trials"


def comparison_message(studies: Sequence[StudyMessage]) -> ComparisonMessage:
    """Return the studies, ranked best first (equals alike), or the reason why they are not."""
    refusal, unlike = refusal_to_order(studies), unlike_the_first(studies)
    having = [] if refusal is not None else [study for study in studies if study.best is not None]
    values = {s.name: s.objective.sign * s.best.value for s in having if s.best}
    order = sorted(values, key=lambda name: values[name])
    ranks = {name: 1 + sum(v < values[name] for v in values.values()) for name in order}
    return ComparisonMessage(studies, refusal, unlike, order, ranks)


def refusal_to_order(studies: Sequence[StudyMessage], *, but: Collection[str] = ()) -> str | None:
    """Return why no order is claimed, None if one may be; ``but`` are conditions left out."""
    different = [
        f"different {label} ({', '.join(dict.fromkeys(values))})"
        for label, values in _conditions(studies).items()
        if len(set(values)) > 1 and label not in but
    ]
    if different:
        return f"Not ordered: the studies have {'; '.join(different)}"
    values = [study.best.value for study in studies if study.best is not None]
    if len(values) > 1 and len(set(values)) == 1:
        return f"Not ordered: all have the same best value, {values[0]:.6g}"
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
    names = dict.fromkeys(name for study in studies for name in study.conditions)
    return {
        "metrics": [s.objective.metric for s in studies],
        "directions": [s.objective.direction for s in studies],
        "reductions": [s.objective.reduce for s in studies],
        "lengths of a full trial": [str(s.max_steps) for s in studies],
        **{n.replace("_", " "): [str(s.conditions.get(n)) for s in studies] for n in names},
        "budgets": _budgets(studies),
        # Scores of the two kinds are never ranked together (S0.19).
        BEGINNINGS: [
            "with another's weights" if s.search.get("name") == "evolution" else "from scratch"
            for s in studies
        ],
    }


def _budgets(studies: Sequence[StudyMessage]) -> list[str]:
    """Return what each study used, as the first one's where that is an equal budget.

    It is one if as many steps were given, or if the same search had the same limits.
    """
    limits = [" and ".join(f"{u.limit:g} {u.name}" for u in s.budget) or "none" for s in studies]
    is_told_apart = len(set(limits)) == len(studies)
    texts = limits if is_told_apart else [f"{study.n_steps:,} steps" for study in studies]
    first, found = studies[0], []
    for study, limit, text in zip(studies, limits, texts, strict=True):
        low, high = sorted((first.n_steps, study.n_steps))
        is_same = limit == limits[0] and study.search == first.search
        found.append(texts[0] if is_same or high <= low * (1 + TOLERANCE) else text)
    return found
