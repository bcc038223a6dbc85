"""Learning rates are chosen where the truth is known, and refused at the edge."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from noisy_quadratic import noisy_losses
from tunebook.checks.check import Conclusion
from tunebook.checks.learning_rate import CHECK, SWEEP, SweepRun, choose_rate, sweep_runs
from tunebook.checks.readings import NotFinite, Raised, Trained
from tunebook.records import Configuration
from tunebook.records.finding import Verdict

CONFIG = Configuration({"optimizer": "sgd", "sgd.lr": 0.5, "schedule": "cosine", "warmup": 0.1})


def sweep(rates: Sequence[float], *, seed: int = 0) -> list[SweepRun]:
    rng = np.random.default_rng(seed)
    found = []
    for lr in rates:
        losses = noisy_losses(32, lr, 400)
        found.append(SweepRun(lr, (losses * rng.lognormal(sigma=0.1, size=401)).tolist()))
    return found


def examined(train: Callable[[float], object], length: int = 300) -> tuple[Conclusion, dict]:
    """Ask the check, with trainings that a function of the rate makes up."""
    readings: dict = {}
    asked = CHECK.next(CONFIG, length, readings)
    while not isinstance(asked, Conclusion):
        readings |= {e: train(e.config["lr"]) for e in asked}
        asked = CHECK.next(CONFIG, length, readings)
    return asked, readings


def falling(best: float) -> Callable[[float], object]:
    """Return trainings that are the faster the nearer the rate, and diverge at ten times it."""

    def train(lr: float) -> object:
        if lr > 9 * best:
            return NotFinite(3, (2.0, 9.0, math.nan))
        speed = 0.05 / (1 + abs(math.log10(lr / best)))
        return Trained(tuple(2 * math.exp(-speed * t) for t in range(135)))

    return train


def test_s1_9_the_choice_is_near_the_best_of_a_fine_grid():
    fine = np.geomspace(1e-5, 1.0, 25)
    best = fine[int(np.argmin([noisy_losses(32, lr, 400)[-40:].mean() for lr in fine]))]
    chosen = [choose_rate(sweep((*SWEEP, 5.3), seed=seed)) for seed in range(20)]
    near = [c for c in chosen if not c.extension and 1 / 3.5 <= c.best / best <= 3.5]
    assert len(near) >= 18


def test_s1_9_a_best_rate_at_the_edge_is_refused_and_the_sweep_extended():
    choice = choose_rate(sweep((1e-5, 1e-4)))
    assert choice.best == 1e-4
    assert choice.extension == (1e-3, 1e-2)


def test_s1_9_among_runs_as_deep_the_fastest_wins():
    t = np.arange(1000)
    runs = [
        SweepRun(lr, (np.exp(-t / tau) + 0.1).tolist())
        for lr, tau in ((0.001, 400), (0.01, 80), (0.1, 30), (1.0, 60))
    ]
    assert choose_rate(runs).best == 0.1


def test_s1_9_diverged_runs_are_no_choice():
    choice = choose_rate([*sweep((1e-3, 1e-2, 0.1)), SweepRun(1.0, [2.0, math.nan])])
    assert (choice.best, choice.extension, choice.is_below_divergence) == (0.1, (), True)
    assert choose_rate([SweepRun(1.0, [2.0, math.inf])]).extension == (0.1, 0.01)


def test_s1_9_six_rates_then_two_finer_ones_at_a_constant_rate():
    found, readings = examined(falling(0.01))
    assert found.change == {"lr": 0.01}
    assert [e.config["lr"] for e in readings] == [*SWEEP, 0.03, 0.003]
    assert {(e.updates, e.config["schedule"], e.config["warmup"]) for e in readings} == {
        (135, "constant", 0.0)
    }
    assert all("sgd.lr" not in e.config for e in readings)
    assert [run.lr for run in sweep_runs(CONFIG, 300, readings)] == sorted([*SWEEP, 0.03, 0.003])
    assert found.findings[0].verdict is Verdict.PASS


def test_s1_9_sweep_goes_on_beyond_its_edge_and_says_if_that_is_the_best_after_all():
    found, readings = examined(falling(10.0))
    assert found.change == {"lr": 10.0}
    assert len(readings) == 10
    endless, readings = examined(falling(1e9))
    assert endless.findings[0].verdict is Verdict.PROBLEM
    assert "at the edge" in endless.findings[0].title
    assert len(readings) == CHECK.most - 2


def test_rate_just_below_divergence_is_a_notice():
    found, _ = examined(falling(0.01 / 3))
    assert found.findings[0].verdict is Verdict.PASS
    wild = lambda lr: falling(0.1)(lr) if lr <= 0.1 else NotFinite(1, (math.nan,))  # noqa: E731
    assert examined(wild)[0].findings[0].verdict is Verdict.NOTICE


@pytest.mark.parametrize(
    ("train", "verdict", "words"),
    [
        (lambda lr: NotFinite(1, (math.nan,)), Verdict.PROBLEM, "diverges at every rate"),
        (lambda lr: Trained((1.0, *(1.0 + lr for _ in range(99)))), Verdict.PROBLEM, "at no rate"),
        (lambda lr: Trained((2.0, 1.5, 1.0)), Verdict.UNKNOWN, "own optimizer"),
        (lambda lr: Raised("A short training", "ValueError: no"), Verdict.PROBLEM, "raised"),
    ],
)
def test_sweep_that_shows_no_rate_changes_nothing(train, verdict, words):
    found, _ = examined(train)
    assert (found.findings[0].verdict, found.change) == (verdict, {})
    assert words in found.findings[0].title


def test_s0_31_rate_up_to_which_the_loss_falls_is_told():
    assert SweepRun(0.1, [2.0 * 0.99**t for t in range(200)]).falls
    assert not SweepRun(0.1, [2.0 * 1.001**t for t in range(200)]).falls
    rises_first = [2.0, *([5.0] * 40), *([0.5] * 200)]
    assert not SweepRun(0.1, rises_first).falls
    found, _ = examined(falling(0.01))
    assert found.findings[0].value == "0.01; the loss falls at rates up to 0.03"
