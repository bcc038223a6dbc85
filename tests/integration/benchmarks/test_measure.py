"""Measuring a method on a problem, on simulated time."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from benchmarks.search import measure as measuring
from benchmarks.search import synthetic
from benchmarks.search.measure import Case, Setting, measure
from benchmarks.search.peers import client, server
from benchmarks.search.peers.protocol import Ask
from benchmarks.search.problems import MINIMIZE, BenchProblem, linear_regret

from tunebook.space import Float, Space


def curves_problem(name, bench):
    """Return curves that fall from 10 to x within ten steps."""
    return BenchProblem(
        name=name,
        space=Space(x=Float(0.0, 1.0)),
        curve=lambda config, noise: [config["x"] + 10.0 - step for step in range(1, 11)],
        regret=linear_regret(0.0, 0.5),
        objective=MINIMIZE,
        max_steps=10,
    )


def shortened_problem(name, bench):
    """Return the same curves, whose training stops by itself after eight of ten steps."""
    whole = curves_problem(name, bench)
    return replace(whole, curve=lambda config, noise: whole.curve(config, noise)[:8])


def test_the_same_case_gives_the_same_result():
    case = Case("random", "synthetic/hartmann6-noisy", 3, Setting(budget=20))
    first, second = measure(case, None), measure(case, None)
    assert first["trace"] == second["trace"]
    assert first["n_trials"] == 20


def test_regret_is_of_the_value_without_noise():
    case = Case("random", "synthetic/hartmann6-noisy", 0, Setting(budget=60))
    # Values with this noise go far below the optimum; the regret of a configuration cannot.
    assert min(regret for _, regret, _ in measure(case, None)["trace"]) > 0.0


def test_failed_trials_count_and_have_no_value():
    found = measure(Case("random", "synthetic/cliff6", 0, Setting(budget=40)), None)
    assert found["n_failed"] > 0
    assert all(math.isfinite(regret) for _, regret, _ in found["trace"])


@pytest.mark.parametrize("name", ["hartmann6", "ackley5", "one-of-ten", "optimizers", "hash"])
def test_random_configurations_have_a_median_regret_of_one(name):
    import numpy as np

    problem, rng = synthetic.load(f"synthetic/{name}"), np.random.default_rng(7)
    regrets = [
        problem.regret(problem.curve(problem.space.sample(rng), rng)[-1]) for _ in range(900)
    ]
    assert np.median(regrets) == pytest.approx(1.0, abs=0.12)
    assert min(regrets) > 0.0


def test_resuming_is_charged(monkeypatch):
    monkeypatch.setattr(measuring, "load", curves_problem)
    method = "asha:first_rung=2"
    free = measure(Case(method, "curves", 0, Setting("curves", 5)), None)
    dear = measure(Case(method, "curves", 0, Setting("curves", 5, resume=1.0)), None)
    assert 0 < dear["n_resumes"] < free["n_resumes"]
    assert max(used for used, _, _ in dear["trace"]) <= 5.0


def test_several_workers_are_simulated_on_the_durations_of_the_problem(monkeypatch):
    monkeypatch.setattr(measuring, "load", curves_problem)
    one = measure(Case("random", "curves", 0, Setting("curves", 8)), None)
    four = measure(Case("random", "curves", 0, Setting("curves", 8, workers=4)), None)
    assert one["trace"][-1][0] == pytest.approx(one["trace"][-1][2])  # a full training, a second
    assert four["trace"][-1][2] <= 2.0


class FirstStops:
    """A peer that stops its first trial at step 3 and remembers what it was told."""

    watches = True

    def __init__(self):
        self.told, self.n_asked = [], 0

    def ask(self):
        self.n_asked += 1
        return Ask(self.n_asked - 1, {"x": 0.5})

    def report(self, id, step, value):
        return id == 0 and step == 3

    def tell(self, id, value, step, state):
        self.told.append((id, value, step, state))


class InThisProcess:
    """Answers as a server does, without a process."""

    def __init__(self, peer):
        self.peer = peer

    def call(self, message):
        if message["do"] == "start":
            return {"watches": self.peer.watches, "cpu_s": 0.0}
        return {**server.decide(self.peer, message["events"], message["slots"]), "cpu_s": 0.25}


def test_a_peer_is_told_every_trial_once_and_its_cpu_time_counts(monkeypatch):
    peer = FirstStops()
    monkeypatch.setattr(measuring, "load", curves_problem)
    monkeypatch.setattr(client, "process_of", lambda method: InThisProcess(peer))
    found = measure(Case("syne-asha", "curves", 0, Setting("curves", 2)), None)
    assert peer.told[:2] == [(0, 7.5, 3, "stopped"), (1, 0.5, 10, "done")]
    assert found["n_trials"] == 3
    assert found["cpu_ms"]["mean"] > 250.0


class AlwaysFurther(FirstStops):
    """A peer that wants its first trial three steps further each time, then another trial."""

    watches = False

    def ask(self):
        self.n_asked += 1
        ends = [3, 6, 9, 12]
        if self.n_asked <= len(ends):
            return Ask(0, {"x": 0.5}, ends[self.n_asked - 1])
        return Ask(self.n_asked, {"x": 0.25})


def test_a_trial_that_has_ended_is_not_continued_but_told_again(monkeypatch):
    peer = AlwaysFurther()
    monkeypatch.setattr(measuring, "load", shortened_problem)
    monkeypatch.setattr(client, "process_of", lambda method: InThisProcess(peer))
    found = measure(Case("smac-mf", "curves", 0, Setting("curves", 2)), None)
    assert [(id, step, state) for id, _, step, state in peer.told[:4]] == [
        (0, 3, "paused"),
        (0, 6, "paused"),
        (0, 8, "done"),
        (0, 8, "done"),
    ]
    assert "error" not in found


def test_an_error_of_a_peer_is_a_result(monkeypatch):
    def broken(method):
        raise client.PeerError("no such library")

    monkeypatch.setattr(client, "process_of", broken)
    found = measure(Case("optuna-tpe", "synthetic/hash", 0, Setting(budget=3)), None)
    assert found["error"] == "PeerError: no such library"
