"""The workflow: nine stages with what each leaves behind, its gate, and where it leads (5.1)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tunebook.diagnosis.decomposition import Headline
from tunebook.playbook.conflicts import DEFAULT
from tunebook.playbook.hyperparameters import in_order
from tunebook.playbook.rounds import Waiver


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage: ``gate`` are the checks that must hold before the next one begins.

    ``share`` is the part of the whole budget of steps that it may use. ``needs_task`` tells that
    it looks inside the training, which a bare training function does not allow.
    """

    number: int
    name: str
    does: str
    leaves: tuple[str, ...]
    gate: tuple[str, ...]
    rules: tuple[str, ...]
    share: float
    needs_task: bool = True


STAGES: tuple[Stage, ...] = (
    Stage(
        0,
        "define",
        "import data, read the quality report, split, set metric, target and budget",
        ("versioned data", "locked test set", "target with its origin"),
        ("quality", "leakage", "metric", "target"),
        ("S0.1", "S0.3", "S2.1", "S2.11", "S4.1"),
        0.0,
        needs_task=False,
    ),
    Stage(
        1,
        "start simple",
        "take a proven preset or a simple network with default values, regularization off",
        ("baseline recipe",),
        (),
        ("S2.3", "S2.4", "S2.6", "S4.2", "S4.3", "S0.30", "S1.6", "S1.8"),
        0.0,
    ),
    Stage(
        2,
        "debug",
        "preflight, fit a single batch, compare with baselines",
        ("checklist", "curves"),
        ("preflight", "single-batch", "chance", "baselines"),
        ("S2.7", "S2.8", "S2.9", "S1.1", "S1.4"),
        0.03,
    ),
    Stage(
        3,
        "speed",
        "find feasible batch sizes, throughput, and what the input costs",
        ("batch size", "seconds per step", "cost estimate"),
        ("throughput",),
        ("S4.6", "S4.7", "S4.8", "S0.36", "S4.34"),
        0.02,
    ),
    Stage(
        4,
        "steps and learning rate",
        "sweep the learning rate, mend instability, set the number of steps",
        ("learning rate", "number of steps", "warm-up or clipping if needed"),
        ("learning-rate", "stability", "convergence"),
        ("S1.9", "S1.10", "S1.12", "S0.31", "S4.31", "S4.46", "S4.48", "S4.49"),
        0.12,
    ),
    Stage(
        5,
        "evaluate",
        "train the baseline with several seeds, and decompose its error",
        ("decomposition",),
        ("decomposition",),
        ("S2.10", "S2.12", "S4.28"),
        0.1,
        needs_task=False,
    ),
    Stage(
        6,
        "explore",
        "rounds with one goal: roles, quasi-random studies, plots, checklist, adoption",
        ("narrowed space", "launches with evidence"),
        ("wide-enough", "enough-points", "infeasible-share", "optimization", "curves"),
        ("S4.12", "S4.15", "S4.20", "S4.28", "S2.19"),
        0.4,
        needs_task=False,
    ),
    Stage(
        7,
        "exploit",
        "search the refined space with feedback, tune the decay, train longer",
        ("candidate",),
        ("confirmed",),
        ("S0.14", "S4.29", "S4.33", "S1.16", "S1.19"),
        0.2,
        needs_task=False,
    ),
    Stage(
        8,
        "confirm and report",
        "retrain with several seeds, look at the test set once, report",
        ("report",),
        (),
        ("S4.28", "S4.29", "S4.38", "S0.24"),
        0.13,
        needs_task=False,
    ),
)
"""Stages 0 to 8. The shares of the budget are our rule."""

EXPLORE_ORDER = (
    ("lr", "schedule"),
    ("momentum", "beta1"),
    ("weight_decay", "dropout", "augmentation", "label_smoothing"),
    ("depth", "width", "resolution"),
    ("lr",),
)
"""The rounds of stage 6: the largest prior effect first, and the learning rate again at the end."""


def closed_gate(
    stage: int, passed: Collection[str], waivers: Sequence[Waiver] = ()
) -> tuple[str, ...]:
    """Return the checks that keep a stage's gate closed; a recorded waiver opens one (5.1)."""
    waived = {waiver.gate for waiver in waivers}
    return tuple(c for c in STAGES[stage].gate if c not in passed and c not in waived)


def blocked_by(
    stage: int, passed: Mapping[int, Collection[str]], waivers: Sequence[Waiver] = ()
) -> int | None:
    """Return the first earlier stage whose gate is closed, None if the stage may begin."""
    earlier = (s for s in range(stage) if closed_gate(s, passed.get(s, ()), waivers))
    return next(earlier, None)


def after_evaluation(headline: Headline, *, is_target_met: bool) -> int:
    """Return where stage 5 leads: 8 when the target is met, 6 to tune, 2 to improve (5.1)."""
    if is_target_met:
        return 8
    return 2 if headline in {Headline.SHIFT, Headline.REBALANCE} else 6


def target_stops(stage: int, choice: str = DEFAULT) -> bool:
    """Whether meeting the target ends the search of a stage (C13): in stage 7, not in stage 6.

    Exploration only notices that the target is met. ``choice`` is that of the card.
    """
    return stage >= 7 if choice == DEFAULT else choice == "always"


def too_little(stage: int, left_steps: int, needed_steps: int) -> str | None:
    """Return why a stage cannot begin with what is left of the budget, None if it can (I7)."""
    if needed_steps <= left_steps:
        return None
    name = STAGES[stage].name
    return (
        f"stage {stage} ({name}) needs {needed_steps} steps, and {left_steps} are left: raise the "
        "budget, or skip the stage with a waiver; all results are kept"
    )


def explore_rounds(
    searched: Collection[str],
    headline: Headline,
    *,
    measured: Mapping[str, float] | None = None,
    n_feasible: int = 0,
) -> list[tuple[str, ...]]:
    """Return the hyperparameters of each round of stage 6, in order (5.1, S2.17).

    Regularization has a round only against overfitting. Once importance is measured, it orders.
    """
    groups = [tuple(n for n in group if n in searched) for group in EXPLORE_ORDER]
    if headline is not Headline.OVERFITTING:
        groups[2] = ()
    first, *middle, last = groups
    if measured:
        flat = [name for group in middle for name in group]
        order = in_order(flat, measured=measured, n_feasible=n_feasible)
        middle.sort(key=lambda group: min((order.index(n) for n in group), default=len(order)))
    return [group for group in (first, *middle, last) if group]


def divided(budget_steps: int, *, stages: Collection[int] | None = None) -> dict[int, int]:
    """Return the steps of each stage; those of stages left out are spread over the others (5.1)."""
    kept = [s for s in STAGES if stages is None or s.number in stages]
    total = sum(s.share for s in kept)
    return {s.number: int(budget_steps * s.share / total) if total else 0 for s in kept}
