"""What a user names, as something to be checked: its abilities, and who carries experiments out.

A name with ``.py`` or ``module:Task`` is a training task, ``.yaml`` a file; any other is that of a
recipe, a dataset or a study. PyTorch is imported for what can be looked into alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from tunebook.checks.check import Ability
from tunebook.checks.dataset_quality import QUALITY, Quality
from tunebook.checks.examination import CarryOut, NotPossible
from tunebook.checks.experiments import Experiment, Look
from tunebook.checks.first_trial import Description
from tunebook.checks.readings import Reading
from tunebook.checks.trial_figures import TRIALS, trial_figures
from tunebook.datasets.library import Stored, names_of, open_dataset
from tunebook.engine import replay
from tunebook.errors import ConfigurationError, InputError, StudyBusyError, nearest
from tunebook.files import sweep_folders
from tunebook.recipes.registry import RECIPES
from tunebook.records import Configuration, StudyState
from tunebook.space import Space
from tunebook.storage import Store
from tunebook.storage.lease import is_alive, lease_for_this_process
from tunebook.training import TrainingFunction

_PREFIXES = ("recipe", "data", "study")


@dataclass(frozen=True, slots=True)
class Subject:
    """Something to be checked. ``length`` is that of a full training, in updates or steps."""

    name: str
    kind: str
    abilities: frozenset[Ability]
    carry_out: CarryOut
    config: Configuration
    length: int


ReadFile: TypeAlias = Callable[[Path, Mapping[str, Any], int], Subject]
"""Makes a subject of a study file, of values set by hand and of a seed; studies know how."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """Where names are looked up. ``store`` is None where there is none yet."""

    home: Path
    store: Store | None
    read_file: ReadFile

    def find(
        self,
        name: str,
        *,
        data: str | None = None,
        given: Mapping[str, Any] | None = None,
        seed: int = 0,
    ) -> Subject:
        """Return what a name stands for; ``InputError`` if that is nothing, or two things."""
        values = given or {}
        prefix, colon, plain = name.partition(":")
        is_said = bool(colon) and prefix in _PREFIXES
        if not is_said and data is None and name.endswith((".yaml", ".yml")):
            return self.read_file(Path(name), values, seed)
        is_task = not is_said and (bool(colon) or name.endswith(".py"))
        kind, plain = ("recipe", name) if is_task or data is not None else self._kind_of(name)
        if kind == "recipe":
            plain = plain.removeprefix("recipe:")
            return of_preset(plain, data=data, home=self.home, given=values, seed=seed)
        if values:
            raise ConfigurationError(
                "Only what is trained has values to set", got=dict(values), do="Leave out --set"
            )
        if kind == "data":
            return of_dataset(open_dataset(plain, self.home))
        assert self.store is not None
        return of_study(plain, self.store)

    def _kind_of(self, name: str) -> tuple[str, str]:
        studies = [] if self.store is None else [one.name for one in self.store.list_studies()]
        known = {"recipe": list(RECIPES), "data": names_of(self.home), "study": studies}
        prefix, colon, plain = name.partition(":")
        if colon and prefix in known:
            name, known = plain, {prefix: known[prefix]}
        found = [
            kind
            for kind, names in known.items()
            if name in names or (kind == "data" and name.partition("@")[0] in names)
        ]
        if len(found) > 1:
            told = " or ".join(
                f"{name} --data NAME" if kind == "recipe" else f"{kind}:{name}" for kind in found
            )
            raise InputError("More than one thing has this name", got=name, expected=told)
        if found:
            return found[0], name
        hint = nearest(name, {each for names in known.values() for each in names})
        sweep_folders(".importing-", self.home / "datasets")  # those of imports that were killed
        if "data" in known and any((self.home / "datasets").glob(".importing-*")):
            hint = "A dataset is being imported: wait until that has ended"
        told = ", ".join(known).replace("data", "dataset").replace(", study", " or study")
        raise InputError(
            f"There is no {told} of this name",
            got=name,
            expected="file.py:Task, RECIPE --data NAME, a study file, a dataset or a study",
            do=hint,
        )


def of_preset(
    name: str, *, data: str | None, home: Path, given: Mapping[str, Any], seed: int = 0
) -> Subject:
    """Return a training task of the user's own, or a recipe on a version of a dataset."""
    from tunebook.checks.laboratory import Laboratory
    from tunebook.recipes.presets import MAX_STEPS, MAX_UPDATES, is_own_task, read_preset
    from tunebook.training.task import load_task

    trains = {Ability.CAN_TRAIN, Ability.CAN_LOOK_INSIDE, Ability.HAS_DATA}
    if is_own_task(name) and data is None:
        # Its length must not be asked for: its data may raise, and that is for a check to find.
        task = load_task(name)
        laboratory = Laboratory(task, seed=seed)
        config, length = Configuration(given), MAX_STEPS * MAX_UPDATES
        return Subject(task.name, "task", frozenset(trains), laboratory.carry_out, config, length)
    preset = read_preset(name, data=data, home=str(home), given=given)
    for key in given:
        if not {key, key.rpartition(".")[2]} & preset.known:
            raise ConfigurationError(
                f"The recipe {name!r} has no {key!r}", do=nearest(key, preset.known)
            )
    stored = open_dataset(str(preset.data), home)
    laboratory = Laboratory(preset.task, seed=seed)

    def carry_out(experiment: Experiment) -> Reading:
        is_quality = isinstance(experiment, Look) and experiment.what == QUALITY
        return _quality(stored) if is_quality else laboratory.carry_out(experiment)

    return Subject(
        f"{preset.recipe} on {preset.data}",
        "recipe",
        frozenset(trains),
        carry_out,
        Configuration({**preset.defaults, **given}),
        preset.max_steps * preset.updates_per_step,
    )


def of_training(
    name: str,
    train: TrainingFunction,
    described: Description,
    *,
    config: Configuration,
    seed: int = 0,
) -> Subject:
    """Return a function or script of a study file: it can only be trained."""
    from tunebook.checks.trial_laboratory import TrialLaboratory

    laboratory = TrialLaboratory(name, train, described, seed)
    abilities = frozenset({Ability.CAN_TRAIN})
    length = described.max_steps or 1
    return Subject(name, "study file", abilities, laboratory.carry_out, config, length)


def of_dataset(stored: Stored) -> Subject:
    """Return a version of a dataset."""
    name, look = f"{stored.name}@{stored.version}", _only(QUALITY, lambda: _quality(stored))
    return Subject(name, "dataset", frozenset({Ability.HAS_DATA}), look, Configuration({}), 1)


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
    space = Space.from_dict(facts.space)
    carry_out = _only(TRIALS, lambda: trial_figures(facts, space))
    config = facts.best.config if facts.best is not None else Configuration({})
    length = facts.known_spec.max_steps or 1
    return Subject(name, "study", frozenset({Ability.HAS_TRIALS}), carry_out, config, length)


def _quality(stored: Stored) -> Quality:
    # NumPy and pictures: slow to import, and for datasets alone.
    from tunebook.datasets.quality import judge_quality

    return Quality(tuple(judge_quality(stored.dataset, stored.folder)))


def _only(what: str, read: Callable[[], Reading]) -> CarryOut:
    """Return what carries out a single kind of look."""

    def carry_out(experiment: Experiment) -> Reading:
        if isinstance(experiment, Look) and experiment.what == what:
            return read()
        raise NotPossible("only for what can be trained")

    return carry_out
