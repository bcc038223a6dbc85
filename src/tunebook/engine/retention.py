"""Which checkpoints are kept: best, last and those a paused trial or a clone needs (S4.37)."""

from __future__ import annotations

from tunebook.engine.facts import Facts
from tunebook.records import CheckpointRef, Trial, TrialNumber

N_BEST = 3
"""Of the finished trials the checkpoints of so many best ones are kept (S4.37)."""


def superfluous(facts: Facts, number: TrialNumber) -> list[CheckpointRef]:
    """Return what nobody needs any more after something happened to a trial, in trials' order.

    That may be its own checkpoints, its parent's, or those of a trial that is among the best no
    more; whoever else is alive keeps what it has.
    """
    if not facts.holders:
        return []
    parent = facts.trials[number].parent
    touched = facts.final_holders | {number} | (set() if parent is None else {parent})
    holders = [facts.trials[n] for n in sorted(touched & facts.holders)]
    inherited = {ref for refs in facts.heirs.values() for ref in refs}
    best = _best_finished(facts)
    unneeded: list[CheckpointRef] = []
    for trial in holders:
        is_kept = trial.number in facts.alive or trial.number in best
        kept = inherited | (_last_and_best(facts, trial) if is_kept else set())
        unneeded += [ref for ref in trial.checkpoints if ref not in kept]
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


def _best_finished(facts: Facts) -> set[TrialNumber]:
    sign = facts.known_spec.objective.sign
    holders = (facts.trials[number] for number in facts.final_holders)
    ranked = [trial for trial in holders if trial.value is not None]
    ranked.sort(key=lambda t: (sign * (t.value or 0.0), t.number))
    best = {trial.number for trial in ranked[:N_BEST]}
    return best | {facts.best.number} if facts.best else best
