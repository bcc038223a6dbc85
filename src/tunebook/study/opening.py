"""Finding, creating and reconciling studies in a store."""

from __future__ import annotations

import atexit
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

from tunebook.engine import replay
from tunebook.errors import StudyNotFoundError
from tunebook.files import WorkingFolder
from tunebook.records import StudyId, StudySpec, TaskRef
from tunebook.settings import Settings, find_settings
from tunebook.space import Space
from tunebook.storage import Lease, Store, open_store
from tunebook.study.description import changes_to, describe_study, free_name
from tunebook.study.warm_start import past_of


class Opened(NamedTuple):
    """A study in its store."""

    store: Store
    study: StudyId
    settings: Settings


def open_study(space: Space, options: Mapping[str, Any], *, task: TaskRef, stem: str) -> Opened:
    """Return the named study, created or changed; a new one after ``stem`` without a name."""
    settings = settings_for(options)
    store = open_settings_store(settings)
    name = options["name"]
    if name is None:
        name = free_name(stem, [entry.name for entry in store.list_studies()])
    spec = describe_study(space, options, task=task, name=name)
    spec = replace(spec, past=past_of(store, spec, options.get("warm_start")))
    return Opened(store, find_or_create(store, spec), settings)


def find_or_create(store: Store, spec: StudySpec) -> StudyId:
    """Return the study described, created or updated; without trials it becomes this one."""
    now = time.time()
    try:
        study = store.find_study(spec.name)
    except StudyNotFoundError:
        return store.create_study(spec, now)
    facts = replay(event for _, event in store.events_after(study))
    if not facts.trials and facts.known_spec != replace(
        spec, environment=facts.known_spec.environment
    ):
        # Nothing was tried under the other description: there is nothing to lose.
        store.acquire_lease(study, now)
        store.delete_study(study)
        return store.create_study(spec, now)
    changes = changes_to(facts, spec, now)
    if changes:
        with leased(store, study):
            store.append(study, changes, store.last_seq(study))
    return study


@contextmanager
def leased(store: Store, study: StudyId) -> Iterator[Lease]:
    """Hold the study's lease; ``StudyBusyError`` while somebody else drives it."""
    lease = store.acquire_lease(study, time.time())
    try:
        yield lease
    finally:
        store.release_lease(lease)


def settings_for(options: Mapping[str, Any]) -> Settings:
    """Return where things are kept. A store in memory keeps nothing, its files neither."""
    home, store = options.get("home"), options.get("store")
    if store == "memory" and home is None:
        folder = WorkingFolder("tunebook-")
        atexit.register(folder.remove)
        home = folder.path
    return find_settings(home, store)


def open_settings_store(settings: Settings) -> Store:
    """Open the store of the settings, and make the home directory."""
    settings.make_home()
    return open_store(settings.store)
