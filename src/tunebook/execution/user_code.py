"""Where a training function is, and whether another process can import it from there."""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import sys
import traceback
from collections.abc import Callable
from typing import Any

from tunebook.errors import TaskError, nearest
from tunebook.training import TrainingFunction


def importable_reference(function: Callable[..., Any]) -> str | None:
    """Return ``module:qualname`` if importing it elsewhere gives this very function, else None."""
    module_name = getattr(function, "__module__", None)
    qualname = getattr(function, "__qualname__", None)
    if not module_name or not qualname or module_name == "__main__":
        return None
    module = sys.modules.get(module_name)
    if module is None or not _has_source(module_name):
        return None
    found: object = module
    for part in qualname.split("."):
        found = getattr(found, part, None)
    return f"{module_name}:{qualname}" if found is function else None


def _has_source(module_name: str) -> bool:
    try:
        return importlib.util.find_spec(module_name) is not None and _is_on_path(module_name)
    except (ImportError, ValueError, AttributeError):
        return False


def _is_on_path(module_name: str) -> bool:
    # A module may be loaded that nobody could import by name: test runners do such things.
    top = module_name.partition(".")[0]
    found = importlib.machinery.PathFinder.find_spec(top)
    loaded = getattr(sys.modules.get(top), "__spec__", None)
    return found is not None and loaded is not None and found.origin == loaded.origin


def load_function(reference: str) -> TrainingFunction:
    """Import ``module:qualname``; ``TaskError`` says what is wrong with it."""
    module_name, separator, qualname = reference.partition(":")
    if not separator or not module_name or not qualname:
        raise TaskError(
            "A training function is named by its module and its name",
            got=reference,
            expected="module:function, such as mypackage.train:train",
        )
    try:
        found: Any = importlib.import_module(module_name)
    # The user's module runs here: whatever it raises is why it cannot be imported.
    except Exception as error:
        told = "".join(traceback.format_exception(error)[-6:])
        raise TaskError(
            f"The module {module_name!r} of the training function cannot be imported\n{told}",
            got=reference,
            do="Start where it can be imported, or install it; check what it imports",
        ) from error
    for part in qualname.split("."):
        if not hasattr(found, part):
            known = [name for name in vars(found) if callable(getattr(found, name))]
            raise TaskError(
                f"The module {module_name!r} has no {part!r}",
                got=reference,
                do=nearest(part, known),
            )
        found = getattr(found, part)
    if not callable(found):
        raise TaskError("A training function cannot be called", got=reference)
    function: TrainingFunction = found
    return function


def cuda_is_initialized() -> bool:
    """Whether this process uses a GPU already, so that it must not be forked."""
    torch = sys.modules.get("torch")
    return torch is not None and bool(torch.cuda.is_initialized())
