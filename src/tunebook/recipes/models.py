"""Trained networks as folders that a person can take away: weights, recipe, labels, an example.

Weights are safetensors, all else is JSON, YAML and Python to read: nothing is pickled, so looking
into a folder runs none of its code but the training task that it names.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import nn

from tunebook.errors import CheckpointError, InputError
from tunebook.files import write_file
from tunebook.recipes.loop import Training
from tunebook.recipes.networks.transferred import PRETRAINED
from tunebook.records import Configuration, TaskRef
from tunebook.training.task import Split, Task, load_task

WEIGHTS, RECIPE, LABELS = "model.safetensors", "recipe.json", "labels.json"

_EXAMPLE = '''\
"""Load the trained network and use it: python load.py"""

from pathlib import Path

import torch
from tunebook.recipes.models import load_model

model = load_model(Path(__file__).parent)
examples = model.task.data("train-val")
inputs, target = examples[0]
with torch.no_grad():
    outputs = model.network(inputs[None])
print("outputs", outputs, "target", target)
print("classes", model.labels)
print(model.evaluate("train-val"))
'''


_ANSWERS = '''\
"""Ask the trained network: python load.py %s; --help says more.

In your own program: model = load_model(folder); model.answer(%s). No training data is needed.
"""

import sys
from pathlib import Path

from tunebook.recipes.asking import ask

ask(Path(__file__).parent, sys.argv[1:])
'''

_WEIGHTS_EXAMPLE = '''\
"""Load the weights: build the network as your training does, then load_state_dict."""

import json
from pathlib import Path

from safetensors.torch import load_file

folder = Path(__file__).parent
config = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))["config"]
weights = {file.stem: load_file(file) for file in folder.glob("*.safetensors")}
for name, tensors in weights.items():
    print(name, {key: tuple(tensor.shape) for key, tensor in tensors.items()})
print(config)
'''


@dataclass(frozen=True, slots=True)
class Model:
    """A trained network in evaluation mode, with its task, its configuration and its labels."""

    network: nn.Module
    task: Task
    config: Configuration
    labels: Sequence[str] | None

    @property
    def columns(self) -> Sequence[str] | None:
        """The columns that the network of a table asks for, None for other tasks."""
        columns = (self.task.arguments or {}).get("columns") or []
        return [column["name"] for column in columns if "name" in column] or None

    @torch.no_grad()
    def answer(self, raw: Any, **options: Any) -> Any:
        """Return the ``answer`` of the task for a file's path, a row or a text."""
        if self.task.answer is None:
            raise InputError(
                f"The task {self.task.name!r} does not say how to ask its network",
                do="Give it a method answer(network, raw), or call model.network on a batch",
            )
        return self.task.answer(self.network, raw, **options)

    def evaluate(self, split: str) -> dict[str, float]:
        """Return the metrics of a split of the task's data, by their full names."""
        training = Training(self.task, _without_pretrained(self.config), n_updates=1)
        training.network, training.averaged = self.network, None
        return training.evaluate(Split(split))


def write_model(
    folder: str | os.PathLike[str],
    *,
    ref: TaskRef,
    config: Mapping[str, Any],
    state: Mapping[str, Any],
    facts: Mapping[str, Any],
) -> dict[str, float]:
    """Write all that it takes to use a saved network again; return its validation metrics.

    ``facts`` go into ``recipe.json``; the metrics are measured on the network as it was written.
    """
    task = load_task(ref.reference, ref.options["arguments"])
    training = Training(task, config, n_updates=1)
    training.load_state_dict(state)
    into = Path(folder)
    into.mkdir(parents=True, exist_ok=True)
    safetensors.torch.save_model(training.evaluated.eval(), str(into / WEIGHTS))
    labels = None if task.labels is None else list(task.labels)
    _write_json(into / LABELS, labels)
    reference = _copied(ref.reference, into)
    arguments = ref.options["arguments"]
    body = {"task": reference, "arguments": arguments, "config": dict(config), **facts}
    _write_json(into / RECIPE, body)
    example = _EXAMPLE if task.answer is None else _ANSWERS % _asked(ref)
    (into / "load.py").write_text(example, encoding="utf-8")
    return load_model(into).evaluate(Split.TRAIN_VAL.value)


def write_weights(
    folder: Path, *, states: Mapping[str, Any], facts: Mapping[str, Any]
) -> list[str]:
    """Write the states of networks, tensors by name, a file each; return their names."""
    # What an optimizer or a schedule keeps is not part of a network.
    modules = {
        name: state
        for name, state in states.items()
        if isinstance(state, Mapping) and state
        if all(isinstance(value, torch.Tensor) for value in state.values())
    }
    for name, state in modules.items():
        # Tensors that share memory are refused by the format.
        tensors = {key: tensor.detach().clone().contiguous() for key, tensor in state.items()}
        safetensors.torch.save_file(tensors, str(folder / f"{name}.safetensors"))
    if modules:
        _write_json(folder / "metrics.json", dict(facts))
        (folder / "load.py").write_text(_WEIGHTS_EXAMPLE, encoding="utf-8")
    return list(modules)


def load_model(folder: str | os.PathLike[str]) -> Model:
    """Return the network of a folder; ``CheckpointError`` if its weights are not those of it."""
    place = Path(folder)
    if not (place / RECIPE).is_file():
        raise InputError(
            "There is no model in this folder",
            got=str(place),
            expected=f"{WEIGHTS} and {RECIPE}, as 'tunebook best STUDY --model DIR' writes them",
        )
    told = json.loads((place / RECIPE).read_text(encoding="utf-8"))
    reference = told["task"]
    if reference.partition(":")[0].endswith(".py"):
        reference = str(place / reference)
    task = load_task(reference, told["arguments"])
    config = Configuration(told["config"])
    network: nn.Module = task.network(_without_pretrained(config))
    try:
        safetensors.torch.load_model(network, str(place / WEIGHTS))
    except (RuntimeError, OSError, safetensors.SafetensorError) as error:
        raise CheckpointError(
            "The weights are not those of the network", got=str(place / WEIGHTS), do=str(error)
        ) from None
    labels = json.loads((place / LABELS).read_text(encoding="utf-8"))
    return Model(network.eval(), task, config, labels)


def _without_pretrained(config: Configuration) -> Configuration:
    """Return the configuration of a network whose weights follow: it needs no others."""
    return Configuration({**config, PRETRAINED: False})


def _asked(ref: TaskRef) -> tuple[str, str]:
    """Return what to write behind the example's name, and what to ask in a program."""
    arguments = ref.options["arguments"] or {}
    if "resolution" in arguments:
        return "photo.jpg", '"photo.jpg"'
    return ("rows.csv", "[1.5, ...]") if "columns" in arguments else ('"a text"', '"a text"')


def _copied(reference: str, into: Path) -> str:
    """Copy the file of a user's own task into the folder, which is then complete in itself."""
    place, _, name = reference.partition(":")
    if not place.endswith(".py"):
        return reference
    source = Path(place)
    if source.resolve().parent != into.resolve():
        shutil.copyfile(source, into / source.name)
    return f"{source.name}:{name}"


def _write_json(path: Path, value: object) -> None:
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    write_file(path, text + "\n")
