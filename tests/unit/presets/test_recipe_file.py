"""Study files that name a recipe: here a small training task of the user's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tunebook.errors import (
    BudgetError,
    ConfigurationError,
    DatasetError,
    InputError,
    ObjectiveError,
    SearchError,
    StudyExistsError,
    StudyFileError,
    StudyNotFoundError,
    TaskError,
)
from tunebook.playbook.conditions import conditions_of
from tunebook.presets.confirming import confirmation_of, open_confirmation
from tunebook.presets.described import open_recipe
from tunebook.presets.recipe_file import RecipeStudy, complete
from tunebook.presets.reuse import body_like, found_by, reuse_notices
from tunebook.presets.search_comparison import difference
from tunebook.presets.strategies import gain_sentence, strategy_row
from tunebook.records import TrialState
from tunebook.space import Space
from tunebook.study.study_file import checked_file, file_of

TASK = """
import torch
from torch import nn
from torch.utils.data import TensorDataset
import tunebook as tb


class Signs:
    maximize = "accuracy"
    space = tb.Space(width=tb.Int(2, 8), dropout=tb.Float(0.0, 0.5))

    def data(self, split):
        seeds = {"train": 0, "train-val": 1}
        if split not in seeds:
            return None
        inputs = torch.randn(48, 4, generator=torch.Generator().manual_seed(seeds[split]))
        return TensorDataset(inputs, (inputs.sum(1) > 0).long())

    def network(self, config):
        width = config.get("width", 4)
        parts = [nn.Linear(4, width), nn.ReLU(), nn.Dropout(config["dropout"])]
        return nn.Sequential(*parts, nn.Linear(width, 2))

    def loss(self, outputs, targets):
        return nn.functional.cross_entropy(outputs, targets)

    def metrics(self, outputs, targets):
        return {"accuracy": (outputs.argmax(1) == targets).float().mean()}
"""


@pytest.fixture
def recipe(tmp_path: Path) -> str:
    (tmp_path / "signs_task.py").write_text(TASK)
    return f"{tmp_path / 'signs_task.py'}:Signs"


@pytest.fixture
def made(recipe: str) -> Callable[..., RecipeStudy]:
    def make(**body: Any) -> RecipeStudy:
        return complete(checked_file({"recipe": recipe, **body}))

    return make


def test_s0_5_a_recipe_alone_is_one_training_of_its_defaults(made):
    study = made()
    space = Space.from_dict(study.file.space)
    assert not study.is_search
    assert not space.dimensions
    assert (study.file.budget.trials, study.file.max_steps) == (1, 10)
    assert study.file.objective.maximize == "val_accuracy"
    assert study.baseline == study.values
    assert (study.values["lr"], study.values["optimizer"]) == (3e-4, "adam")


def test_s0_7_values_set_by_hand_replace_defaults_and_are_not_searched(made):
    study = made(set={"lr": 0.01}, search="random")
    assert study.values["lr"] == 0.01
    assert "lr" not in study.file.space
    assert study.task.options["fixed"]["lr"] == 0.01
    assert study.file.budget.trials == 10


def test_s0_12_ranges_given_by_hand_replace_the_default_ones(made):
    study = made(space={"lr": {"type": "loguniform", "low": 1e-4, "high": 1e-1}})
    assert list(Space.from_dict(study.file.space).names) == ["lr"]
    assert study.baseline == {"lr": 3e-4}


def test_s0_10_baseline_outside_of_the_space_is_told(made):
    study = made(space={"lr": {"type": "float", "low": 0.1, "high": 1.0}})
    assert study.baseline == {"lr": 3e-4}
    assert study.notices == (
        "the baseline (lr 0.0003) lies outside of the space; it is trained first",
    )


@pytest.mark.parametrize(
    "search", ["grid", "random", "halton", "bayes", "auto", "coarse-to-fine", "cma-es", "pshe2"]
)
@pytest.mark.parametrize("values", [[0.1, 0.3, 0.5], [3e-4, 0.3]])
def test_s0_10_every_search_trains_the_baseline_first_and_once(recipe, tmp_path, search, values):
    space = {"lr": {"type": "choice", "values": values, "ordered": True}}
    space["weight_decay"] = {"type": "float", "low": 0.0, "high": 0.1}
    body = {"recipe": recipe, "search": search, "space": space, "budget": {"trials": 5}}
    file = checked_file({**body, "max_steps": 1, "updates_per_step": 1, "name": search})
    study, _ = open_recipe(file, home=tmp_path, store="memory")
    study.run(workers=0, progress=False)
    rates = [trial.config["lr"] for trial in study.trials]
    assert (len(rates), rates[0], study.trials[0].source) == (5, 3e-4, "enqueued")
    assert {t.source for t in study.trials[1:]} == {"searcher"}
    configs = [tuple(trial.config.items()) for trial in study.trials]
    assert configs.count(configs[0]) == 1
    assert "no baseline" not in gain_sentence(
        strategy_row(study, None, now=study.facts.last_at), study.spec.objective
    )


def test_setting_is_searched_only_where_it_changes_a_training(made):
    study = made(
        space={
            "optimizer": {"type": "choice", "values": ["sgd", "nesterov", "adam"]},
            "momentum": {"type": "float", "low": 0.5, "high": 0.99},
            "beta1": {"type": "float", "low": 0.5, "high": 0.99},
            "adam.lr": {"type": "float", "low": 1e-4, "high": 1e-2},
            "weight_decay": {"type": "float", "low": 0.0, "high": 0.1},
        }
    )
    whens = {name: p.when for name, p in Space.from_dict(study.file.space).parameters.items()}
    assert whens == {
        "optimizer": None,
        "momentum": {"optimizer": ("nesterov",)},
        "beta1": {"optimizer": ("adam",)},
        "adam.lr": {"optimizer": ("adam",)},
        "weight_decay": None,
    }
    # The baseline has the optimizer of the recipe, though it is not the first of the choice.
    assert study.baseline["optimizer"] == "adam"
    assert set(study.baseline) == {"optimizer", "beta1", "adam.lr", "weight_decay"}


def test_search_over_a_setting_that_does_nothing_is_refused(made):
    momentum = {"momentum": {"type": "float", "low": 0.5, "high": 0.99}}
    with pytest.raises(ConfigurationError, match="momentum acts only with optimizer momentum or"):
        made(space=momentum, set={"optimizer": "adamw"})
    assert made(space=momentum, set={"optimizer": "nesterov"}).baseline == {"momentum": 0.9}


def test_value_that_does_nothing_is_told(made):
    (told,) = made(set={"patience": 3}).notices
    assert told == "patience acts only with schedule plateau; schedule is not given"
    assert made(set={"patience": 3, "schedule": "plateau"}).notices == ()
    optimizers = {"optimizer": {"type": "choice", "values": ["adam", "nesterov"]}}
    assert made(set={"momentum": 0.5}, space=optimizers).notices == ()
    assert "momentum acts only" in made(set={"momentum": 0.5}).notices[0]


def test_loss_that_smooths_no_labels_makes_the_setting_unknown(made, recipe):
    with pytest.raises(ConfigurationError, match="has no 'label_smoothing'"):
        made(set={"label_smoothing": 0.1})
    place = Path(recipe.rpartition(":")[0])
    told = "targets, label_smoothing=0.0):\n        return nn.functional.cross_entropy("
    place.write_text(
        TASK.replace("targets):\n        return nn.functional.cross_entropy(", told).replace(
            "(outputs, targets)\n\n    def m",
            "(outputs, targets, label_smoothing=label_smoothing)\n\n    def m",
        )
    )
    assert made(set={"label_smoothing": 0.1}).values["label_smoothing"] == 0.1


def test_s0_15_evolution_trains_population_times_rounds(made):
    study = made(search={"name": "evolution", "population": 4, "rounds": 5, "perturb_interval": 2})
    assert study.file.max_steps == 10
    assert study.file.budget.steps == 5 * 10 + 1  # four members and the baseline
    assert study.file.budget.trials is None
    assert "width" not in study.file.space  # a structure, by its name: weights would not fit
    assert "width held fixed" in study.notices[0]


def test_s0_15_a_population_of_one_is_told_to_be_plain_training(made):
    assert "plain training" in made(search={"name": "evolution", "population": 1}).notices[-1]


def test_s0_13_chance_of_a_random_search_is_told(made):
    study = made(search="random", budget={"trials": 60})
    assert "59 random trials hit the best 5 % of the space with 95% chance" in study.notices


def test_s0_15_platform_defaults_are_kept(made):
    study = made(search="evolution")
    assert study.file.max_steps == 100
    assert study.file.budget.steps == 9 * 100 + 1


@pytest.mark.parametrize(
    ("body", "error", "says"),
    [
        ({"set": {"learning": 1}}, ConfigurationError, "has no 'learning'"),
        ({"set": {"lr": "fast"}}, ConfigurationError, "lr is a number"),
        ({"set": {"batch_size": 0}}, ConfigurationError, "must be at least 1"),
        ({"set": {"optimizer": "sgdd"}}, ConfigurationError, "Did you mean 'sgd'"),
        ({"sample": 25}, DatasetError, "above 0, up to 1.*For 25 % write 0.25"),
        ({"sample": 0.0}, DatasetError, "above 0, up to 1"),
        ({"budget": {"target": 95}}, BudgetError, "a share.*For 95 % write 0.95"),
        ({"objective": {"minimize": "val_accuracy"}}, ObjectiveError, "the higher it is"),
        ({"budget": {"steps": 3}}, BudgetError, "does not pay for the baseline"),
        ({"budget": {"trials": 3}}, BudgetError, "trains one configuration"),
        ({"data": "clothes"}, DatasetError, "reads its own data"),
        ({"search": "evolution", "budget": {"trials": 5}}, BudgetError, "no number of trials"),
        ({"search": {"name": "evolution", "rounds": 51}}, SearchError, "5 to 50|between 5 and 50"),
        ({"search": {"name": "bayes", "initial": 21}}, SearchError, "20"),
        ({"search": "evolution", "max_steps": 17}, SearchError, "multiple of 10"),
        ({"updates_per_step": 0}, StudyFileError, "one update or more"),
    ],
)
def test_bad_input_is_refused_with_what_would_be_right(made, body, error, says):
    with pytest.raises(error, match=says):
        made(**body)


def test_unknown_recipe_is_refused():
    with pytest.raises(TaskError, match="no such recipe"):
        complete(checked_file({"recipe": "image-clasification"}))


def test_s0_10_a_search_trains_the_baseline_first_and_never_ends_below_it(recipe, tmp_path):
    body = {"recipe": recipe, "search": "random", "max_steps": 2, "budget": {"trials": 3}}
    file = checked_file({**body, "name": "signs", "workers": 0})
    study, made = open_recipe(file, home=tmp_path, store="memory")
    study.run(workers=0, progress=False)
    first = study.trials[0]
    assert (len(study.trials), first.source) == (3, "enqueued")
    assert dict(first.config) == dict(made.baseline)
    assert study.best.value >= first.value
    assert all(trial.state is TrialState.DONE for trial in study.trials)


def test_a_search_that_begins_at_its_prior_does_not_train_the_baseline_twice(recipe, tmp_path):
    body = {"recipe": recipe, "max_steps": 1, "budget": {"trials": 4}, "name": "once"}
    for search in ("bayes", "auto"):
        file = checked_file({**body, "search": search})
        study, made = open_recipe(file, home=tmp_path, store="memory")
        study.run(workers=0, progress=False)
        assert dict(study.trials[0].config) == made.baseline
        assert len({trial.config for trial in study.trials}) == 4


def test_s0_21_form_to_file_and_back_loses_nothing(recipe, tmp_path):
    body = {"recipe": recipe, "set": {"lr": 0.01}, "sample": 0.5, "search": "bayes", "name": "s"}
    study, made = open_recipe(checked_file(body), home=tmp_path, store="memory")
    text = file_of(study.facts)
    other, again = open_recipe(checked_file(text), home=tmp_path, store="memory")
    assert again.task == made.task
    assert again.baseline == made.baseline
    assert file_of(other.facts) == text


def test_s0_5_another_task_under_an_old_name_is_refused(recipe, tmp_path):
    body = {"recipe": recipe, "max_steps": 1, "name": "signs"}
    address = str(tmp_path / "studies.db")
    study, _ = open_recipe(checked_file(body), home=tmp_path, store=address)
    study.run(workers=0, progress=False)
    changed = checked_file({**body, "sample": 0.5})
    with pytest.raises(StudyExistsError, match=r"data fraction was 1\.0, is 0\.5"):
        open_recipe(changed, home=tmp_path, store=address)


def test_numbers_that_yaml_takes_for_texts_are_numbers(made):
    assert made(set={"lr": "1e-2", "optimizer": "momentum"}).values["lr"] == 0.01


def test_s0_8_a_search_whose_budget_does_not_pay_for_the_baseline_is_refused(recipe, tmp_path):
    budget = {"trials": 3, "cost": 1e-6, "price_per_hour": 1.0}
    file = checked_file({"recipe": recipe, "search": "random", "budget": budget, "name": "poor"})
    study, _ = open_recipe(file, home=tmp_path, store="memory")
    with pytest.raises(BudgetError, match="does not pay for the baseline"):
        study.run(workers=0, progress=False)
    with pytest.raises(StudyNotFoundError):
        _ = study.trials


def test_s0_26_reuse_lists_exactly_what_differs_and_what_is_stale(recipe, tmp_path, made):
    body = {"recipe": recipe, "search": "random", "max_steps": 1, "budget": {"trials": 2}}
    file = checked_file({**body, "updates_per_step": 2, "name": "old"})
    study, _ = open_recipe(file, home=tmp_path, store="memory")
    study.run(workers=0, progress=False)
    found = found_by(study)
    values = {**found.values, "batch_size": 8}
    new = made(set=values, sample=0.5, max_steps=1, updates_per_step=2)
    differing, stale = [*reuse_notices(found, new)][:-1], [*reuse_notices(found, new)][-1]
    assert differing == ["batch size was 64 in old, is 8", "data fraction was 1.0 in old, is 0.5"]
    assert "lr (batch size changed)" in stale
    same = made(set=found.values, max_steps=1, updates_per_step=2)
    assert list(reuse_notices(found, same)) == []


def test_s0_7_values_found_for_another_network_are_refused(recipe, tmp_path, made):
    file = checked_file({"recipe": recipe, "max_steps": 1, "name": "old"})
    study, _ = open_recipe(file, home=tmp_path, store="memory")
    study.run(workers=0, progress=False)
    found = found_by(study)
    other = replace(found, conditions={**found.conditions, "network": "DarkNet-53"})
    with pytest.raises(InputError, match="found for another network"):
        list(reuse_notices(other, made(max_steps=1)))


def test_s0_7_a_network_that_is_a_value_counts_as_the_network(recipe, tmp_path):
    study, _ = open_recipe(checked_file({"recipe": recipe, "name": "old"}), home=tmp_path)
    task, objective = study.spec.task, study.spec.objective
    bag, lstm = (
        conditions_of(task, {"network": name}, objective=objective, max_steps=1)
        for name in ("bag", "lstm")
    )
    assert (bag["network"], lstm["network"]) == ("bag", "lstm")


def test_s0_5_a_task_like_another_copies_every_block(recipe, tmp_path):
    body = {"recipe": recipe, "max_steps": 1, "sample": 0.5, "set": {"lr": 0.02}, "name": "old"}
    study, made = open_recipe(checked_file(body), home=tmp_path, store="memory")
    again = complete(checked_file(body_like(study)))
    assert (again.task, again.values) == (made.task, made.values)
    assert not again.is_search


def test_s0_11_a_sampled_search_is_confirmed_on_all_data_with_its_ranking(recipe, tmp_path):
    body = {"recipe": recipe, "search": "random", "max_steps": 2, "budget": {"trials": 4}}
    address = str(tmp_path / "studies.db")
    file = checked_file({**body, "sample": 0.5, "name": "small"})
    study, _ = open_recipe(file, home=tmp_path, store=address)
    study.run(workers=0, progress=False)
    again = open_confirmation(study, n_seeds=2, home=tmp_path, store=address)
    again.run(workers=0, progress=False)
    assert again.spec.task.options["data_fraction"] == 1.0
    assert again.trials[0].config == study.trials[0].config  # the baseline
    found = confirmation_of(study, again)
    assert (len(found.baseline), len(found.best)) == (2, 2)
    assert found.ranking is not None
    assert len({trial.config for trial in again.trials}) * 2 == len(again.trials)


def test_more_seeds_go_on_with_a_confirmation(recipe, tmp_path):
    address = str(tmp_path / "studies.db")
    body = {"recipe": recipe, "search": "random", "max_steps": 1, "budget": {"trials": 2}}
    study, _ = open_recipe(checked_file({**body, "name": "s"}), home=tmp_path, store=address)
    study.run(workers=0, progress=False)
    for n_seeds in (1, 3):
        again = open_confirmation(study, n_seeds=n_seeds, home=tmp_path, store=address)
        again.run(workers=0, progress=False)
    n_configs = len({trial.config for trial in again.trials})
    assert len(again.trials) == 3 * n_configs
    assert {trial.source for trial in again.trials} == {"enqueued"}


def test_s0_5_difference_names_the_only_block_that_differs(recipe, tmp_path):
    body = {"recipe": recipe, "max_steps": 2, "budget": {"trials": 2}}
    studies = [
        open_recipe(checked_file({**body, "search": s, "name": s}), home=tmp_path, store="memory")[
            0
        ]
        for s in ("random", "halton")
    ]
    assert difference(studies) == "They differ only in: source of the hyperparameters."
