"""Population based training: S0.15, S0.19, S0.27."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest

from tunebook.errors import SearchError
from tunebook.records import Configuration, Objective, Trial, TrialNumber, TrialState
from tunebook.search.disturbance import disturbed
from tunebook.search.evolution import Evolution
from tunebook.search.lineage import Leg, changes, lineage
from tunebook.search.options import options_of
from tunebook.search.population import Population, n_replaced
from tunebook.search.protocol import Clone, Decision, History, Randomness, Start, Stop
from tunebook.space import Bool, Choice, Float, Int, Space
from tunebook.testing.searcher_suite import check, noise_of
from tunebook.testing.simulation import Problem, simulate

MAXIMIZE = Objective.of(maximize="score")


def quadratic(legs: Sequence[Leg], n_steps: int = 400) -> list[float]:
    """Return 1.2 - a^2 - b^2 after each step of descent from (0.9, 0.9) along a schedule.

    The gradient followed is that of h1 a^2 + h2 b^2: with h = (1, 0), b never moves.
    """
    point, values = [0.9, 0.9], []
    for place, leg in enumerate(legs):
        end = n_steps if place + 1 == len(legs) else leg.to_step
        for _ in range(end - leg.from_step):
            for axis, name in enumerate(("h1", "h2")):
                point[axis] -= 0.02 * 2.0 * leg.config[name] * point[axis]
            values.append(1.2 - point[0] ** 2 - point[1] ** 2)
    return values


def toy(space: Space, n_steps: int = 400) -> Problem:
    return Problem(
        space=space,
        function=noise_of,
        objective=MAXIMIZE,
        max_steps=n_steps,
        of_lineage=lambda legs: quadratic(legs, n_steps),
    )


@dataclass
class TwoSpecialists:
    """Two members, the first of which see one axis each; a round every five steps."""

    explore_prob: float
    blind: float = 0.0
    name: str = "two specialists"
    watches_running: bool = False

    def decide(self, history: History, slots: int, rng: Randomness) -> Sequence[Decision]:
        population = Population(
            history=history,
            own=history.own,
            rng=rng,
            n_members=2,
            n_copies=1,
            ends=[*range(5, 400, 5), None],
            explore_prob=self.explore_prob,
        )
        decisions = list(population.decide(slots))
        seen = [(1.0, self.blind), (self.blind, 1.0)][len(history.trials) :]
        starts = [i for i, d in enumerate(decisions) if isinstance(d, Start)]
        for i, (h1, h2) in zip(starts, seen, strict=False):
            config = Configuration({"h1": h1, "h2": h2})
            decisions[i] = replace(decisions[i], config=config)
        return decisions


def best_of_specialists(searcher: TwoSpecialists, space: Space, seed: int) -> float:
    history = simulate(searcher, toy(space), trials=200, workers=2, seed=seed)
    return max(trial.value or 0.0 for trial in history.trials)


@pytest.mark.parametrize("seed", range(50))
def test_specialists_complete_each_other_s0_15(seed: int) -> None:
    space = Space(h1=Float(0.0, 1.0), h2=Float(0.0, 1.0))
    assert best_of_specialists(TwoSpecialists(0.25), space, seed) >= 1.19


def test_a_factor_alone_never_leaves_zero_but_evolution_does_s0_15() -> None:
    almost_zero = Space(h1=Float(1e-30, 1.0, log=True), h2=Float(1e-30, 1.0, log=True))
    stuck = best_of_specialists(TwoSpecialists(0.0, blind=1e-30), almost_zero, 0)
    assert stuck == pytest.approx(0.39, abs=0.001)
    with_zero = Space(h1=Float(0.0, 1.0), h2=Float(0.0, 1.0))
    assert best_of_specialists(TwoSpecialists(0.0), with_zero, 0) >= 1.19


def test_knobs_have_the_platforms_ranges_and_defaults_s0_15() -> None:
    knobs = {o.name: (o.low, o.high, o.default) for o in options_of(Evolution)}
    assert knobs == {
        "population": (1, 10, 8),
        "rounds": (5, 50, 10),
        "perturb_interval": (1, 20, 10),
        "perturb_ratio": (0.0, 0.5, 0.5),
        "explore_prob": (0.0, 1.0, 0.25),
    }
    with pytest.raises(SearchError, match="above 0, up to"):
        Evolution(perturb_ratio=0.0)


@pytest.mark.parametrize(
    ("population", "ratio", "expected"),
    [(8, 0.5, 4), (7, 0.5, 3), (10, 0.25, 3), (10, 0.3, 3), (5, 0.01, 1), (2, 0.5, 1), (1, 0.5, 0)],
)
def test_number_of_copies_s0_15(population: int, ratio: float, expected: int) -> None:
    assert n_replaced(population, ratio) == expected


@pytest.mark.parametrize("workers", [1, 3, 8])
def test_a_round_goes_exactly_as_the_rule_says_s0_15(workers: int) -> None:
    space = Space(h1=Float(0.0, 1.0), h2=Float(0.0, 1.0))
    searcher = Evolution(rounds=5, perturb_interval=4)
    history = simulate(searcher, toy(space, 20), trials=100, workers=workers)
    founders, clones = history.trials[:8], history.trials[8:]
    assert len(clones) == 4 * 4
    at_4 = {t.number: t.curves["score"].values[3] for t in founders}
    worse = sorted(at_4, key=lambda n: at_4[n])[:4]
    stopped = [t.number for t in founders if t.state is TrialState.STOPPED and t.step == 4]
    assert sorted(stopped) == sorted(worse)
    for clone in clones[:4]:
        assert clone.parent in set(at_4) - set(worse)
        assert clone.curves["score"].steps[0] == 5
    ended = [t for t in history.trials if t.state is TrialState.DONE]
    assert len(ended) == 8
    assert {t.step for t in ended} == {20}
    assert sum(t.steps_done for t in history.trials) == 8 * 20


def test_same_study_at_any_parallelism() -> None:
    space = Space(h1=Float(0.0, 1.0), h2=Float(0.0, 1.0))

    def configs(workers: int) -> list[Configuration]:
        searcher = Evolution(rounds=5, perturb_interval=4)
        return [
            t.config for t in simulate(searcher, toy(space, 20), trials=99, workers=workers).trials
        ]

    assert configs(1) == configs(3) == configs(8)


def test_replaying_the_winners_schedule_gives_its_value_s0_15() -> None:
    space = Space(h1=Float(0.0, 1.0), h2=Float(0.0, 1.0))
    history = simulate(Evolution(perturb_interval=5), toy(space, 50), trials=100, workers=3)
    winner = max(history.trials, key=lambda t: t.value or 0.0)
    legs = lineage(history.trials, winner.number)
    assert len(legs) > 1
    assert legs[0].from_step == 0
    assert [leg.to_step for leg in legs[:-1]] == [leg.from_step for leg in legs[1:]]
    assert max(quadratic(legs, winner.step)) == winner.value
    constant = max(quadratic([Leg(winner.number, winner.config, 0, 50)], 50))
    assert constant != winner.value


def test_a_clone_says_what_changed() -> None:
    space = Space(h1=Float(0.0, 1.0), h2=Float(0.0, 1.0))
    history = simulate(Evolution(perturb_interval=5), toy(space, 50), trials=12)
    clone = history.trials[8]
    parent = history.trials[clone.parent or 0]
    assert clone.why is not None
    assert clone.why.startswith(f"copies trial {parent.number}, place ")
    assert "of 8 at step 5: " in clone.why
    assert changes(parent.config, clone.config) in clone.why


def test_ties_are_not_broken_by_number_s0_15() -> None:
    space = Space(h1=Float(0.0, 1.0), h2=Float(0.0, 1.0))
    problem = replace(toy(space, 20), of_lineage=lambda legs: [0.5] * 20)
    stopped = set()
    for seed in range(10):
        history = simulate(Evolution(perturb_interval=4), problem, trials=12, workers=8, seed=seed)
        stopped |= {t.number for t in history.trials[:8] if t.state is TrialState.STOPPED}
    assert stopped == set(range(8))


def test_a_member_that_diverges_is_replaced() -> None:
    space = Space(h1=Float(0.0, 1.0), h2=Float(0.0, 1.0))

    def cliff(legs: Sequence[Leg]) -> list[float]:
        values = quadratic(legs, 20)
        return [v if legs[-1].config["h1"] < 0.6 or i < 6 else np.nan for i, v in enumerate(values)]

    problem = replace(toy(space, 20), of_lineage=cliff)
    history = simulate(Evolution(perturb_interval=4), problem, trials=200, workers=3)
    broken = [t for t in history.trials if t.state is TrialState.INFEASIBLE]
    assert broken
    last = [t for t in history.trials if t.state.is_final and t.until_step is None]
    assert len(last) == 8
    ended_at = {t.number: t.ended_at for t in broken}
    clones = [t for t in history.trials if t.parent in ended_at]
    assert all(t.created_at < (ended_at[t.parent] or 0.0) for t in clones if t.parent is not None)


def test_a_population_of_one_is_plain_training_s0_15() -> None:
    space = Space(h1=Float(0.0, 1.0), h2=Float(0.0, 1.0))
    history = simulate(Evolution(population=1, perturb_interval=4), toy(space, 20), trials=9)
    assert [(t.state, t.step) for t in history.trials] == [(TrialState.DONE, 20)]


def test_members_end_with_the_last_round_when_nothing_else_ends_them() -> None:
    space = Space(h1=Float(0.0, 1.0), h2=Float(0.0, 1.0))
    problem = replace(toy(space, 400), max_steps=None)
    history = simulate(Evolution(rounds=5, perturb_interval=3), problem, trials=100, workers=4)
    ended = [t for t in history.trials if t.step == 15]
    assert len(ended) == 8
    assert {t.why for t in ended} == {"all 5 rounds are trained"}


def test_parameters_that_change_shapes_are_refused_s0_27() -> None:
    space = Space(lr=Float(1e-4, 1.0, log=True), depth=Int(1, 5, kind="structure"))
    history = History(space, MAXIMIZE, (), max_steps=100, can_pause=True)
    with pytest.raises(SearchError, match=r"change their shapes.*depth"):
        Evolution().decide(history, 1, Randomness(0))


@pytest.mark.parametrize("workers", [1, 8])
def test_a_function_that_does_not_track_its_state_is_refused(workers: int) -> None:
    space = Space(h1=Float(0.0, 1.0), h2=Float(0.0, 1.0))
    problem = replace(toy(space, 100), is_tracked=False)
    with pytest.raises(SearchError, match=r"trial\.track"):
        simulate(Evolution(), problem, trials=100, workers=workers)


def test_rounds_longer_than_half_a_training_are_refused() -> None:
    space = Space(h1=Float(0.0, 1.0), h2=Float(0.0, 1.0))
    history = History(space, MAXIMIZE, (), max_steps=15, can_pause=True)
    with pytest.raises(SearchError, match="at most 7"):
        Evolution().decide(history, 1, Randomness(0))


def test_where_no_weights_can_be_handed_over_settings_are_s0_19() -> None:
    space = Space(x=Float(-1.0, 1.0), y=Float(-1.0, 1.0))
    problem = Problem(space, lambda c: (c["x"] - 0.3) ** 2 + (c["y"] + 0.4) ** 2)
    history = simulate(Evolution(rounds=5), problem, trials=100, workers=2)
    assert len(history.trials) == 8 + 4 * 4
    assert all(trial.parent is None for trial in history.trials)
    copies = [t for t in history.trials if (t.why or "").startswith("the settings of trial")]
    assert len(copies) == 16


def neighbours(space: Space, config: dict[str, object], explore_prob: float = 0.0) -> set[object]:
    """Return the configurations that a copy may become."""
    history, checked = History(space, MAXIMIZE, ()), space.check(config)
    streams = (np.random.default_rng(seed) for seed in range(40))
    found = {disturbed(checked, history, stream, explore_prob)["a"] for stream in streams}
    return {round(value, 9) if isinstance(value, float) else value for value in found}


def test_neighbours_of_values_s0_15() -> None:
    assert neighbours(Space(a=Float(0.1, 10.0)), {"a": 1.0}) == {0.8, 1.2}
    assert neighbours(Space(a=Float(0.1, 10.0, log=True)), {"a": 1.0}) == {0.8, 1.2}
    assert neighbours(Space(a=Float(0.5, 0.999, log="1-x")), {"a": 0.9}) == {0.88, 0.92}
    assert neighbours(Space(a=Float(0.0, 1.0)), {"a": 0.0}) == {0.0, 0.2}
    assert neighbours(Space(a=Float(0.1, 10.0)), {"a": 10.0}) == {8.0, 10.0}
    assert neighbours(Space(a=Int(1, 9)), {"a": 2}) == {1, 3}
    assert neighbours(Space(a=Int(10, 1000, log=True)), {"a": 100}) == {80, 120}
    assert neighbours(Space(a=Float(0.0, 1.0, step=0.25)), {"a": 0.5}) == {0.25, 0.75}
    assert neighbours(Space(a=Choice(32, 64, 128, ordered=True)), {"a": 64}) == {32, 128}
    assert neighbours(Space(a=Choice(32, 64, 128, ordered=True)), {"a": 128}) == {64, 128}
    assert neighbours(Space(a=Choice("p", "q", "r")), {"a": "q"}) == {"q"}
    assert neighbours(Space(a=Bool()), {"a": True}) == {True}


def test_redrawn_values_come_from_the_whole_range() -> None:
    assert neighbours(Space(a=Choice("p", "q", "r")), {"a": "q"}, 1.0) == {"p", "q", "r"}
    drawn = neighbours(Space(a=Float(0.0, 1.0)), {"a": 0.5}, 1.0)
    assert min(drawn) < 0.1
    assert max(drawn) > 0.9


def test_a_trial_that_is_no_clone_has_one_leg() -> None:
    trial = Trial(TrialNumber(0), TrialState.DONE, Configuration({"a": 1}), 0.0, step=7)
    assert lineage([trial], trial.number) == [Leg(trial.number, trial.config, 0, 7)]


def test_clones_come_before_their_parents_train_on() -> None:
    space = Space(h1=Float(0.0, 1.0), h2=Float(0.0, 1.0))
    seen: list[Sequence[Decision]] = []

    @dataclass
    class Watched:
        name: str = "watched"
        watches_running: bool = False

        def decide(self, history: History, slots: int, rng: Randomness) -> Sequence[Decision]:
            decisions = Evolution(perturb_interval=4).decide(history, slots, rng)
            check(decisions, history, slots)
            seen.append(decisions)
            return decisions

    simulate(Watched(), toy(space, 8), trials=100, workers=1)
    flat = [d for decisions in seen for d in decisions]
    first_clone = next(i for i, d in enumerate(flat) if isinstance(d, Clone))
    assert all(isinstance(d, Stop) for d in flat[first_clone - 4 : first_clone])
    assert all(isinstance(d, Clone) for d in flat[first_clone : first_clone + 4])
