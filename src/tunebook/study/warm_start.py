"""Older studies that a new one starts from: found by name, checked, and offered when they fit."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from tunebook.engine import Facts, replay
from tunebook.errors import InputError, SearchError, StudyNotFoundError
from tunebook.records import JsonObject, Objective, StudyId, StudySpec
from tunebook.search.past import MIN_TRIALS, PastStudy, is_helpful, past_study, shared_names
from tunebook.space import Space
from tunebook.storage import Store

MAX_LOOKED_AT = 20
"""So many of the latest studies are looked at for an offer: it must not keep anybody waiting."""


def past_of(store: Store, spec: StudySpec, names: object) -> tuple[JsonObject, ...]:
    """Return the older studies of these names as ``spec`` keeps them.

    A study that started from the same ones before keeps what it had. ``StudyNotFoundError`` offers
    the nearest name; ``SearchError`` if one cannot help: another direction, nothing in common.
    """
    wanted = _checked(names, spec.name)
    if not wanted:
        return ()
    with suppress(StudyNotFoundError):
        known = _facts_of(store, store.find_study(spec.name)).known_spec.past
        if [past["name"] for past in known] == wanted:
            return known
    return tuple(_gathered(store, name, spec).to_dict() for name in wanted)


def _checked(names: object, own: str) -> list[str]:
    given = [names] if isinstance(names, str) else names or []
    if not isinstance(given, Sequence) or not all(isinstance(name, str) for name in given):
        raise InputError(
            "warm_start is a list of studies",
            got=names,
            expected='their names, such as warm_start=["digits-1"]',
        )
    if own in given:
        raise InputError(
            "A study cannot start from itself", got=own, do="It goes on anyway when run again"
        )
    return list(dict.fromkeys(given))


def _gathered(store: Store, name: str, spec: StudySpec) -> PastStudy:
    space = Space.from_dict(spec.space)
    past = _read(_facts_of(store, store.find_study(name)), spec.objective)
    if not shared_names(space, past.space):
        raise SearchError(
            f"The study {name!r} shares no parameter with this one",
            got=", ".join(past.space.dimensions),
            expected="a parameter of the same name, kind and, in part, range as one of "
            + ", ".join(space.dimensions),
            do="Leave it out of warm_start",
        )
    n_valued = sum(value is not None for _, value in past.outcomes)
    if n_valued < MIN_TRIALS:
        raise SearchError(
            f"The study {name!r} has too few trials to start from",
            got=f"{n_valued} with a value",
            expected=f"{MIN_TRIALS} or more",
            do="Leave it out of warm_start, or let it go on first",
        )
    return past


def _read(facts: Facts, new: Objective) -> PastStudy:
    spec = facts.known_spec
    space = Space.from_dict(facts.space)
    return past_study(spec.name, space, spec.objective, facts.trials, new=new)


def _facts_of(store: Store, study: StudyId) -> Facts:
    return replay(event for _, event in store.events_after(study))


def offered(store: Store, spec: StudySpec) -> list[str]:
    """Return studies with that metric and enough in common, the latest first."""
    space, found = Space.from_dict(spec.space), []
    for entry in reversed(store.list_studies()[-MAX_LOOKED_AT:]):
        if entry.name == spec.name:
            continue
        facts = _facts_of(store, entry.id)
        old, new = facts.known_spec.objective, spec.objective
        is_alike = (old.metric, old.direction) == (new.metric, new.direction)
        if is_alike and is_helpful(space, _read(facts, spec.objective)):
            found.append(entry.name)
    return found
