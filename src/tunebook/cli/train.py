"""``tunebook train``: a recipe or a training task on its data, once or searched over."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tunebook.cli import options as opt
from tunebook.cli.output import emit, emit_json, say
from tunebook.cli.place import Place, study_named
from tunebook.cli.values import search_of, values_in, values_of
from tunebook.errors import InputError

if TYPE_CHECKING:
    from tunebook.presets.recipe_file import RecipeStudy
    from tunebook.presets.reuse import Found
    from tunebook.study import Study
    from tunebook.study.study_file import StudyFile


@opt.with_flags(
    *("data", "sample", "max_steps", "updates_per_step", "name", "notes", "seed", "workers"),
    *("per_device", "trial_timeout_s", *opt.LIMITS),
)
def train(
    place: Place,
    recipe: Annotated[
        str | None,
        typer.Argument(metavar="RECIPE", help="A recipe's name, or file.py:Task of your own."),
    ] = None,
    settings: opt.Settings = None,
    config: Annotated[
        str | None, typer.Option(metavar="FILE", help="A JSON or YAML file of values, as --set.")
    ] = None,
    from_study: Annotated[
        str | None,
        typer.Option("--from", metavar="STUDY", help="Take the best values that a study found."),
    ] = None,
    like: Annotated[
        str | None,
        typer.Option(metavar="STUDY", help="A new task like this one; other options change it."),
    ] = None,
    search: opt.Search = None,
    goal: Annotated[
        str | None,
        typer.Option(
            metavar="GOAL",
            help="Search for this: explore, best (values) or model; the search follows.",
        ),
    ] = None,
    parameter: opt.Parameters = None,
    constraint: opt.Constraints = None,
    confirm: Annotated[
        int | None,
        typer.Option(
            metavar="SEEDS",
            help="Train baseline and best again, so often. Default: 1 after a search on a sample.",
        ),
    ] = None,
    as_json: opt.AsJson = False,
    quiet: opt.Quiet = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Search over values that are stale without asking.")
    ] = False,
    **flags: Any,
) -> None:
    """Train a recipe on a dataset: once, or with --search many times.

    tunebook train image-classification --data clothes

    tunebook train image-classification --data clothes --search bayes --trials 10

    Without a search the recipe's default configuration is trained: the baseline. A search trains
    it first.
    """
    from tunebook.presets.reuse import found_by

    flags["search"] = None if search is None else search_of(search)
    if goal is not None:
        n_trials, n_parallel = flags["trials"] or 10, flags["workers"] or 1
        flags["search"] = _advised(goal, search, n_trials=n_trials, n_parallel=n_parallel)
    if parameter:
        from tunebook.space import Space

        flags["space"] = Space.parse(parameter, constraints=constraint or []).to_dict()
    values = (values_in(config) if config else {}) | values_of(settings or [])
    found = None if from_study is None else found_by(study_named(place, from_study))
    file = _form(place, recipe, like, (dict(found.values) if found else {}) | values)
    options = {"quiet": quiet, "as_json": as_json, "agrees": yes}
    file = file.changed(flags)
    raise typer.Exit(train_file(file, place, found=found, confirm=confirm, **options))


def _advised(goal: str, search: str | None, *, n_trials: int, n_parallel: int) -> dict[str, Any]:
    """Return the search for a goal, and say why it is that one (S0.27)."""
    from tunebook.playbook.strategy import advise

    goals = ("explore", "best", "model")
    if goal not in goals or search is not None:
        raise InputError(
            "A goal takes the place of a search",
            got={"goal": goal, "search": search},
            expected=f"one of {', '.join(goals)}, without --search",
        )
    is_exploring, wants_model = goal == "explore", goal == "model"
    advice = advise(
        n_trials, n_parallel, is_exploring=is_exploring, wants_trained_model=wants_model
    )
    warning = f"; {advice.warning}" if advice.warning else ""
    say(f"search {advice.searcher}: {advice.reason}{warning} (S0.27)")
    return {"name": advice.searcher}


def _form(place: Place, recipe: str | None, like: str | None, values: dict[str, Any]) -> StudyFile:
    """Return the form to fill in: that of a recipe, or a copy of another task's (S0.5)."""
    from tunebook.study.study_file import checked_file

    if (recipe is None) == (like is None):
        raise InputError(
            "There is nothing to train, or two things",
            got={"recipe": recipe, "like": like},
            expected="a recipe, or --like with a study to copy: tunebook train RECIPE --data NAME",
        )
    body: dict[str, Any] = {"recipe": recipe}
    if like is not None:
        from tunebook.presets.reuse import body_like

        body = body_like(study_named(place, like))
    known = dict(body.get("set", {}))
    return checked_file(body | ({"set": known | values} if known or values else {}))


def train_file(
    file: StudyFile,
    place: Place,
    *,
    quiet: bool,
    as_json: bool,
    found: Found | None = None,
    confirm: int | None = None,
    agrees: bool = False,
) -> int:
    """Train what a file says of a recipe, print what came of it, and return the exit code.

    ``found`` are the values of an earlier study that it takes; ``agrees`` takes stale ones unasked.
    A search is confirmed with so many seeds as ``confirm`` says, once if it used a sample of the
    data (S0.11).
    """
    from tunebook.cli.driving import DONE, carry_on
    from tunebook.presets.described import open_recipe

    ask = None if found is None else partial(_agree, found, agrees=agrees)
    study, made = open_recipe(file, home=place.home, store=place.store, before=ask)
    if not quiet:
        say(*made.notices)
    devices: dict[str, Any] = {"workers": file.workers, "per_device": file.per_device}
    code = carry_on(study, dry_run=not study.trials, quiet=quiet, **devices)
    n_seeds = (1 if file.sample < 1.0 else 0) if confirm is None else confirm
    again = None
    if n_seeds and made.is_search and code == DONE and study.facts.best is not None:
        from tunebook.presets.confirming import open_confirmation

        again = open_confirmation(study, n_seeds=n_seeds, home=place.home, store=place.store)
        if not quiet:
            say(f"training the baseline and the best again on all data: {again.name}")
        code = carry_on(again, quiet=quiet, **devices)
    _tell(study, made, again, as_json=as_json)
    return code


def _agree(found: Found, made: RecipeStudy, *, agrees: bool) -> None:
    """Tell what was found under other conditions, ``--quiet`` or not, and ask (I3)."""
    import sys

    from tunebook.presets.reuse import question_before, reuse_notices

    say(*reuse_notices(found, made))
    question = None if agrees else question_before(found, made)
    if question is None:
        return
    if not sys.stdin.isatty():
        raise InputError(
            f"A search would hold values of {found.study!r} that are stale",
            got=question.partition(". ")[0],
            expected="an answer, and there is no terminal to ask at",
            do="Add --yes to search all the same, or search these values too: -p NAME=RANGE",
        )
    if not typer.confirm(question, err=True):
        raise typer.Exit(2)


def _tell(study: Study, made: RecipeStudy, again: Study | None, *, as_json: bool) -> None:
    from tunebook.cli.summary import best_of_study, budget_of, moment_of, summary_of
    from tunebook.presets.strategies import confirmed_text, gain_sentence, strategy_row
    from tunebook.reports.recipe_findings import caveats

    row = strategy_row(study, again, now=moment_of(study))
    gain = gain_sentence(row, study.spec.objective) if made.is_search else None
    if as_json:
        emit_json(summary_of(study) | {"baseline": row.baseline, "gain": gain})
        return
    best = best_of_study(study)
    if best is not None:
        emit(f"{made.preset.metric_name} = {best['value']:.6g} at step {best['step']}")
    if study.facts.limit == "target":
        left = ", ".join(f"{value:g} {name}" for name, value in budget_of(study)["left"].items())
        emit(f"unused budget: {left}")
    if gain is not None:
        emit(gain)
    if again is not None:
        emit(f"trained again on all data: {confirmed_text(row)}")
        ranking = None if row.confirmation is None else row.confirmation.ranking
        if ranking is not None:
            emit(f"from the sample to all data {ranking.sentence}")
    emit(*(caveats(study.facts) if made.is_search else ()))
