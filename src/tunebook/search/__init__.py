"""Searchers: functions from history to decisions. Light to import: each is loaded when used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tunebook.search.auto import Auto
    from tunebook.search.bayes import Bayes
    from tunebook.search.grid import Grid
    from tunebook.search.halton import Halton
    from tunebook.search.protocol import (
        Clone,
        Decision,
        History,
        Randomness,
        Resume,
        Searcher,
        Start,
        Stop,
        Wait,
    )
    from tunebook.search.random import Random
    from tunebook.search.registry import (
        describe,
        make_searcher,
        searcher_class,
        searcher_names,
    )

_WHERE = {
    "Auto": "auto",
    "Bayes": "bayes",
    "Grid": "grid",
    "Halton": "halton",
    "Random": "random",
    "describe": "registry",
    "make_searcher": "registry",
    "searcher_class": "registry",
    "searcher_names": "registry",
} | dict.fromkeys(
    ("Clone", "Decision", "History", "Randomness", "Resume", "Searcher", "Start", "Stop", "Wait"),
    "protocol",
)

__all__ = [
    "Auto",
    "Bayes",
    "Clone",
    "Decision",
    "Grid",
    "Halton",
    "History",
    "Random",
    "Randomness",
    "Resume",
    "Searcher",
    "Start",
    "Stop",
    "Wait",
    "describe",
    "make_searcher",
    "searcher_class",
    "searcher_names",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
