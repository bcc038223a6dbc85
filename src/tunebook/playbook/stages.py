"""The workflow: nine stages, each with its gate and its share of the budget (5.1)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage: ``gate`` checks, ``share`` of the steps, ``needs_task`` to look into a training."""

    number: int
    name: str
    does: str
    gate: tuple[str, ...]
    share: float
    needs_task: bool


_ROWS = {
    "define": (
        "import data, read the quality report, split, set metric, target and budget",
        "quality leakage metric target",
        0.0,
    ),
    "start simple": (
        "take a proven preset or a simple network with default values, regularization off",
        "",
        0.0,
    ),
    "debug": (
        "preflight, fit a single batch, compare with baselines",
        "preflight single-batch chance baselines",
        0.03,
    ),
    "speed": (
        "find feasible batch sizes, throughput, and what the input costs",
        "throughput",
        0.02,
    ),
    "steps and learning rate": (
        "sweep the learning rate, mend instability, set the number of steps",
        "learning-rate stability convergence",
        0.12,
    ),
    "evaluate": (
        "train the baseline with several seeds, and decompose its error",
        "decomposition",
        0.1,
    ),
    "explore": (
        "rounds with one goal: roles, quasi-random studies, plots, checklist, adoption",
        "wide-enough enough-points infeasible-share optimization curves",
        0.4,
    ),
    "exploit": (
        "search the refined space with feedback, tune the decay, train longer",
        "confirmed",
        0.2,
    ),
    "confirm and report": (
        "retrain with several seeds, look at the test set once, report",
        "",
        0.13,
    ),
}
_LOOK_INSIDE = range(1, 5)

STAGES = tuple(
    Stage(number, name, does, tuple(gate.split()), share, number in _LOOK_INSIDE)
    for number, (name, (does, gate, share)) in enumerate(_ROWS.items())
)
"""Stages 0 to 8. The shares of the budget are our rule."""


def divided(budget_steps: int) -> dict[int, int]:
    """Return the steps of each stage (5.1)."""
    total = sum(stage.share for stage in STAGES)
    return {stage.number: int(budget_steps * stage.share / total) for stage in STAGES}
