"""What a user names, as something to be checked: its abilities, and who carries experiments out.

A name with ``.py`` or ``module:Task`` is a training task, ``.yaml`` a file; any other is that of a
recipe, a dataset or a study. PyTorch is imported for what can be looked into alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tunebook.checks.check import Ability
from tunebook.checks.dataset_quality import Quality
from tunebook.checks.examination import CarryOut, NotPossible
from tunebook.checks.experiments import Experiment, Look
from tunebook.checks.one_look import look_name
from tunebook.checks.readings import Reading
from tunebook.checks.trial_figures import TrialFigures, trial_figures
from tunebook.datasets.library import Stored, names_of, open_dataset
from tunebook.engine import replay
from tunebook.errors import ConfigurationError, InputError, StudyBusyError, nearest
from tunebook.files import sweep_folders
from tunebook.recipes.registry import RECIPES
from tunebook.records import Configuration, StudyState
from tunebook.space import Space
from tunebook.storage import Store
from tunebook.storage.lease import is_alive, lease_for_this_process

_WORDS = {"data": "dataset"}


@dataclass(frozen=True, slots=True)
class Subject:
    """Something to be checked. ``length`` is that of a full training, in updates or steps."""

    name: str
    kind: str
    abilities: frozenset[Ability]
    carry_out: CarryOut
    config: Configuration = field(default_factory=lambda: Configuration({}))
    length: int = 1


def kind_of(
    name: str,
    known: Mapping[str, Collection[str]],
    *,
    hint: Callable[[], str | None] = lambda: None,
    expected: str = "",
) -> tuple[str, str]:
    """Return the kind of thing that has a name, and its name without ``kind:`` before it.

    ``known`` has the names of each kind. ``InputError`` if there is none, or more than one; with
    the nearest name, or ``hint`` where a dataset could be meant.
    """
    prefix, colon, plain = name.partition(":")
    if colon and prefix in known:
        name, known = plain, {prefix: known[prefix]}
    kinds = [kind for kind, names in known.items() if name in names]
    if len(kinds) == 1:
        return kinds[0], name
    if kinds:
        forms = {kind: f"{kind}:{name}" for kind in kinds} | {"recipe": f"{name} --data NAME"}
        told = " or ".join(forms[kind] for kind in kinds)
        raise InputError("More than one thing has this name", got=name, expected=told)
    *words, last = (_WORDS.get(kind, kind) for kind in known)
    what = f"{', '.join(words)} or {last}" if words else last
    do = hint() if "data" in known else None
    do = do or nearest(name, set().union(*known.values()))
    raise InputError(f"There is no {what} of this name", got=name, expected=expected or None, do=do)


def find_subject(
    name: str,
    *,
    home: Path,
    store: Store | None,
    data: str | None = None,
    given: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> Subject:
    """Return what a name stands for; ``InputError`` if that is nothing, or two things.

    ``store`` is None where there is none yet. Who knows studies reads their files.
    """
    is_said = name.startswith(("recipe:", "data:", "study:"))
    is_task = not is_said and (":" in name or name.endswith(".py"))
    kind, plain = "recipe", name
    if not is_task and data is None:
        kind, plain = _kind_here(name, home, store)
    if kind == "recipe":
        plain = plain.removeprefix("recipe:")
        return of_preset(plain, data=data, home=home, given=given or {}, seed=seed)
    if given:
        raise ConfigurationError(
            "Only what is trained has values to set", got=dict(given), do="Leave out --set"
        )
    if kind == "data":
        return of_dataset(open_dataset(plain, home))
    assert store is not None
    return of_study(plain, store)


def _kind_here(name: str, home: Path, store: Store | None) -> tuple[str, str]:
    studies = [] if store is None else [one.name for one in store.list_studies()]
    datasets, plain = set(names_of(home)), name.removeprefix("data:")
    if plain.partition("@")[0] in datasets:
        datasets.add(plain)
    known = {"recipe": RECIPES, "data": datasets, "study": studies}
    expected = "file.py:Task, RECIPE --data NAME, a study file, a dataset or a study"
    return kind_of(name, known, hint=lambda: _being_imported(home), expected=expected)


def _being_imported(home: Path) -> str | None:
    sweep_folders(".importing-", home / "datasets")  # those of imports that were killed
    is_importing = any((home / "datasets").glob(".importing-*"))
    return "A dataset is being imported: wait until that has ended" if is_importing else None


def of_preset(
    name: str, *, data: str | None, home: Path, given: Mapping[str, Any], seed: int = 0
) -> Subject:
    """Return a training task of the user's own, or a recipe on a version of a dataset."""
    from tunebook.checks.laboratory import Laboratory
    from tunebook.recipes.presets import MAX_STEPS, MAX_UPDATES, is_own_task, read_preset
    from tunebook.training.task import load_task

    if is_own_task(name) and data is None:
        # Its length must not be asked for: its data may raise, and that is for a check to find.
        task, config, length = load_task(name), Configuration(given), MAX_STEPS * MAX_UPDATES
        carry_out = Laboratory(task, seed=seed).carry_out
        return Subject(task.name, "task", Laboratory.ABILITIES, carry_out, config, length)
    preset = read_preset(name, data=data, home=str(home), given=given)
    for key in given:
        if not {key, key.rpartition(".")[2]} & preset.known:
            raise ConfigurationError(
                f"The recipe {name!r} has no {key!r}", do=nearest(key, preset.known)
            )
    of_data = of_dataset(open_dataset(str(preset.data), home))
    laboratory = Laboratory(preset.task, seed=seed)

    def carry_out_both(experiment: Experiment) -> Reading:
        is_quality = isinstance(experiment, Look) and experiment.what == look_name(Quality)
        return (of_data if is_quality else laboratory).carry_out(experiment)

    return Subject(
        f"{preset.recipe} on {preset.data}",
        "recipe",
        Laboratory.ABILITIES,
        carry_out_both,
        Configuration({**preset.defaults, **given}),
        preset.max_steps * preset.updates_per_step,
    )


def of_dataset(stored: Stored) -> Subject:
    """Return a version of a dataset."""

    def quality() -> Quality:
        # NumPy and pictures: slow to import, and for datasets alone.
        from tunebook.datasets.quality import judge_quality

        return Quality(tuple(judge_quality(stored.dataset, stored.folder)))

    name, abilities = f"{stored.name}@{stored.version}", frozenset({Ability.HAS_DATA})
    return Subject(name, "dataset", abilities, _only(Quality, quality))


def of_study(name: str, store: Store) -> Subject:
    """Return a study that does not run; ``InputError`` if it has no trial."""
    study = store.find_study(name)
    facts = replay(event for _, event in store.events_after(study))
    lease, ours = store.lease_of(study), lease_for_this_process(study, time.time())
    if facts.state is StudyState.RUNNING and lease is not None and is_alive(lease, ours):
        raise StudyBusyError(
            f"The study {name!r} is running",
            got=lease.holder,
            do=f"Wait for it, or end it: tunebook stop {name}",
        )
    if not facts.trials:
        raise InputError(
            f"The study {name!r} has no trials", do=f"Run it first: tunebook resume {name}"
        )
    carry_out = _only(TrialFigures, lambda: trial_figures(facts, Space.from_dict(facts.space)))
    config = Configuration({}) if facts.best is None else facts.best.config
    return Subject(name, "study", frozenset({Ability.HAS_TRIALS}), carry_out, config)


def _only(kind: type, read: Callable[[], Reading]) -> CarryOut:
    """Return what carries out a single kind of look."""

    def carry_out(experiment: Experiment) -> Reading:
        if isinstance(experiment, Look) and experiment.what == look_name(kind):
            return read()
        raise NotPossible("only for what can be trained")

    return carry_out
