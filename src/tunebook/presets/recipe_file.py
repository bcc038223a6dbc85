"""Study files that name a recipe: what they leave out is the recipe's (S0.5 to S0.8, S0.12).

A file without a search and a space is an ordinary training of one configuration. Before a search
that configuration, the baseline, is trained as its first trial (S0.10).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunebook.errors import BudgetError, ConfigurationError, ObjectiveError, SearchError, nearest
from tunebook.playbook.hyperparameters import known
from tunebook.records import Direction, TaskRef
from tunebook.search.evolution import Evolution
from tunebook.search.population import n_replaced
from tunebook.search.random import Random, hit_probability
from tunebook.search.registry import make_searcher
from tunebook.space import Confidence, Constant, Kind, Parameter, Space
from tunebook.space.parse import parse_value
from tunebook.study.study_file import BudgetSection, ObjectiveSection, StudyFile
from tunebook.study.tasks import describe_task
from tunebook.study.tune import with_some_limit
from tunebook.training.preset import Preset, checked_share


@dataclass(frozen=True, slots=True)
class RecipeStudy:
    """A study of a recipe, complete: ``file`` has a space, an objective and a length.

    ``baseline`` is the configuration to train first, also where the space has it not; ``values`` is
    all of it. ``notices`` is what to tell before the start.
    """

    file: StudyFile
    task: TaskRef
    baseline: Mapping[str, Any]
    values: Mapping[str, Any]
    preset: Preset
    notices: tuple[str, ...] = ()

    @property
    def is_search(self) -> bool:
        """Whether more than one configuration is to be trained."""
        return bool(Space.from_dict(self.file.space or {}).dimensions)


def complete(file: StudyFile, *, home: str | None = None) -> RecipeStudy:
    """Return the study of a file's recipe; each part of it refuses what it cannot use."""
    # YAML takes 1e-3 for a text.
    given = {n: parse_value(v) if isinstance(v, str) else v for n, v in file.set.items()}
    from tunebook.recipes.presets import read_preset

    preset = read_preset(recipe_of(file), data=file.data, home=home, given=given)
    _check_values(given, preset)
    file = file.model_copy(update={"set": given})
    values = {**preset.defaults, **file.set}
    notices: list[str] = []
    if file.is_search:
        space = _acting(_space_of_search(file, preset, notices), file, preset, notices)
        file = _with_extent(file)
        notices += _notices_of_search(file)
    else:
        space = Space({name: Constant(value) for name, value in values.items()})
        file = file.model_copy(update={"search": {"name": "random"}, "budget": _once(file.budget)})
    changed = (n for n, v in given.items() if v != preset.defaults.get(n))
    possible = _possible(space, values)
    notices += filter(None, (preset.idle_because(name, possible) for name in changed))
    steps = file.max_steps or preset.max_steps
    baseline = _baseline(space, values)
    if space.contains(baseline, steps):
        baseline = dict(space.check(baseline, steps))
        space = _expecting(space, baseline)
    else:
        told = ", ".join(f"{name} {value}" for name, value in baseline.items())
        notices.append(f"the baseline ({told}) lies outside of the space; it is trained first")
    changes = {
        "space": space.to_dict(),
        "objective": _objective(file, preset),
        "max_steps": steps,
    }
    file = file.model_copy(update=changes)
    _require_usable(file, preset)
    if file.sample < 1.0:
        notices.append(
            f"{file.sample:.0%} of the training data: {1 / file.sample:.3g} times cheaper, and "
            "the ranking is not verified (S0.11)"
        )
    task = _task_ref(file, preset, {n: v for n, v in values.items() if n not in space})
    return RecipeStudy(file, task, baseline, values, preset, tuple(notices))


def recipe_of(file: StudyFile) -> str:
    """Return the recipe; a file of the user's own lies in the folder of the study file."""
    recipe = str(file.recipe)
    is_file = recipe.partition(":")[0].endswith(".py")
    return str(Path(file.folder or ".") / recipe) if is_file else recipe


def _check_values(given: Mapping[str, Any], preset: Preset) -> None:
    """Refuse values set by hand that the recipe does not know, or that are no numbers."""
    _require_known(given, preset)
    for name, value in given.items():
        usual = preset.defaults.get(name)
        is_number = isinstance(usual, int | float) and not isinstance(usual, bool)
        if is_number and not isinstance(value, int | float):
            raise ConfigurationError(
                f"{name} is a number", got=value, expected=f"such as {usual}, the recipe's"
            )


def _require_known(names: Iterable[str], preset: Preset) -> None:
    for name in names:
        if name not in preset.known and name.rpartition(".")[2] not in preset.known:
            raise ConfigurationError(
                f"The recipe {preset.recipe!r} has no {name!r}", do=nearest(name, preset.known)
            )


def _space_of_search(file: StudyFile, preset: Preset, notices: list[str]) -> Space:
    """Return the ranges given by hand, else the recipe's without what was set by hand (S0.12)."""
    if file.space:
        space = Space.from_dict(file.space)
        _require_known(space.names, preset)
        return space
    kept = {n: p for n, p in preset.space.parameters.items() if n not in file.set}
    if make_searcher(file.search).name == "evolution":
        shaping = [n for n, p in kept.items() if _is_shaping(n, p)]
        if shaping:
            notices.append(
                f"{', '.join(shaping)} held fixed: evolution hands weights on, and they would "
                "not fit (S0.15)"
            )
        kept = {n: p for n, p in kept.items() if n not in shaping}
    if not kept:
        raise ConfigurationError(
            "Nothing is left to search",
            got=dict(file.set),
            expected=f"one of {', '.join(preset.space)} that is not set by hand",
        )
    rules = [c for c in preset.space.constraints if not any(n in c for n in file.set)]
    return Space(kept, constraints=rules)


def _acting(space: Space, file: StudyFile, preset: Preset, notices: list[str]) -> Space:
    """Leave out parameters that never matter; refuse those that a person asked for."""
    form, possible = space.to_dict(), _possible(space, {**preset.defaults, **file.set})
    for name in space.names:
        idle = preset.idle_because(name, possible)
        if idle is not None and file.space:
            raise ConfigurationError(f"A search over {name} would change nothing", got=idle)
        if idle is not None:
            notices.append(f"{name} is not searched: {idle}")
            del form[name]
            continue
        when = {
            other: [value for value in possible[other] if value in wanted]
            for other, wanted in preset.conditions_to_act(name).items()
            if other in space and not set(possible[other]) <= set(wanted)
        }
        if when:
            form[name]["when"] = {**when, **form[name].get("when", {})}
    return Space.from_dict(form)


def _is_shaping(name: str, parameter: Parameter) -> bool:
    """Whether it changes the shapes of weights, as its kind or its name says."""
    if parameter.kind is not None:
        return parameter.kind == Kind.STRUCTURE
    found = known(name)
    return found is not None and found.kind is Kind.STRUCTURE


def _with_extent(file: StudyFile) -> StudyFile:
    """Return the file with the length of a trial and the budget that its search has (S0.15)."""
    searcher = make_searcher(file.search)
    budget = file.budget
    if not isinstance(searcher, Evolution):
        # The baseline is one of the trials (S0.11).
        return file.model_copy(update={"budget": BudgetSection(**with_some_limit(dict(budget)))})
    if budget.trials is not None:
        raise BudgetError(
            "Evolution has no number of trials: it trains its population for its rounds (S0.15)",
            got={"trials": budget.trials},
            do="Leave trials out; set population and rounds, such as evolution:population=4",
        )
    options: dict[str, Any] = (
        dict(file.search) if isinstance(file.search, Mapping) else {"name": file.search}
    )
    steps = file.max_steps
    if steps is not None and "perturb_interval" not in options:
        options["perturb_interval"] = max(1, steps // searcher.rounds)
        searcher = make_searcher(options)
        assert isinstance(searcher, Evolution)
    whole = searcher.rounds * searcher.perturb_interval
    if steps not in {None, whole}:
        raise SearchError(
            "Members of a population train rounds x perturb_interval steps (S0.15)",
            got=f"max_steps={steps}",
            expected=f"{whole} for {searcher.rounds} rounds of {searcher.perturb_interval} steps",
            do=f"Take a multiple of {searcher.rounds}, or change the rounds",
        )
    if budget.steps is None:
        # One step more than it trains: so it ends by itself, not by a limit.
        n_steps = (searcher.population + 1) * whole + 1
        budget = budget.model_copy(update={"steps": n_steps})
    return file.model_copy(update={"search": options, "max_steps": whole, "budget": budget})


def _notices_of_search(file: StudyFile) -> Iterator[str]:
    """Yield what a number of trials or members buys (S0.13, S0.15)."""
    searcher, trials = make_searcher(file.search), file.budget.trials
    if isinstance(searcher, Random) and trials is not None:
        chance = hit_probability(trials - 1, 0.05)
        yield f"{trials - 1} random trials hit the best 5 % of the space with {chance:.0%} chance"
    if isinstance(searcher, Evolution) and not n_replaced(
        searcher.population, searcher.perturb_ratio
    ):
        yield "a population of one has nobody to copy: it is one plain training (S0.15)"


def _once(budget: BudgetSection) -> BudgetSection:
    if budget.trials not in {None, 1}:
        raise BudgetError(
            "An ordinary training trains one configuration",
            got={"trials": budget.trials},
            do="Name a search, such as random or bayes, to train more",
        )
    return budget.model_copy(update={"trials": 1})


def _objective(file: StudyFile, preset: Preset) -> ObjectiveSection:
    """Return the recipe's objective; its metric's direction is no matter of choice (S0.4)."""
    own, given = preset.task.objective, file.objective
    if not given.metric:
        return ObjectiveSection(**{str(own.direction): own.metric}, reduce=given.reduce)
    if given.metric == own.metric and given.direction != own.direction:
        better = "higher" if own.direction is Direction.MAXIMIZE else "lower"
        raise ObjectiveError(
            f"{own.metric} is better the {better} it is",
            got=given.model_dump(exclude_none=True),
            expected=f"{own.direction}: {own.metric}",
        )
    return given


def _require_usable(file: StudyFile, preset: Preset) -> None:
    """Refuse a sample, a target or a budget with which the baseline could not be trained."""
    checked_share(file.sample)
    target, steps = file.budget.target, file.budget.steps
    if target is not None and preset.is_share and not 0.0 <= target <= 1.0:
        raise BudgetError(
            f"No training reaches this target: {preset.task.objective.metric} is a share",
            got=target,
            expected="a number from 0 to 1",
            do=f"For {target:g} % write {target / 100:g}" if 1.0 < target <= 100.0 else None,
        )
    if steps is not None and file.max_steps is not None and steps < file.max_steps:
        raise BudgetError(
            "The budget does not pay for the baseline",
            got={"steps": steps},
            expected=f"{file.max_steps} steps or more, which is one training",
            do="Raise steps, or lower max_steps",
        )


def _possible(space: Space, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with those that a search may choose, as tuples, in their place."""
    found = dict(values)
    for name, parameter in space.parameters.items():
        found[name] = getattr(parameter, "values", (getattr(parameter, "value", None),))
    return found


def _baseline(space: Space, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the recipe's values of the space's parameters, as far as these act."""
    form = space.to_dict()
    whens = {name: form[name].pop("when", {}) for name in space.names}
    usual = Space.from_dict({name: form[name] for name in space.names}).default()
    wanted = {**usual, **{n: v for n, v in values.items() if n in space}}

    def acts(name: str) -> bool:
        return all(
            acts(other) and wanted[other] in (of if isinstance(of, list) else [of])
            for other, of in whens[name].items()
        )

    return {name: wanted[name] for name in space.names if acts(name)}


def _expecting(space: Space, baseline: Mapping[str, Any]) -> Space:
    """Return the space with the recipe's values as weak priors where it has none."""
    form = space.to_dict()
    for name, value in baseline.items():
        if name in space.dimensions and "prior" not in form[name]:
            form[name] = {**form[name], "prior": value, "confidence": str(Confidence.LOW)}
    return Space.from_dict(form)


def _task_ref(file: StudyFile, preset: Preset, fixed: Mapping[str, Any]) -> TaskRef:
    updates = file.updates_per_step or max(1, round(preset.updates_per_step * file.sample))
    from tunebook.recipes.presets import training_of

    training = training_of(
        preset,
        updates_per_step=updates,
        fixed=fixed,
        data_fraction=file.sample,
        seed=file.training_seed,
        schedule=[leg.model_dump() for leg in file.schedule],
    )
    return describe_task(training)
