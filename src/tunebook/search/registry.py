"""The searchers by name, imported when they are asked for: most of them need numpy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from importlib import import_module
from typing import Any, TypeAlias

from tunebook.errors import SearchError, nearest
from tunebook.records import JsonObject
from tunebook.search.options import Option, options_of
from tunebook.search.optuna_sampler import OptunaSampler, is_optuna_sampler
from tunebook.search.protocol import Searcher

SearcherLike: TypeAlias = str | JsonObject | Searcher
"""What ``search=`` takes: a name, a name with options, or a searcher."""

WHERE = {
    "asha": ("tunebook.search.asha", "Asha"),
    "auto": ("tunebook.search.auto", "Auto"),
    "bayes": ("tunebook.search.bayes", "Bayes"),
    "cma-es": ("tunebook.search.cma_es", "CmaEs"),
    "coarse-to-fine": ("tunebook.search.coarse_to_fine", "CoarseToFine"),
    "evolution": ("tunebook.search.evolution", "Evolution"),
    "grid": ("tunebook.search.grid", "Grid"),
    "halton": ("tunebook.search.halton", "Halton"),
    "hyperband": ("tunebook.search.hyperband", "Hyperband"),
    "median": ("tunebook.search.median", "Median"),
    "optuna": ("tunebook.search.optuna_sampler", "OptunaSampler"),
    "pshe2": ("tunebook.search.pshe2", "Pshe2"),
    "random": ("tunebook.search.random", "Random"),
}
"""The module and the class of each searcher."""


def searcher_names() -> list[str]:
    """Return the names of all searchers."""
    return sorted(WHERE)


def searcher_class(name: str) -> Any:
    """Return the class of the searcher of that name; ``SearchError`` offers the nearest one."""
    if name not in WHERE:
        raise SearchError(
            "There is no such searcher",
            got=name,
            expected=f"one of {', '.join(searcher_names())}",
            do=nearest(str(name), WHERE),
        )
    module, attribute = WHERE[name]
    return getattr(import_module(module), attribute)


def make_searcher(wanted: SearcherLike) -> Searcher:
    """Return the searcher meant by a name, by ``{"name": ..., option: ...}``, or by itself.

    ``SearchError`` if the name or an option is unknown, or an option is out of its range.
    """
    if isinstance(wanted, str):
        wanted = {"name": wanted}
    if not isinstance(wanted, Mapping):
        return _checked(wanted)
    options = dict(wanted)
    name = options.pop("name", None)
    if not isinstance(name, str):
        raise SearchError(
            "The search has no name",
            got=dict(wanted),
            expected='for example {"name": "bayes", "initial": 5}',
        )
    found = searcher_class(name)
    known = [option.name for option in options_of(found)]
    for option in options:
        if option not in known:
            raise SearchError(
                f"The searcher {name!r} has no option {option!r}",
                expected=f"one of {', '.join(known)}" if known else "no option at all",
                do=nearest(option, known) if known else f"Leave {option!r} out",
            )
    made: Searcher = found(**options)
    return made


def _checked(wanted: Any) -> Searcher:
    if is_optuna_sampler(wanted):
        return OptunaSampler.of(wanted)
    is_searcher = callable(getattr(wanted, "decide", None)) and hasattr(wanted, "name")
    if not is_searcher or isinstance(wanted, type):
        raise SearchError(
            "This is not a searcher",
            got=wanted,
            expected="a name such as 'auto', a mapping with a name and options, or a searcher "
            "such as tunebook.search.Random()",
        )
    searcher: Searcher = wanted
    return searcher


def describe(searcher: Searcher) -> JsonObject:
    """Return a searcher's name and options as stored, for ``make_searcher`` to read."""
    options = options_of(searcher) if is_dataclass(searcher) else list[Option]()
    return {"name": searcher.name} | {o.name: getattr(searcher, o.name) for o in options}
