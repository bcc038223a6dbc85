"""The keywords of ``tune`` and ``Study.create``: each is declared and explained once, here."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict, TypeVar, get_type_hints

from tunebook.errors import InputError, nearest
from tunebook.records import JsonObject
from tunebook.search.protocol import Searcher

_Function = TypeVar("_Function", bound=Callable[..., Any])


class StudyOptions(TypedDict, total=False):
    """What describes a study, beside its space.

    ``maximize`` or ``minimize`` names the metric; ``reduce`` is ``"best"``, ``"last"`` or
    ``"mean_last_3"``. ``max_steps`` is the length of a full trial. The budget is any mix of
    ``trials``, ``steps`` (over all trials), ``hours``, ``cost`` (with ``price_per_hour``),
    ``target``, ``patience`` and ``max_failures``. ``search`` is a name, ``{"name": ..., option:
    ...}``, a searcher or an Optuna sampler. ``warm_start`` names older studies: what they say
    about shared parameters is where ``auto`` and ``bayes`` start from. ``name`` is the study's:
    the same name goes on with the same study. ``seed`` makes it repeatable. ``home`` is the
    folder for everything kept, ``store`` the address of the database, ``"memory"`` for none.
    """

    maximize: str | None
    minimize: str | None
    reduce: str
    max_steps: int | None
    trials: int | None
    steps: int | None
    hours: float | None
    cost: float | None
    price_per_hour: float | None
    target: float | None
    patience: int | None
    max_failures: int | None
    search: str | JsonObject | Searcher
    warm_start: Sequence[str]
    name: str | None
    seed: int
    notes: str
    home: str | os.PathLike[str] | None
    store: str | os.PathLike[str] | None


class RunOptions(TypedDict, total=False):
    """How trials are run.

    ``workers`` processes train at once; 0 trains here, one trial after the other; None is one for
    each GPU, or one. ``per_device`` trials share a GPU. ``trial_timeout_s`` ends a trial that
    trains longer. ``checkpoint_every_steps`` and ``checkpoint_every_s`` say how often tracked
    trials are saved. ``dry_run`` times two steps before the first trial: by default when a limit
    of time or money is to be forecast (S0.8), and for scripts. ``progress`` shows what happens.
    """

    workers: int | None
    per_device: int
    trial_timeout_s: float | None
    checkpoint_every_s: float
    checkpoint_every_steps: int | None
    dry_run: bool | None
    progress: bool | None


class TuneOptions(StudyOptions, RunOptions, total=False):
    """All keywords of ``tune``."""


DEFAULTS: Mapping[str, Any] = {
    "reduce": "best",
    "search": "auto",
    "warm_start": (),
    "seed": 0,
    "notes": "",
    "per_device": 1,
    "checkpoint_every_s": 30.0,
}
"""The defaults that are not None."""


def checked_options(given: Mapping[str, Any], kind: type, *, caller: str) -> dict[str, Any]:
    """Return the options with their defaults; ``InputError`` offers the nearest known keyword."""
    known = get_type_hints(kind)
    for name in given:
        if name not in known:
            raise InputError(
                f"{caller}() does not know the keyword {name!r}", do=nearest(name, known)
            )
    return {name: given.get(name, DEFAULTS.get(name)) for name in known}


def showing_options(kind: type) -> Callable[[_Function], _Function]:
    """Let ``help()`` and editors show the keywords of ``kind`` one by one."""

    def decorate(function: _Function) -> _Function:
        signature = inspect.signature(function)
        own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        keywords = [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=DEFAULTS.get(name), annotation=hint
            )
            for name, hint in kind.__annotations__.items()
            if name not in signature.parameters
        ]
        function.__signature__ = signature.replace(parameters=[*own, *keywords])  # type: ignore[attr-defined]  # what inspect and editors read
        return function

    return decorate
