"""Coarse to fine: S2.19, with its measured figures."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pytest

from tunebook.analysis.narrowing import Box, Narrowing, Placed, Stretch, narrowed
from tunebook.errors import SearchError
from tunebook.records import Configuration, Objective, TrialState
from tunebook.search.coarse_to_fine import CoarseToFine
from tunebook.search.protocol import History, Randomness
from tunebook.space import Bool, Choice, Float, Space
from tunebook.testing.searcher_suite import mixed_space
from tunebook.testing.simulation import Problem, simulate

AXES = ("a", "b", "c")
SPACE = Space({name: Float(0.0, 1.0) for name in (*AXES, "useless")})
N_SEEDS = 120


@dataclass(frozen=True)
class Outcome:
    is_contained: bool
    gap: float
    gap_of_random: float
    proposed: frozenset[str]


def run(seed: int) -> Outcome:
    """Search a bowl with its lowest point anywhere in the middle, in 3 x 20 trials."""
    optimum = dict(zip(AXES, np.random.default_rng(seed).uniform(0.1, 0.9, 3), strict=True))

    def height(config: Configuration) -> float:
        return sum((config[name] - optimum[name]) ** 2 for name in AXES)

    problem = Problem(SPACE, height)
    searcher = CoarseToFine()
    history = simulate(searcher, problem, trials=60, workers=20, seed=seed)
    draws = np.random.default_rng(seed + 10_000).random((60, 3))
    first, second, third = searcher.narrowings(history)
    stretches = second.box.stretches
    contained = all(stretches[n].low <= optimum[n] <= stretches[n].high for n in AXES)
    return Outcome(
        is_contained=contained,
        gap=min(t.value for t in history.trials if t.value is not None),
        gap_of_random=float(((draws - list(optimum.values())) ** 2).sum(1).min()),
        proposed=frozenset({*first.insensitive, *second.insensitive, *third.insensitive}),
    )


def test_reaches_the_figures_of_the_rule_s2_19() -> None:
    found = [run(seed) for seed in range(N_SEEDS)]
    share = 1.0 / N_SEEDS
    assert share * sum(o.is_contained for o in found) >= 0.9
    assert share * sum(o.gap < o.gap_of_random for o in found) >= 0.65
    assert share * sum("useless" in o.proposed for o in found) >= 0.65
    for axis in AXES:
        assert share * sum(axis in o.proposed for o in found) <= 0.2
    assert statistics.median(o.gap for o in found) < statistics.median(
        o.gap_of_random for o in found
    )


def test_an_optimum_outside_the_first_range_is_followed_if_a_person_agrees_s2_19() -> None:
    gaps, gaps_of_random = [], []
    for seed in range(60):
        stream = np.random.default_rng(seed)

        def height(point: Mapping[str, float]) -> float:
            return sum((point[name] - 0.5) ** 2 for name in "bc") + (point["a"] - 1.3) ** 2

        box, placed = Box.of(SPACE), []
        for number in (1, 2, 3):
            for _ in range(20):
                sides = box.stretches.items()
                units = {n: s.low + float(stream.random()) * s.width for n, s in sides}
                placed.append(Placed(units, {}, height(units)))
            box = narrowed(box, placed, round_number=number).box
        gaps.append(min(p.value for p in placed))
        draws = (dict(zip((*AXES, "useless"), stream.random(4), strict=True)) for _ in range(60))
        gaps_of_random.append(min(map(height, draws)))
    assert statistics.median(gaps) <= statistics.median(gaps_of_random) / 3.0


def placed(values: list[float], heights: list[float] | None = None) -> list[Placed]:
    heights = heights or [float(i) for i in range(len(values))]
    return [Placed({"x": u}, {}, h) for u, h in zip(values, heights, strict=True)]


def stretch_after(box: Stretch, values: list[float], number: int = 1) -> Narrowing:
    return narrowed(Box({"x": box}, {}), placed(values), round_number=number)


def test_the_stretch_of_the_best_is_widened_by_half_on_each_side_s2_19() -> None:
    found = stretch_after(Stretch(), [0.4, 0.5, 0.45, 0.6, 0.9, 0.1])
    assert found.n_top == 4
    stretch = found.box.stretches["x"]
    assert (stretch.low, stretch.high) == pytest.approx((0.3, 0.7))
    assert not found.extended


def test_a_side_is_clipped_to_the_box_or_moved_out_s2_19() -> None:
    one = stretch_after(Stretch(), [0.95, 0.7, 0.75, 0.8])
    assert one.box.stretches["x"].high == 1.0
    two = stretch_after(Stretch(), [0.95, 0.92, 0.75, 0.8])
    assert two.box.stretches["x"].high == pytest.approx(1.5)
    assert two.extended == {"x": True}
    low = stretch_after(Stretch(0.2, 0.6), [0.21, 0.22, 0.3, 0.35])
    assert low.box.stretches["x"].low == pytest.approx(0.0)
    assert low.extended == {"x": False}


def test_what_spans_most_of_its_range_is_proposed_for_fixing_from_round_two_s2_19() -> None:
    spread = [0.05, 0.3, 0.8, 0.6]
    assert stretch_after(Stretch(), spread, number=1).insensitive == {}
    assert stretch_after(Stretch(), spread, number=2).insensitive == {"x": 0.05}


def test_a_range_is_never_fixed_by_itself() -> None:
    stretch = stretch_after(Stretch(), [0.5, 0.5, 0.5, 0.5]).box.stretches["x"]
    assert stretch.width == pytest.approx(0.1)


def test_values_with_a_fifth_of_the_best_stay_s2_19() -> None:
    box = Box({}, {"k": ("p", "q", "r"), "f": (False, True)})
    names = ["p", "p", "p", "p", "q", "r", "p", "p", "p", "p"]
    trials = [Placed({}, {"k": k, "f": i % 2 == 0}, float(i)) for i, k in enumerate(names * 3)]
    left = narrowed(box, trials, round_number=1).box.values
    assert left == {"k": ("p",), "f": (False, True)}


def test_few_feasible_trials_narrow_nothing() -> None:
    box = Box({"x": Stretch()}, {})
    assert narrowed(box, placed([0.1, 0.2, 0.3]), round_number=1).box == box


def test_a_round_begins_when_the_one_before_has_ended() -> None:
    problem = Problem(SPACE, lambda c: c["a"])
    history = simulate(CoarseToFine(), problem, trials=20)
    running = replace(history.trials[4], state=TrialState.RUNNING, value=None)
    waiting = replace(history, trials=[*history.trials[:4], running, *history.trials[5:]])
    assert CoarseToFine().decide(waiting, 4, Randomness(0)) == []
    assert len(CoarseToFine().decide(history, 4, Randomness(0))) == 4


def test_later_rounds_lie_in_their_box_and_say_so() -> None:
    problem = Problem(SPACE, lambda c: (c["a"] - 0.5) ** 2)
    history = simulate(CoarseToFine(), problem, trials=70, workers=3)
    box = CoarseToFine().narrowings(history)[1].box.stretches["a"]
    late = [t for t in history.trials if t.number >= 40]
    assert len(late) == 30
    assert all(box.low <= t.config["a"] <= box.high for t in late)
    assert all((t.why or "").startswith("round 3 of 3: a from 0.") for t in late)


def test_early_rounds_may_be_short_s2_19() -> None:
    problem = Problem(SPACE, lambda c: [c["a"]] * 100, max_steps=100)
    history = simulate(CoarseToFine(lengths="growing"), problem, trials=60)
    assert [history.trials[i].step for i in (0, 20, 40)] == [5, 22, 100]


@pytest.mark.parametrize("function", [lambda c: 1.0, lambda c: float(len(str(c)))])
def test_goes_through_every_kind_of_parameter(function: object) -> None:
    history = simulate(CoarseToFine(), Problem(mixed_space(), function), trials=65)
    assert len(history.trials) == 65


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(SearchError, match="from 20 to 1000"):
        CoarseToFine(trials_per_round=10)


def test_constraints_hold_in_every_round() -> None:
    space = Space(
        x=Float(0.0, 1.0), y=Float(0.0, 1.0), k=Choice(1, 2), f=Bool(), constraints=["x + y <= 1"]
    )
    history = simulate(CoarseToFine(), Problem(space, lambda c: -c["x"]), trials=60)
    assert all(space.satisfies(t.config) for t in history.trials)
    assert history.objective == Objective.of(minimize="loss")
    assert isinstance(history, History)
