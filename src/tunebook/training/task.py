"""A training task: what one must know to train a network, and to look into its training.

A user's task is a plain object, in about 30 lines of ordinary PyTorch; ``read_task`` checks it and
fills in what it leaves out. No type of PyTorch is
named here, so that this module stays light.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from tunebook.errors import TaskError, nearest
from tunebook.records import Configuration, Objective
from tunebook.space import Space


class Split(StrEnum):
    """The four sets of examples (S2.11); ``test-val`` is drawn from the source of the test data."""

    TRAIN = "train"
    TRAIN_VAL = "train-val"
    TEST_VAL = "test-val"
    TEST = "test"

    @property
    def prefix(self) -> str:
        """What its metrics begin with: ``train_loss``, ``val_accuracy``, ``test_val_accuracy``."""
        return {"train-val": "val", "test-val": "test_val"}.get(self.value, self.value)


class Examples(Protocol):
    """A set of examples: any map-style dataset whose items are (inputs, target) pairs."""

    def __len__(self) -> int:
        """Return the number of examples."""

    def __getitem__(self, index: Any) -> Any:
        """Return example ``index``, from 0: a pair of inputs and target."""


@dataclass(frozen=True, slots=True)
class Task:
    """A checked task: everything a training, a check or the guide asks of it.

    A user's task has ``data(split)``, ``network(config)``, whose weights are random or pretrained,
    ``loss(outputs, targets)``, the mean over a batch, ``metrics(outputs, targets)`` of a whole
    split, and ``maximize`` or ``minimize``, the name of one of those metrics. The rest is optional:
    ``space``, the hyperparameters of the network; ``labels``, the names of the classes by number;
    ``answer(network, raw)``, what a trained network says of something as it comes, such as the path
    of an image; ``optimizer(network, config)``; ``augment(inputs, targets)``, for training batches
    alone; ``collate(examples)``, which makes a batch of examples; ``predict(outputs)``, which turns
    the outputs for a batch into what ``metrics`` is given (a tensor or a list, one item an
    example); ``features(split, body)``, a split as the pretrained body of a network shows it to its
    head; ``metric_kind``, where the metric's name does not tell: ``rate``, ``error rate`` (both
    from 0 to 1), ``score`` (higher is better) or ``loss`` (lower is better). A ``loss`` that takes
    ``label_smoothing`` as well makes that setting known.

    ``metric`` is the name under which ``metrics`` returns it; ``objective`` drives the same metric
    of the validation set, ``val_accuracy``. ``reference`` is how another process finds the task:
    ``file.py:Name`` or ``module:Name``, None for one that was only handed over; ``arguments`` what
    the object of that name is called with to make it, None for one that is a task itself.
    """

    name: str
    metric: str
    objective: Objective
    space: Space | None
    data: Callable[[str], Examples | None]
    network: Callable[[Configuration], Any]
    loss: Callable[..., Any]
    metrics: Callable[[Any, Any], Mapping[str, Any]]
    optimizer: Callable[[Any, Configuration], Any] | None = None
    augment: Callable[[Any, Any], tuple[Any, Any]] | None = None
    collate: Callable[[Sequence[Any]], tuple[Any, Any]] | None = None
    predict: Callable[[Any], Any] | None = None
    features: Callable[[str, Any], Examples] | None = None
    labels: Sequence[str] | None = None
    answer: Callable[..., Any] | None = None
    metric_kind: str | None = None
    reference: str | None = None
    arguments: Mapping[str, Any] | None = None

    def examples(self, split: Split) -> Examples:
        """Return the examples of a split; ``TaskError`` if it has none or is empty."""
        found = self.data(split.value)
        if found is None or len(found) == 0:
            raise TaskError(
                f"The task {self.name!r} has no examples in its split {split.value!r}",
                got="nothing" if found is None else "an empty set",
                expected="a dataset of (inputs, target) pairs from data(split)",
                do="Return one for 'train' and one for 'train-val' at least",
            )
        return found

    @property
    def smooths_labels(self) -> bool:
        """Whether the loss takes ``label_smoothing``: else that setting would do nothing."""
        return "label_smoothing" in inspect.signature(self.loss).parameters

    def has(self, split: Split) -> bool:
        """Whether the split exists and has at least one example."""
        found = self.data(split.value)
        return found is not None and len(found) > 0


_NEEDED = ("data", "network", "loss", "metrics")
_OPTIONAL = tuple(field.name for field in fields(Task) if field.default is None)


def read_task(
    task: Any, *, reference: str | None = None, arguments: Mapping[str, Any] | None = None
) -> Task:
    """Check a user's task, an object or its class; ``TaskError`` says what it lacks."""
    if isinstance(task, Task):
        return (
            task if reference is None else replace(task, reference=reference, arguments=arguments)
        )
    if isinstance(task, type):
        task = task()
    missing = [name for name in _NEEDED if not callable(getattr(task, name, None))]
    if missing:
        raise TaskError(
            f"A training task has no {' and no '.join(missing)}",
            got=type(task).__name__,
            expected="methods data(split), network(config), loss(outputs, targets) "
            "and metrics(outputs, targets)",
            do="See docs/how-to/describe-a-task.md",
        )
    maximize, minimize = getattr(task, "maximize", None), getattr(task, "minimize", None)
    objective = Objective.of(maximize=_of_validation(maximize), minimize=_of_validation(minimize))
    space = getattr(task, "space", None)
    if space is not None and not isinstance(space, Space):
        raise TaskError("The space of a task is no space", got=space, expected="a tunebook.Space")
    return Task(
        name=str(getattr(task, "name", None) or type(task).__name__),
        metric=str(maximize or minimize),
        objective=objective,
        space=space,
        **{name: getattr(task, name) for name in _NEEDED},
        **{name: getattr(task, name, None) for name in _OPTIONAL}
        | {"reference": reference, "arguments": arguments},
    )


def _of_validation(metric: str | None) -> str | None:
    return None if metric is None else f"{Split.TRAIN_VAL.prefix}_{metric}"


def load_task(reference: str, arguments: Mapping[str, Any] | None = None) -> Task:
    """Load ``file.py:Name``, ``module:Name`` or ``file.py``, called with ``arguments``, if any."""
    place, _, name = reference.partition(":")
    module = _load_module(place, reference)
    if not name:
        name = _only_task(module, reference)
    if not hasattr(module, name):
        known = [found for found in vars(module) if not found.startswith("_")]
        raise TaskError(f"{place} has no {name!r}", got=reference, do=nearest(name, known))
    found = getattr(module, name)
    if arguments is not None:
        try:
            found = found(**arguments)
        except TypeError as error:
            raise TaskError(
                f"The task {name!r} cannot be made with the arguments that a study kept",
                got=str(error),
                do="It was made by another version: train it again",
            ) from error
    # Absolute, because a study may go on from another folder.
    where = str(Path(place).resolve()) if place.endswith(".py") else place
    return read_task(found, reference=f"{where}:{name}", arguments=arguments)


def _load_module(place: str, reference: str) -> ModuleType:
    path = Path(place)
    if path.suffix != ".py":
        spec = None
    elif not path.is_file():
        raise TaskError("There is no such file", got=reference, expected="file.py:Name of a task")
    else:
        name = f"_tunebook_task_{path.stem}"
        spec = importlib.util.spec_from_file_location(name, path)
    try:
        if spec is None or spec.loader is None:
            return importlib.import_module(place)
        module = importlib.util.module_from_spec(spec)
        # Dataclasses and pickles of the file look their module up by name.
        sys.modules[spec.name] = module
        folder = str(path.resolve().parent)
        if folder not in sys.path:
            sys.path.insert(0, folder)
        spec.loader.exec_module(module)
    # The user's file runs here: whatever it raises is why there is no task.
    except Exception as error:
        told = "".join(traceback.format_exception(error)[-6:])
        raise TaskError(
            f"The training task in {place} cannot be imported\n{told}",
            got=reference,
            expected="file.py:Name or module:Name",
            do="Mend what it says, or start where it can be imported",
        ) from error
    return module


def _only_task(module: ModuleType, reference: str) -> str:
    found = [
        name
        for name, value in vars(module).items()
        if getattr(value, "__module__", None) == module.__name__
        and all(callable(getattr(value, part, None)) for part in _NEEDED)
    ]
    if len(found) != 1:
        raise TaskError(
            "It is not clear which training task is meant",
            got=f"{reference} with {', '.join(found) or 'no task'}",
            expected="file.py:Name",
            do="Name one" if found else "Write a class with data, network, loss and metrics",
        )
    return found[0]
