"""The model is a deliverable: a folder that loads elsewhere and can be trained again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

import tunebook as tb
from tunebook.errors import CheckpointError, InputError
from tunebook.presets.described import open_recipe
from tunebook.presets.model import write_best_model
from tunebook.presets.test_looks import BOOK, look_at_test
from tunebook.recipes.models import load_model
from tunebook.study import Study
from tunebook.study.study_file import checked_file, read_study_file

EXAMPLE = Path(__file__).parents[3] / "examples" / "digits_task.py"
RANGES = {
    "lr": {"type": "float", "low": 1e-3, "high": 0.1, "log": True},
    "weight_decay": {"type": "float", "low": 1e-5, "high": 0.1, "log": True},
}


def trained(home: Path, **body: Any) -> Study:
    recipe = {"recipe": f"{EXAMPLE}:Digits", "updates_per_step": 5, "name": "digits"}
    study, _ = open_recipe(checked_file({**recipe, **body}), home=home)
    return study.run(workers=0, progress=False)


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Study:
    budget = {"trials": 3}
    home = tmp_path_factory.mktemp("home")
    return trained(home, search="random", space=RANGES, max_steps=4, budget=budget)


def test_example_loads_the_network_in_a_fresh_process(searched: Study, tmp_path: Path) -> None:
    told = write_best_model(searched, tmp_path / "model")
    example = tmp_path / "model" / "load.py"
    assert len(example.read_text().splitlines()) <= 15
    done = subprocess.run(
        [sys.executable, str(example)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    measured = done.stdout.splitlines()[-1].replace("'", '"')
    assert json.loads(measured)["val_accuracy"] == told["metrics"]["val_accuracy"]
    assert told["metrics"]["val_accuracy"] == searched.best.value


def test_s0_6_and_i8_study_file_of_a_model_trains_it_again(searched: Study, tmp_path: Path) -> None:
    write_best_model(searched, tmp_path / "model")
    file = read_study_file(tmp_path / "model" / "recipe.yaml")
    again, _ = open_recipe(file, home=tmp_path)
    again.run(workers=0, progress=False)
    assert again.best.value == searched.best.value
    assert again.best.step == searched.best.step
    losses = [s.trials[s.best.number].curves["train_loss"].values for s in (again, searched)]
    assert list(losses[0]) == list(losses[1])


def test_s0_15_a_schedule_that_is_repeated_ends_at_the_same_value(tmp_path: Path) -> None:
    search = {"name": "evolution", "population": 4, "rounds": 5, "perturb_interval": 1}
    study = trained(tmp_path, search=search, space=RANGES, set={"optimizer": "momentum"}, seed=1)
    told = write_best_model(study, tmp_path / "model")
    assert told["n_legs"] > 1
    file = read_study_file(tmp_path / "model" / "recipe.yaml")
    again, _ = open_recipe(file, home=tmp_path)
    again.run(workers=0, progress=False)
    assert again.best.value == study.best.value


def test_i2_looks_at_the_test_set_are_counted(searched: Study, tmp_path: Path) -> None:
    first = look_at_test(searched, tmp_path)
    assert (first.metric, first.n_looks, first.name) == ("test_accuracy", 1, "test")
    second = look_at_test(searched, tmp_path)
    assert second.name == "validation (test set seen 2 times)"
    assert second.value == first.value
    looks = map(json.loads, (tmp_path / BOOK).read_text(encoding="utf-8").splitlines())
    dates = [look["at"] for look in looks if look["data"] == "digits_task.py:Digits"]
    assert dates == sorted(dates)


def test_i2_training_and_search_never_measure_the_test_set(searched: Study) -> None:
    metrics = {name for trial in searched.trials for name in trial.curves}
    measured = {f"{split}_{name}" for split in ("train", "val") for name in ("accuracy", "loss")}
    assert metrics == measured | {"learning_rate", "gradient_norm", "update_ratio"}


def test_weights_of_another_network_are_refused(searched: Study, tmp_path: Path) -> None:
    write_best_model(searched, tmp_path)
    weights = safetensors.torch.load_file(tmp_path / "model.safetensors")
    weights["0.weight"] = weights["0.weight"][:3].clone()
    safetensors.torch.save_file(weights, tmp_path / "model.safetensors")
    with pytest.raises(CheckpointError, match="not those of the network"):
        load_model(tmp_path)


def test_tracked_module_of_a_function_is_written_with_an_example(tmp_path: Path) -> None:
    def train(trial: tb.TrialHandle) -> None:
        net = torch.nn.Linear(2, 1)
        optimizer = torch.optim.Adam(net.parameters(), lr=trial.config.lr)
        trial.track(net=net, optimizer=optimizer)
        for step in trial.steps():
            net(torch.ones(2)).sum().backward()
            optimizer.step()
            trial.report(accuracy=step * trial.config.lr)

    study = tb.tune(
        train,
        tb.Space(lr=tb.Float(0.1, 0.2)),
        **{"maximize": "accuracy", "max_steps": 2, "trials": 2, "workers": 0, "home": tmp_path},
        progress=False,
    )
    told = write_best_model(study, tmp_path / "model")
    files = {path.name for path in (tmp_path / "model").iterdir()}
    assert files == {"net.safetensors", "metrics.json", "load.py"}
    assert told["metrics"]["accuracy"] == study.best.value
    command = [sys.executable, str(tmp_path / "model" / "load.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "'weight': (1, 2)" in done.stdout


def test_study_of_a_function_says_what_is_possible_instead(tmp_path: Path) -> None:
    def train(trial: tb.TrialHandle) -> None:
        trial.report(accuracy=trial.config.lr)

    space = tb.Space(lr=tb.Float(0.1, 0.2))
    study = tb.tune(
        train, space, maximize="accuracy", trials=1, workers=0, store="memory", progress=False
    )
    with pytest.raises(InputError, match="which weights make its network is not known"):
        write_best_model(study, tmp_path)
