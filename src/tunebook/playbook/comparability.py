"""Whether two trials may be ranked: comparable or not compared (I1, S0.19)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Conditions:
    """What must agree between trials that are ranked. ``continued_from`` is a parent's id."""

    data_version: str
    split: str
    metric: str
    n_steps: int
    data_fraction: float = 1.0
    continued_from: str | None = None
    is_reduced: bool = False


def differences(a: Conditions, b: Conditions) -> tuple[str, ...]:
    """Return in what two trials differ; empty means that they may be ordered (I1).

    From which trial one continued is no difference; that it continued is.
    """
    found = []
    for name in (field.name for field in fields(Conditions)):
        x, y = getattr(a, name), getattr(b, name)
        if name == "continued_from":
            x, y = x is not None, y is not None
        if x != y:
            found.append(name.replace("_", " "))
    return tuple(found)


def refusal_to_rank(trials: Sequence[Conditions]) -> str | None:
    """Return why a table must not be sorted by its metric, None if it may (I1, S0.19)."""
    seen = dict.fromkeys(d for other in trials[1:] for d in differences(trials[0], other))
    return f"not comparable: different {', '.join(seen)}" if seen else None
