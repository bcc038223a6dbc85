"""Searchers: functions from history to decisions. Light to import: each is loaded when used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

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
from tunebook.search.registry import WHERE, describe, make_searcher, searcher_class, searcher_names

if TYPE_CHECKING:
    from tunebook.search.asha import Asha
    from tunebook.search.auto import Auto
    from tunebook.search.bayes import Bayes
    from tunebook.search.cma_es import CmaEs
    from tunebook.search.coarse_to_fine import CoarseToFine
    from tunebook.search.evolution import Evolution
    from tunebook.search.grid import Grid
    from tunebook.search.halton import Halton
    from tunebook.search.hyperband import Hyperband
    from tunebook.search.median import Median
    from tunebook.search.pshe2 import Pshe2
    from tunebook.search.random import Random

_MODULES = {attribute: module for module, attribute in WHERE.values()}

__all__ = [
    "Asha",
    "Auto",
    "Bayes",
    "Clone",
    "CmaEs",
    "CoarseToFine",
    "Decision",
    "Evolution",
    "Grid",
    "Halton",
    "History",
    "Hyperband",
    "Median",
    "Pshe2",
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
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
