"""Whether what an earlier search found may be used again."""

from __future__ import annotations

from collections.abc import Mapping


def refusal_to_reuse(found: Mapping[str, object], now: Mapping[str, object]) -> str | None:
    """Return why values found by an earlier search are not offered, None if they are (S0.7).

    They need the same network and the same pre-trained weights.
    """
    other = [k for k in ("network", "pretrained") if found.get(k) != now.get(k)]
    return f"found for another {' and '.join(other)}" if other else None
