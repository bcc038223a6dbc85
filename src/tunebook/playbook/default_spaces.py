"""Default search spaces of optimizers, and from how many trials on momentum is tuned."""

from __future__ import annotations

from tunebook.space import Float, Kind, Role, Space

_RANGES = {
    # lr, momentum or beta1, weight decay
    "adamw": ((1e-4, 1e-2), (0.5, 0.98), (5e-3, 1.0)),
    "nadamw": ((1e-4, 1e-2), (0.9, 0.996), (5e-3, 1.0)),
    "momentum": ((0.02, 5.0), (0.7, 0.995), (1e-7, 5e-5)),
    "nesterov": ((0.02, 5.0), (0.7, 0.995), (1e-7, 5e-5)),
}
MOMENTUM_TRIALS = 10


def default_space(optimizer: str) -> Space:
    """Return the range of lr, 1 - momentum or 1 - beta1, and weight decay (S4.44).

    The ranges are those of large workloads; lr reaches down one decade further, for small ones. The
    batch size is never among them: it is for speed, not for validation (S4.5).
    """
    (low, high), momentum, decay = _RANGES[optimizer]
    name = "beta1" if optimizer.endswith("adamw") else "momentum"
    role, kind = Role.NUISANCE, Kind.OPTIMIZATION
    parameters = {
        "lr": Float(low / 10, high, log=True, role=role, kind=kind),
        name: Float(*momentum, log="1-x", role=role, kind=kind),
        "weight_decay": Float(*decay, log=True, role=role, kind=Kind.REGULARIZATION),
    }
    return Space(parameters)


def tunes_momentum(n_trials: int) -> bool:
    """Whether a study has trials enough to tune momentum or beta1; else 0.9 (S4.42, C3)."""
    return n_trials >= MOMENTUM_TRIALS
