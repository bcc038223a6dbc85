"""The deep-learning tuning playbook as software.

``tune`` finds the best configuration of a ``Space`` for a training function; ``load`` opens a study
again. Importing this package is light: each name is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tunebook import search
    from tunebook.errors import TunebookError
    from tunebook.execution.attach import attach
    from tunebook.space import Bool, Choice, Constant, Float, Int, Space
    from tunebook.study import Best, Study, load, tune
    from tunebook.training import TrialHandle

_WHERE = {
    "Best": "tunebook.study.results",
    "Bool": "tunebook.space",
    "Choice": "tunebook.space",
    "Constant": "tunebook.space",
    "Float": "tunebook.space",
    "Int": "tunebook.space",
    "Space": "tunebook.space",
    "Study": "tunebook.study.study",
    "TrialHandle": "tunebook.training",
    "TunebookError": "tunebook.errors",
    "attach": "tunebook.execution.attach",
    "load": "tunebook.study.tune",
    "tune": "tunebook.study.tune",
}

__all__ = [
    "Best",
    "Bool",
    "Choice",
    "Constant",
    "Float",
    "Int",
    "Space",
    "Study",
    "TrialHandle",
    "TunebookError",
    "attach",
    "load",
    "search",
    "tune",
]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name == "__version__":
        from importlib.metadata import version

        return version("tunebook")
    if name == "search":
        return import_module("tunebook.search")
    if name not in _WHERE:
        raise AttributeError(f"module 'tunebook' has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
