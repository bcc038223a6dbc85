"""Which checkpoints are kept: best, last and those a paused trial or a clone needs (S4.37)."""

from __future__ import annotations

from tunebook.engine.facts import Facts
from tunebook.records import CheckpointRef, Trial, TrialNumber

N_BEST = 3
"""Of the finished trials the checkpoints of so many best ones are kept (S4.37)."""


def superfluous(facts: Facts) -> list[CheckpointRef]:
    """Return the checkpoints that nobody needs any more, in the order of their trials."""
    if not facts.holders:
        return []
    holders = [facts.trials[number] for number in sorted(facts.holders)]
    needed_by_clones = _parents_of_young_clones(facts)
    best = _best_finished(facts, holders)
    unneeded: list[CheckpointRef] = []
    for trial in holders:
        if trial.number in needed_by_clones:
            continue
        if trial.number in facts.alive or trial.number in best:
            kept = _last_and_best(facts, trial)
            unneeded += [ref for ref in trial.checkpoints if ref not in kept]
        else:
            unneeded += trial.checkpoints
    return unneeded


def best_checkpoint(facts: Facts, trial: Trial) -> CheckpointRef | None:
    """Return the checkpoint whose measured objective is best; the latest when none is measured."""
    objective = facts.known_spec.objective
    curve = trial.curves.get(objective.metric)
    at_step = dict(zip(curve.steps, curve.values, strict=True)) if curve else {}
    measured = [ref for ref in trial.checkpoints if ref.step in at_step]
    if not measured:
        return trial.checkpoint
    return min(measured, key=lambda ref: (objective.sign * at_step[ref.step], -ref.step))


def _last_and_best(facts: Facts, trial: Trial) -> set[CheckpointRef]:
    # Two last ones while the trial lives: a torn file must have a predecessor to fall back to.
    n_last = 2 if trial.number in facts.alive else 1
    kept = set(trial.checkpoints[-n_last:])
    best = best_checkpoint(facts, trial)
    return kept | {best} if best else kept


def _parents_of_young_clones(facts: Facts) -> set[TrialNumber]:
    alive = (facts.trials[number] for number in facts.alive)
    return {t.parent for t in alive if t.parent is not None and not t.checkpoints}


def _best_finished(facts: Facts, holders: list[Trial]) -> set[TrialNumber]:
    sign = facts.known_spec.objective.sign
    ranked = [t for t in holders if t.state.is_final and t.value is not None]
    ranked.sort(key=lambda t: (sign * (t.value or 0.0), t.number))
    best = {trial.number for trial in ranked[:N_BEST]}
    return best | {facts.best.number} if facts.best else best
