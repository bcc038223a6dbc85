"""S4.20: five lights before conclusions, each from the facts of the study itself."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest

from tunebook.engine import Facts, replay
from tunebook.records import (
    Configuration,
    DriverStarted,
    Failure,
    FailureKind,
    Series,
    StudyCreated,
    TrialBegan,
    TrialCreated,
    TrialEnded,
    TrialFailed,
    TrialNumber,
    TrialReported,
)
from tunebook.reports.lights import judged
from tunebook.testing.samples import sample_spec

GREEN, AMBER, RED = "pass", "notice", "problem"
NAMES = ["wide-enough", "enough-points", "infeasible-share", "optimization", "curves"]


def study(rates: Sequence[float], curve_of, n_diverged: int = 0) -> Facts:
    """Return a study of a trial for each rate, and some more whose loss was not a number."""
    spec = sample_spec()
    events: list = [StudyCreated(0.0, spec), DriverStarted(0.0, "host:1", 1)]
    rates = [*rates, *[0.05] * n_diverged]
    for i, rate in enumerate(rates):
        number, is_bad = TrialNumber(i), i >= len(rates) - n_diverged
        events += [
            TrialCreated(1.0, number, Configuration({"lr": rate}), until_step=None),
            TrialBegan(1.0, number, 0),
        ]
        if is_bad:
            failure = Failure(FailureKind.DIVERGED, "val_accuracy was nan")
            events.append(TrialFailed(2.0, number, failure, 1.0))
            continue
        values = curve_of(i)
        series = Series.of(range(1, len(values) + 1), values, range(1, len(values) + 1))
        events += [
            TrialReported(1.5, number, {"val_accuracy": series}),
            TrialEnded(2.0, number, len(values), 1.0),
        ]
    return replay(events)


def lights(facts: Facts) -> dict[str, str]:
    return {light.id: light.level for light in judged(facts, 1).lights}


def settled(best: float) -> list[float]:
    wobble = itertools.cycle([0.0, 0.002, -0.001, -0.002, 0.001])
    return [best * (1 - 0.5**s) + next(wobble) for s in range(1, 31)]


MIDDLE = [1e-3 * 1.2**k for k in range(12)]


def test_s4_20_five_answers_and_nothing_about_an_empty_study():
    facts = study(MIDDLE, lambda i: settled(0.9 - 0.01 * abs(i - 6)))
    assert list(lights(facts)) == NAMES
    assert judged(replay([StudyCreated(0.0, sample_spec())]), 1).lights == []
    assert judged(facts, 7).seq == 7


def test_s4_20_infeasible_share_is_red_beyond_half():
    def level(n: int) -> str:
        facts = study(MIDDLE, lambda i: settled(0.9 - 0.01 * abs(i - 6)), n_diverged=n)
        return lights(facts)["infeasible-share"]

    assert [level(2), level(6), level(14)] == [GREEN, AMBER, RED]


def test_s4_20_best_trials_at_an_edge_make_the_space_red():
    low = [1.1e-5, 1.5e-5, 2e-5, *MIDDLE]
    at_edge = study(low, lambda i: settled(0.95 if i < 3 else 0.7))
    inside = study(low, lambda i: settled(0.95 if i in {8, 9, 10} else 0.7))
    assert (lights(at_edge)["wide-enough"], lights(inside)["wide-enough"]) == (RED, GREEN)


@pytest.mark.parametrize(
    ("name", "shape", "level"),
    [
        ("rises again", lambda v: [*settled(v)[:15], *(v - 0.02 * k for k in range(15))], RED),
        ("still improves", lambda v: [v * (k + 1) / 30 for k in range(30)], AMBER),
        ("too short", lambda v: [v] * 3, AMBER),
    ],
)
def test_s4_20_curves_of_the_best_trials_are_seen(name, shape, level):
    facts = study(MIDDLE, lambda i: shape(0.9 - 0.02 * abs(i - 6)))
    assert lights(facts)["curves"] == level, name


def test_s4_20_one_trial_alone_in_the_good_region_is_thin():
    alone = study(MIDDLE, lambda i: settled(0.95 if i == 6 else 0.5))
    many = study(MIDDLE, lambda i: settled(0.9))
    assert (lights(alone)["enough-points"], lights(many)["enough-points"]) == (AMBER, GREEN)
