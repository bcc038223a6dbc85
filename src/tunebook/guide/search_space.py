"""What the guide explores: around the rate of stage 4, what the budget can tune, the task's own."""

from __future__ import annotations

from tunebook.guide.session import Session
from tunebook.playbook.default_spaces import tunes_momentum
from tunebook.space import Choice, Float, Kind, Parameter, Role, Space

RATE_DOWN, RATE_UP = 10.0, 10.0
SCHEDULES = ("constant", "linear", "cosine")
DECOUPLED, COUPLED = (1e-3, 1.0), (1e-6, 1e-2)
"""Ranges of weight decay apart from the gradient, and as part of it (S4.44)."""


def space_to_explore(session: Session) -> Space:
    """Return the first space: the rate, the schedule, momentum if trials suffice, the task's own.

    What was given is held. The momentum of Adam is tuned from ten trials on (S4.42, C3).
    """
    if session.file is not None and session.task.space is not None:
        return session.task.space
    config, given = session.config, session.given
    lr, optimizer = float(config["lr"]), str(config.get("optimizer", "adam"))
    n_trials = session.shares[6] // max(1, session.n_updates)
    role, kind = Role.NUISANCE, Kind.OPTIMIZATION
    found: dict[str, Parameter] = {
        "lr": Float(lr / RATE_DOWN, lr * RATE_UP, log=True, role=role, kind=kind),
        "schedule": Choice(*SCHEDULES, role=role, kind=kind),
    }
    if tunes_momentum(n_trials) and optimizer != "sgd":
        is_adam = "adam" in optimizer
        name, ends = ("beta1", (0.5, 0.98)) if is_adam else ("momentum", (0.7, 0.995))
        found[name] = Float(*ends, log="1-x", role=role, kind=kind)
    decay = DECOUPLED if optimizer.endswith("adamw") else COUPLED
    found["weight_decay"] = Float(*decay, log=True, role=role, kind=Kind.REGULARIZATION)
    own = {} if session.task.space is None else session.task.space.parameters
    kept = {**found, **own}
    return Space(
        {name: parameter for name, parameter in kept.items() if name not in given},
        constraints=() if session.task.space is None else session.task.space.constraints,
    )
