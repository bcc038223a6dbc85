"""The methods by name: a searcher of ours, with options as in ``asha:first_rung=2``, or a peer."""

from __future__ import annotations

import json
from typing import Any

from benchmarks.search.peers import PEERS
from benchmarks.search.peers.client import PeerSearcher, is_installed

from tunebook.search import Searcher, make_searcher, searcher_class
from tunebook.search.options import options_of
from tunebook.space import Float, Space

MOST_CONCURRENT = 20


def is_peer(method: str) -> bool:
    """Say whether a method is another library's."""
    return method in PEERS


def is_available(method: str) -> bool:
    """Say whether a method can be measured here; SystemExit if there is no such method."""
    if is_peer(method):
        return is_installed(method)
    try:
        make_method(method, Space(x=Float(0.0, 1.0)), seed=0, workers=1)
    except Exception as error:
        raise SystemExit(f"no method {method!r}: {error}") from error
    return True


def make_method(
    method: str,
    space: Space,
    *,
    seed: int,
    workers: int,
    n_trials: int = 1,
    max_steps: int | None = None,
) -> Searcher:
    """Return the searcher that a method names."""
    if is_peer(method):
        budget = {"n_trials": n_trials, "max_steps": max_steps, "workers": workers}
        return PeerSearcher(method, space.to_dict(), seed=seed, **budget)
    name, _, text = method.partition(":")
    options: dict[str, Any] = {}
    for pair in text.split(",") if text else ():
        key, _, value = pair.partition("=")
        options[key] = _parsed(value)
    known = {option.name for option in options_of(searcher_class(name))}
    if "max_concurrent" in known:
        options.setdefault("max_concurrent", min(MOST_CONCURRENT, max(5, workers)))
    return make_searcher({"name": name, **options})


def _parsed(value: str) -> Any:
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value
