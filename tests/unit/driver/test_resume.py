"""A study whose driver is killed after any event ends as the undisturbed one does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest

from tunebook.engine import Launch
from tunebook.records import Budget, Configuration, StudyState, Trial, TrialState
from tunebook.search import Asha, Evolution, Halton
from tunebook.search.protocol import (
    Clone,
    Decision,
    History,
    Randomness,
    Resume,
    Start,
    Stop,
)


@dataclass(frozen=True)
class Rounds:
    """Starts four trials; of these one is stopped, two go on, and the best is cloned twice.

    What it decides depends on results alone, not on their order.
    """

    name: str = "rounds"
    watches_running: bool = False

    def decide(self, history: History, slots: int, rng: Randomness) -> Sequence[Decision]:
        """Return what the present round wants."""
        wanted = list(self._wanted(history))
        stops = [decision for decision in wanted if isinstance(decision, Stop)]
        return stops + [d for d in wanted if not isinstance(d, Stop)][:slots]

    def _wanted(self, history: History) -> Iterator[Decision]:
        trials = history.trials
        for number in range(len(trials), 4):
            yield Start(_config(0.1 + 0.2 * (7 * number % 4)), until_step=2)
        if len(trials) < 4 or not all(_is_at(trial, 2) for trial in trials[:4]):
            return
        best, second, _, worst = sorted(trials[:4], key=lambda trial: -trial.config.lr)
        if worst.state is TrialState.PAUSED:
            yield Stop(worst.number, "the worst of its round")
        for trial in (best, second):
            if not _is_at(trial, 4) and trial.state is TrialState.PAUSED:
                yield Resume(trial.number, until_step=4)
        if _is_at(best, 4) and _is_at(second, 4):
            for number in range(len(trials), 6):
                yield Clone(best.number, _config(0.15 * (number - 3)))
            are_clones_done = len(trials) == 6 and all(_is_at(trial, 6) for trial in trials[4:])
            if are_clones_done and best.state is TrialState.PAUSED:
                yield Resume(best.number)


def _config(lr: float) -> Configuration:
    return Configuration({"lr": lr})


def _is_at(trial: Trial, step: int) -> bool:
    return trial.step >= step and (trial.state is TrialState.PAUSED or trial.state.is_final)


@dataclass(frozen=True)
class Branching:
    """Clones a trial that goes on itself at the same time, in short slices."""

    name: str = "branching"
    watches_running: bool = False

    def decide(self, history: History, slots: int, rng: Randomness) -> Sequence[Decision]:
        """Start one trial, then clone it, and let it go on in slices of two steps."""
        return list(self._wanted(history))[:slots]

    def _wanted(self, history: History) -> Iterator[Decision]:
        if not history.trials:
            yield Start(_config(0.5), until_step=2)
            return
        first = history.trials[0]
        if len(history.trials) < 2 and _is_at(first, 2):
            yield Clone(first.number, _config(0.4))
        if first.state is TrialState.PAUSED:
            yield Resume(first.number, until_step=first.step + 2)


EVOLUTION = Evolution(population=4, rounds=5, perturb_interval=2)
STUDIES = {
    "halton": {"searcher": Halton(), "budget": Budget(trials=5)},
    "halton on three": {"searcher": Halton(), "budget": Budget(trials=7), "n_slots": 3},
    "rounds": {"searcher": Rounds(), "budget": Budget(trials=6)},
    "rounds on two": {"searcher": Rounds(), "budget": Budget(trials=6), "n_slots": 2},
    "rounds on four": {"searcher": Rounds(), "budget": Budget(trials=6), "n_slots": 4},
    "rounds untracked": {"searcher": Rounds(), "budget": Budget(trials=6), "is_tracked": False},
    "branching": {"searcher": Branching(), "budget": Budget(trials=2), "n_slots": 2},
    "asha": {"searcher": Asha(first_rung=2), "budget": Budget(trials=9)},
    "evolution": {"searcher": EVOLUTION, "max_steps": 10, "budget": Budget(trials=9), "n_slots": 2},
    "evolution on one": {"searcher": EVOLUTION, "max_steps": 10, "budget": Budget(trials=9)},
}


@pytest.mark.parametrize("name", STUDIES)
def test_study_cut_after_any_event_ends_as_the_undisturbed_one(make_rig, name):
    undisturbed = make_rig(**STUDIES[name])
    undisturbed.drive()
    log, wanted = undisturbed.events, undisturbed.table
    # The long logs are cut at every third event, which meets each kind of event often enough.
    for n_events in range(1, len(log) + 1, 1 if len(log) < 100 else 3):
        rig = make_rig.of_log(log[:n_events], **STUDIES[name])
        facts = rig.drive()
        assert rig.table == wanted, f"cut after event {n_events}, {log[n_events - 1]}"
        assert facts.state is StudyState.DONE
        assert rig.events[:n_events] == log[:n_events]
        assert TrialState.RUNNING not in {trial.state for trial in facts.trials}


def test_clone_that_is_retried_inherits_the_same_weights_though_its_parent_went_on(make_rig):
    options = STUDIES["branching"]
    undisturbed = make_rig(**options)
    undisturbed.drive()
    log = undisturbed.events
    for n_events in range(1, len(log) + 1):
        rig = make_rig.of_log(log[:n_events], **options)
        rig.drive()
        inherited = [
            c.checkpoints[-1] for c in rig.commands if isinstance(c, Launch) and c.is_clone
        ]
        assert {(ref.trial, ref.step) for ref in inherited} <= {(0, 2)}, log[n_events - 1]


@pytest.mark.parametrize("n_slots", [1, 3])
def test_study_cut_again_and_again_ends_as_the_undisturbed_one(make_rig, n_slots):
    options = {"searcher": Rounds(), "budget": Budget(trials=6), "n_slots": n_slots}
    undisturbed = make_rig(**options)
    undisturbed.drive()
    log = undisturbed.events[:2]
    for n_more in [*range(4, 30)] * 2:
        rig = make_rig.of_log(log, **options)
        rig.drive()
        assert rig.table == undisturbed.table
        if len(rig.events) <= len(log) + n_more:
            break
        log = rig.events[: len(log) + n_more]
    else:
        pytest.fail("the study made no progress")


@pytest.mark.parametrize("name", ["halton on three", "rounds on two"])
def test_steps_budget_is_never_exceeded_whatever_the_driver_died_of(make_rig, name):
    """I7: steps that are repeated after a loss count too."""
    options = STUDIES[name] | {"budget": Budget(steps=17)}
    undisturbed = make_rig(**options)
    undisturbed.drive()
    assert undisturbed.facts.steps_done == 17
    log = undisturbed.events
    for n_events in range(1, len(log) + 1):
        facts = make_rig.of_log(log[:n_events], **options).drive()
        assert facts.steps_done == 17, f"cut after event {n_events}, {log[n_events - 1]}"
