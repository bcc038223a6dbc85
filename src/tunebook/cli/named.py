"""What a name stands for in a home folder: a study, a dataset or a guide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tunebook.cli.place import Place, opened_store
from tunebook.errors import StudyBusyError

if TYPE_CHECKING:
    from tunebook.settings import Settings
    from tunebook.storage import Store
    from tunebook.study.opening import Opened


@dataclass(frozen=True, slots=True)
class Named:
    """One thing of a name, what it holds in words, and what can be done with it."""

    kind: str
    name: str
    holds: str
    delete: Callable[[], None]
    rename: Callable[[str], None]


def find_named(place: Place, name: str) -> Named:
    """Return the one thing of a name, or of ``study:name``; ``InputError`` for none or more."""
    from tunebook.checks.subjects import kind_of
    from tunebook.datasets.library import names_of
    from tunebook.guide.removal import guide_names

    store, settings = opened_store(place)
    names = {
        "study": [entry.name for entry in store.list_studies()],
        "data": names_of(settings.home),
        "guide": guide_names(settings.home),
    }
    kind, plain = kind_of(name, names)
    find = {"study": _study, "data": _dataset, "guide": _guide}[kind]
    return find(plain, store, settings)


def _opened_studies(store: Store, settings: Settings) -> dict[str, Opened]:
    from tunebook.study.opening import Opened

    return {entry.name: Opened(store, entry.id, settings) for entry in store.list_studies()}


def _study(name: str, store: Store, settings: Settings) -> Named:
    from tunebook.study import Study
    from tunebook.study.removal import delete_study, folders_of, rename_study

    opened = _opened_studies(store, settings)[name]
    study = Study(opened)
    n_trials = len(study.facts.trials)
    holds = f"{n_trials} trials, {_size(*folders_of(study.spec, opened.settings))}"
    delete, rename = partial(delete_study, opened), partial(rename_study, opened)
    return Named("study", study.name, holds, delete, rename)


def _dataset(name: str, store: Store, settings: Settings) -> Named:
    from tunebook.datasets.library import delete_dataset, rename_dataset, versions_of

    def free(work: Callable[..., None], *args: object) -> None:
        _require_unused(name, store, settings)
        work(*args)

    home = settings.home
    n_versions = len(versions_of(name, home))
    holds = f"{n_versions} version{'s' * (n_versions != 1)}, {_size(home / 'datasets' / name)}"
    delete = partial(free, delete_dataset, name, home)
    return Named("data", name, holds, delete, lambda new: free(rename_dataset, name, new, home))


def _require_unused(name: str, store: Store, settings: Settings) -> None:
    from tunebook.records import StudyState
    from tunebook.study import Study

    for opened in _opened_studies(store, settings).values():
        study = Study(opened)
        data = str(study.spec.task.options.get("conditions", {}).get("data") or "")
        if data.partition("@")[0] == name and study.state is StudyState.RUNNING:
            raise StudyBusyError(
                f"The dataset {name!r} is in use",
                got=f"the study {study.name!r}, which is running",
                do=f"Wait for it, or end it: tunebook stop {study.name}",
            )


def _guide(name: str, store: Store, settings: Settings) -> Named:
    from tunebook.guide.removal import delete_guide, is_of, rename_guide

    home, studies = settings.home, _opened_studies(store, settings)
    return Named(
        "guide",
        name,
        f"its log, its report and {sum(is_of(name, study) for study in studies)} studies",
        partial(delete_guide, name, home, studies),
        lambda new: rename_guide(name, new, home, studies),
    )


def _size(*folders: Path) -> str:
    n_bytes = sum(
        path.lstat().st_size for folder in folders for path in folder.rglob("*") if path.is_file()
    )
    return f"{n_bytes / 1e6:.1f} MB of files"
