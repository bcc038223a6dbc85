"""The family of a trial (S0.15): its forebears in order, its descendants as a tree."""

from __future__ import annotations

from tunebook.engine import Facts, replay
from tunebook.records import (
    CheckpointRef,
    Configuration,
    DriverStarted,
    Event,
    StudyCreated,
    TrialBegan,
    TrialCheckpointed,
    TrialCreated,
    TrialNumber,
    TrialReached,
)
from tunebook.reports.families import MAX_KIN, ancestors_of, family_of
from tunebook.testing.samples import sample_report, sample_spec

SLICE = 5


def study(parents: list[int | None]) -> Facts:
    """Return a study in which trial i goes on from ``parents[i]`` and trains a slice."""
    events: list[Event] = [StudyCreated(0.0, sample_spec()), DriverStarted(0.0, "host:1", 1)]
    stands: list[int] = []
    for i, parent in enumerate(parents):
        number, begin = TrialNumber(i), 0 if parent is None else stands[parent]
        end = begin + SLICE
        stands.append(end)
        config, of = Configuration({"lr": 0.1 * (i + 1)}), None
        if parent is not None:
            of = TrialNumber(parent)
        events += [
            TrialCreated(1.0, number, config, until_step=end, parent=of),
            TrialBegan(1.0, number, begin),
            sample_report(i, begin + 1, end, value=0.1 * i),
            TrialCheckpointed(2.0, number, CheckpointRef(number, end, f"{i:064x}")),
            TrialReached(2.0, number, end, 5.0),
        ]
    return replay(events)


def test_s0_15_chain_is_oldest_first_with_the_steps_and_changes_of_each():
    family = family_of(study([None, None, 0, 2]), TrialNumber(3))
    assert family is not None
    assert [(one.trial, one.from_step, one.to_step) for one in family.chain] == [
        (0, 0, 5),
        (2, 5, 10),
        (3, 10, 15),
    ]
    assert [one.change for one in family.chain] == ["", "lr 0.1 → 0.3", "lr 0.3 → 0.4"]
    assert family.descendants == []


def test_s0_15_descendants_follow_their_parent_and_say_how_deep_they_lie():
    family = family_of(study([None, 0, 0, 1, 1, 2, None]), TrialNumber(0))
    assert family is not None
    told = [(one.trial, one.depth) for one in family.descendants]
    assert told == [(1, 1), (3, 2), (4, 2), (2, 1), (5, 2)]
    assert {one.state for one in family.descendants} == {"paused"}


def test_trial_without_kin_has_no_family():
    assert family_of(study([None, None, 1]), TrialNumber(0)) is None


def test_long_chain_is_cut_at_its_far_end():
    facts = study([None, *range(MAX_KIN + 10)])
    family = family_of(facts, TrialNumber(MAX_KIN + 10))
    assert family is not None
    assert (len(family.chain), family.n_left_out) == (MAX_KIN, 11)
    assert family.chain[-1].trial == MAX_KIN + 10
    assert ancestors_of(facts.trials, facts.trials[20]) == [19, 18, 17, 16]
    assert ancestors_of(facts.trials, facts.trials[0]) == []
