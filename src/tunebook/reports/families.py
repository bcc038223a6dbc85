"""A trial's family: whose training it continues, and which trials continue its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tunebook.engine import Facts
from tunebook.records import Trial, TrialNumber
from tunebook.reports.messages import FamilyMessage, KinMessage
from tunebook.search.lineage import changes, lineage

MAX_KIN = 60
"""So many forebears and so many descendants are shown, the nearest."""

N_ANCESTORS = 4
"""So many forebears go with a row: the table names three, and says if there are more."""


def ancestors_of(trials: Sequence[Trial], trial: Trial) -> list[int]:
    """Return the nearest trials whose training a trial continues, its parent first."""
    found: list[int] = []
    while trial.parent is not None and len(found) < N_ANCESTORS:
        found.append(trial.parent)
        trial = trials[trial.parent]
    return found


def family_of(facts: Facts, number: TrialNumber) -> FamilyMessage | None:
    """Return a trial's family (S0.15), None for a trial that neither continues nor is continued."""
    trials = facts.trials
    chain = [_kin(trials, leg.trial, leg.to_step) for leg in lineage(trials, number)]
    below = list(_below(trials, number))
    if len(chain) == 1 and not below:
        return None
    left_out = max(0, len(chain) - MAX_KIN) + max(0, len(below) - MAX_KIN)
    return FamilyMessage(chain[-MAX_KIN:], below[:MAX_KIN], left_out)


def _below(trials: Sequence[Trial], number: TrialNumber) -> Iterator[KinMessage]:
    """Yield the descendants of a trial, each before its own, nearest kin together."""
    children: dict[TrialNumber, list[TrialNumber]] = {}
    for trial in trials[number + 1 :]:
        if trial.parent is not None:
            children.setdefault(trial.parent, []).append(trial.number)
    waiting = [(child, 1) for child in reversed(children.get(number, []))]
    while waiting:
        child, depth = waiting.pop()
        yield _kin(trials, child, trials[child].step, depth)
        waiting += [(one, depth + 1) for one in reversed(children.get(child, []))]


def _kin(trials: Sequence[Trial], number: TrialNumber, to_step: int, depth: int = 0) -> KinMessage:
    trial = trials[number]
    parent = None if trial.parent is None else trials[trial.parent]
    return KinMessage(
        trial=number,
        depth=depth,
        state=str(trial.state),
        value=trial.value,
        from_step=lineage(trials, number)[-1].from_step,
        to_step=to_step,
        change="" if parent is None else changes(parent.config, trial.config),
    )
