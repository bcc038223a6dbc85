"""What must not be concluded from a study, by what it varied."""

from __future__ import annotations

from collections.abc import Collection

from tunebook.playbook.hyperparameters import known


def rate_caveat(names: Collection[str]) -> str | None:
    """Return why values of weight decay must not be compared in a study, None if they may (S3.7).

    ``names`` are the hyperparameters that it varies. With a fixed rate one decade too high, the
    best decay looks more than a decade smaller than it is.
    """
    varied = {found.name for name in names if (found := known(name)) is not None}
    if "weight_decay" in varied and "lr" not in varied:
        return "weight_decay was varied with a fixed learning rate"
    return None
