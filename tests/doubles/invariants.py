"""What must hold of a study's facts at every moment. Every test that touches the engine asks it."""

from __future__ import annotations

from tunebook.engine.facts import Facts
from tunebook.engine.incumbent import find_best
from tunebook.errors import TunebookError
from tunebook.records import Trial, TrialState


def check_invariants(facts: Facts) -> None:
    """Raise ``TunebookError`` when the parts of the facts contradict each other: a bug of ours."""
    for index, trial in enumerate(facts.trials):
        found = _problems(facts, index, trial)
        if found:
            raise TunebookError(f"Trial {trial.number} is inconsistent: {', '.join(found)}")
    best = find_best(facts)
    if best != facts.best:
        raise TunebookError("The incumbent is not the best trial")
    if facts.steps_done != sum(trial.steps_done for trial in facts.trials):
        raise TunebookError("The steps of the trials do not add up to the study's")
    if facts.n_final.total() != sum(trial.state.is_final for trial in facts.trials):
        raise TunebookError("The count of final trials is wrong")
    limit = facts.budget.trials
    if limit is not None and facts.progress(facts.last_at).n_created > limit:
        raise TunebookError("More trials were created than the budget allows")


def _problems(facts: Facts, index: int, trial: Trial) -> list[str]:
    attempt = facts.attempts.get(trial.number)
    is_running = trial.state is TrialState.RUNNING
    is_held = trial.state is TrialState.PAUSED and attempt is not None and attempt.is_held
    claims = {
        "its number is not its place": trial.number != index,
        "it runs without a worker": is_running and (attempt is None or attempt.is_held),
        "it has a worker but does not run": attempt is not None and not (is_running or is_held),
        "it waits although it is final or runs": trial.number in facts.waiting
        and (trial.state.is_final or is_running),
        "it has a value although it may not": trial.value is not None and not trial.state.has_value,
        "it is final without an end": trial.state.is_final and trial.ended_at is None,
        "it is alive and not listed, or the reverse": trial.state.is_final
        == (trial.number in facts.alive),
        "it holds checkpoints and is not listed, or the reverse": bool(trial.checkpoints)
        != (trial.number in facts.holders),
        "it waits and nobody will launch it": trial.state in {TrialState.QUEUED, TrialState.LOST}
        and (trial.number in facts.waiting) == (trial.number in facts.set_aside),
    }
    return [claim for claim, is_true in claims.items() if is_true]
