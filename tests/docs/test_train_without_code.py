"""Everything that the how-to on training without code says can be typed works as it stands."""

from __future__ import annotations

import re
import shlex
import shutil
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_wine

import tunebook as tb
from tunebook.cli.main import main
from tunebook.recipes.models import load_model

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/train-without-code.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
COMMANDS = [line for language, block in BLOCKS if not language for line in block.splitlines()]
FILES = re.findall(r"`(\w+\.yaml)`:\n\n```yaml\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each command of the page printed, typed one after the other in one folder."""
    folder = tmp_path_factory.mktemp("typed")
    shutil.copy(ROOT / "examples" / "digits_task.py", folder)
    load_wine(as_frame=True).frame.to_csv(folder / "wine.csv", index=False)
    for name, text in FILES:
        (folder / name).write_text(text)
    printed: dict[str, str] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("TUNEBOOK_HOME", str(folder / "home"))
        for command in COMMANDS:
            with redirect_stdout(StringIO()) as out, pytest.raises(SystemExit) as left:
                main(_inline(shlex.split(command)[1:]))
            assert left.value.code in (0, None), command
            printed[command] = out.getvalue()
        printed["home"] = str(folder / "home")
    return printed


def _inline(words: list[str]) -> list[str]:
    """Train in this process: starting workers is not what is shown here."""
    return [*words, "--workers", "0", "--quiet"] if words[0] in {"train", "run"} else words


def test_every_command_runs_and_the_studies_are_what_the_page_says(typed: dict[str, str]) -> None:
    sampled = tb.load("on-a-sample-confirmed", home=typed["home"])
    assert sampled.spec.task.options["data_fraction"] == 1.0
    for name in ("by-chance", "by-model", "by-evolution"):
        study = tb.load(name, home=typed["home"])
        assert study.best.value >= (study.trials[0].value or 0.0)
    assert tb.load("wine", home=typed["home"]).best.value > 0.7
    again = tb.load("by-model-again", home=typed["home"])
    assert again.best.value == tb.load("by-model", home=typed["home"]).best.value


def test_comparison_names_the_block_and_claims_no_order(typed: dict[str, str]) -> None:
    (pair,) = (text for command, text in typed.items() if command.endswith("baseline faster"))
    assert "They differ only in: source of the hyperparameters." in pair
    (searches,) = (text for command, text in typed.items() if "searches.html" in command)
    assert "Not ordered" in searches
    assert "better than" not in searches


def test_commands_of_the_readme_lead_from_photos_to_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(
        r"^```\n(tunebook data import .*?)^```$", readme, re.MULTILINE | re.DOTALL
    )
    dice = np.random.default_rng(0)
    for name, level in (("day", 200), ("night", 40)):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for i in range(20):
            pixels = dice.normal(level, 20, (32, 32, 3)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{i}.png")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TUNEBOOK_HOME", str(tmp_path / "home"))
    shorter = block.replace("--trials 10", "--trials 2 --max-steps 2")
    assert shorter != block
    for command in shorter.splitlines():
        with pytest.raises(SystemExit) as left:
            main(_inline(shlex.split(command)[1:]))
        assert left.value.code in (0, None), command
    label, share = load_model(tmp_path / "my-model").answer("photos/day/0.png")
    assert label in {"day", "night"}
    assert share >= 0.5
