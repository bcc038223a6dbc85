"""Verdict tags of a trial (S4.24 to S4.26) reach the table, the trial's page and the report."""

from __future__ import annotations

from tunebook.engine import Facts, replay
from tunebook.records import (
    Configuration,
    DriverStarted,
    Series,
    StudyCreated,
    TrialBegan,
    TrialCreated,
    TrialEnded,
    TrialNumber,
    TrialReported,
)
from tunebook.reports.lights import judged
from tunebook.reports.snapshot import snapshot
from tunebook.reports.trial_messages import TrialQuery, trial_message, trials_message
from tunebook.testing.samples import sample_spec

SHAPES = {
    "still improves": [0.01 * step for step in range(30)],
    "overfits strongly": [0.9 - 0.04 * abs(step - 18) for step in range(30)],
    "saturated early": [0.5 * (1 - 0.5**step) + 0.001 * (step * 7 % 5) for step in range(30)],
}


def study() -> Facts:
    """Return a study with a trial of each shape."""
    events: list = [StudyCreated(0.0, sample_spec()), DriverStarted(0.0, "host:1", 1)]
    for i, values in enumerate(SHAPES.values()):
        number = TrialNumber(i)
        series = Series.of(range(1, 31), values, range(1, 31))
        events += [
            TrialCreated(1.0, number, Configuration({"lr": 0.1}), until_step=None),
            TrialBegan(1.0, number, 0),
            TrialReported(1.5, number, {"val_accuracy": series}),
            TrialEnded(2.0, number, 30, 30.0),
        ]
    return replay(events)


def test_s4_24_s4_26_tags_stand_in_the_table_and_their_evidence_with_the_trial():
    facts = study()
    rows = trials_message(facts, 7, TrialQuery()).rows
    for row, wanted in zip(rows, SHAPES, strict=True):
        assert list(row.tags) == [wanted]
        message = trial_message(facts, 7, row.number, path_of=lambda ref: "")
        assert [one.title for one in message.verdicts] == [wanted]
        assert all(one.evidence and one.advice and one.source for one in message.verdicts)


def test_s4_25_distance_of_the_best_makes_a_curve_noisy():
    facts = study()
    assert judged(facts, 1).gap is not None
    (row, *_) = trials_message(facts, 7, TrialQuery(), gap=-1.0).rows
    assert "noisy at the end" in row.tags


def test_report_holds_tags_and_verdicts():
    whole = snapshot(study(), 9, 1.0, path_of=lambda ref: "")
    assert [list(row.tags) for row in whole.trials.rows] == [[name] for name in SHAPES]
    assert [one.verdicts[0].title for one in whole.details.values()] == list(SHAPES)


def test_s4_27_count_of_the_good_region_is_found_and_on_its_light():
    judgement = judged(study(), 1)
    (region,) = (one for one in judgement.findings if one.id == "good-region")
    assert region.title == "Trials in the good region: 1, which is thin"
    assert "of the best" in region.evidence
    (light,) = (one for one in judgement.lights if one.id == "enough-points")
    assert "good region: 1" in light.title


def test_s0_32_page_of_a_trial_says_what_stopping_early_would_have_done():
    values = [0.5, 0.6, *[0.55] * 12, 0.7, *[0.65] * 15]
    number = TrialNumber(0)
    told = [
        StudyCreated(0.0, sample_spec(max_steps=30)),
        DriverStarted(0.0, "host:1", 1),
        TrialCreated(1.0, number, Configuration({"lr": 0.1}), until_step=None),
        TrialBegan(1.0, number, 0),
        TrialReported(1.5, number, {"val_accuracy": Series.of(range(1, 31), values, range(1, 31))}),
    ]
    running = trial_message(replay(told), 5, 0, path_of=lambda ref: "")
    assert running.observers == []
    ended = replay([*told, TrialEnded(2.0, number, 30, 30.0)])
    assert trial_message(ended, 6, 0, path_of=lambda ref: "").observers == [
        "Stopping early with patience 10 would end it at step 12, save 18 steps "
        "and miss 0.1 of val_accuracy."
    ]
