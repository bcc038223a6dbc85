"""The public study: ``tune``, ``load``, ``Study``. Light to import: each is loaded when used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tunebook.study.results import Best
    from tunebook.study.study import Study
    from tunebook.study.tune import load, tune

_WHERE = {"Best": "results", "Study": "study", "load": "tune", "tune": "tune"}

__all__ = ["Best", "Study", "load", "tune"]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
