"""The recipe for texts on mails of two kinds: every network learns, and answers for a text."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch

from tunebook.datasets.library import ImportOptions, import_dataset
from tunebook.errors import ConfigurationError
from tunebook.recipes.loop import Training
from tunebook.recipes.text_classification import NETWORKS, RECIPE, TextTask, arguments_of, words_of
from tunebook.training.task import Split, read_task

OWN = {"spam": "win prize cash click offer free", "ham": "meeting report lunch team notes thanks"}
COMMON = "the a we you to and of in is it this that on for"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mails")
    dice = random.Random(0)
    for kind, own in OWN.items():
        (folder / "mails" / kind).mkdir(parents=True)
        for number in range(120):
            words = dice.choices(own.split(), k=4) + dice.choices(COMMON.split(), k=16)
            dice.shuffle(words)
            path = folder / "mails" / kind / f"{number}.txt"
            path.write_text(f"{number} {' '.join(words)}", encoding="utf-8")
    shares = {"train": 0.7, "train-val": 0.3}
    import_dataset(folder / "mails", "mails", folder / "home", ImportOptions(None, shares))
    return folder / "home"


def task_of(home: Path) -> TextTask:
    from tunebook.datasets.library import open_dataset

    return TextTask("mails", str(home), **arguments_of(open_dataset("mails", home), {}))


@pytest.mark.parametrize("network", NETWORKS)
def test_network_learns_and_answers_for_a_text(network, home):
    torch.set_num_threads(1)
    task = task_of(home)
    config = {**RECIPE.defaults, "network": network, "width": 16}
    training = Training(read_task(task), config, n_updates=60, seed=0)
    for _ in range(60):
        training.update()
    assert training.evaluate(Split.TRAIN_VAL)["val_accuracy"] > 0.9
    training.network.eval()
    with torch.no_grad():
        assert task.answer(training.network, "Click this: a FREE prize!")[0] == "spam"
        label, share = task.answer(training.network, "unheard 未知")
    assert label in OWN
    assert 0.0 <= share <= 1.0


def test_unknown_network_is_refused_with_the_nearest(home):
    with pytest.raises(ConfigurationError, match="lstm"):
        task_of(home).network({**RECIPE.defaults, "network": "lstn"})


def test_words_of_every_script_count():
    assert words_of("Crème brûlée, 好吃! it's") == ["crème", "brûlée", "好吃", "it", "s"]
