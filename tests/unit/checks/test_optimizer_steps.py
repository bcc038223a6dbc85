"""What an optimizer does with a gradient names its own cause; sound ones pass."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from tunebook.checks.check import Conclusion
from tunebook.checks.experiments import Look
from tunebook.checks.optimizer_steps import CHECK, StepFigures
from tunebook.records import Configuration
from tunebook.records.finding import Verdict

SOUND = StepFigures(
    n_tensors=4,
    n_held=4,
    is_own=True,
    has_own_rate=True,
    gradient=1.2,
    weights=8.0,
    losses=(2.3, 2.1, 2.0, 1.9),
    moved=(0.01, 0.01, 0.01),
    left=(0.0,) * 400,
    rates=(0.1,) * 400,
    clipped=0.015,
    free=0.015,
    n_elements=4000,
    decay=(0.02, 0.01),
)


def concluded(length=1000, config=None, **changes):
    config = Configuration(config or {})
    found = CHECK.next(config, length, {Look("optimizer-steps", config): replace(SOUND, **changes)})
    assert isinstance(found, Conclusion)
    return found.findings


def test_sound_optimizer_passes_with_the_size_of_its_step():
    (found,) = concluded()
    assert found.verdict is Verdict.PASS
    assert found.value == "a step is 0.015 of the weights, at a rate of 0.1"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n_held": 0, "gradient": 0.0}, "not given to the optimizer"),
        ({"left": tuple(map(float, range(400)))}, "gradients are never reset"),
        ({"free": 0.0, "is_reset": True}, "reset before the step"),
        ({"free": 0.0, "rates": (0.0,) * 400}, "learning rate is zero"),
        ({"free": 0.0}, "step of the optimizer does nothing"),
        ({"free": 1e-8}, "clipping"),
        ({"rates": (*(0.1,) * 20, *(0.0,) * 380)}, "schedule reaches zero"),
        ({"rates": tuple(0.1 * 0.9**t for t in range(400))}, "schedule reaches zero"),
        (
            {"rates": tuple(0.1 * 0.1 ** ((t >= 30) + (t >= 60)) for t in range(400))},
            "every update",
        ),
        ({"left": tuple(t % 16.0 for t in range(400)), "free": 0.22}, "summed over the parts"),
        ({"free": 5e-5}, "clipping"),
        ({"betas": (0.999, 0.9)}, "betas of Adam are exchanged"),
        ({"betas": (0.99, 0.98)}, "betas of Adam are exchanged"),
        ({"l2": 0.1}, "weight decay is too strong: Adam adds it"),
        ({"shrinking": 0.01}, "it shrinks the weights to nothing"),
        ({"adam_rate": 0.1, "moved": (1.4, 0.6, 0.5)}, "too high for Adam"),
        ({"decay": (0.97, 0.01), "free": 0.1}, "weight decay is too strong"),
        ({"moved": (30.0, 5.0, 2.0), "losses": (2.3, 90.0, 300.0, 500.0)}, "rate is too high"),
        ({"moved": (30.0, 0.0, 0.0), "losses": (2.3, 9.0, math.nan)}, "rate is too high"),
    ],
)
def test_mistake_is_the_one_cause_that_is_named(changes, words):
    (found,) = concluded(**changes)
    assert found.verdict is Verdict.PROBLEM
    assert words in found.causes[0]


@pytest.mark.parametrize(
    "changes",
    [
        # Adam on a large gradient, a warm-up, restarts, drops by ten, a decay over all updates.
        {"gradient": 500.0, "free": 1e-3, "rates": (1e-3,) * 400},
        {"rates": tuple(1e-3 * min(1.0, (t + 1) / 100) for t in range(400)), "base": 1e-3},
        {"rates": tuple(0.1 * (1 + math.cos(math.pi * (t % 50) / 50)) for t in range(400))},
        {"rates": tuple(0.1 * 0.1 ** (t // 150) for t in range(400))},
        {"rates": tuple(0.1 * (1 + math.cos(math.pi * t / 1000)) for t in range(400))},
        {"left": tuple(float(t % 4) for t in range(400))},
        {"moved": (3.0, 1.0, 0.5)},
        {"left": tuple(t % 16.0 for t in range(400))},
        {"betas": (0.9, 0.999), "l2": 0.01, "adam_rate": 0.01, "moved": (0.6, 0.5, 0.4)},
        {"betas": (0.9, 0.95), "shrinking": 1e-4},
        {"adam_rate": 0.1, "moved": (1.4, 0.6, 0.5), "n_tensors": 2},
        {"moved": (3.0, 1.0, 0.5), "losses": (2.0, 4.0), "has_own_rate": False},
        {"decay": (0.9, 0.9), "free": 0.1},
        {"decay": (0.9, 0.1), "free": 1e-5, "rates": (1e-4,) * 400},
    ],
)
def test_what_sound_optimizers_do_is_no_problem(changes):
    assert all(found.verdict is not Verdict.PROBLEM for found in concluded(**changes))


def test_average_of_weights_that_is_longer_than_training_never_follows():
    (found,) = concluded(300, {"polyak": 0.999})
    assert "never follows the weights" in found.causes[0]
    assert found.value == "74% of it are the first weights after 300 updates"
    assert concluded(3000, {"polyak": 0.999})[0].verdict is Verdict.PASS


def test_schedule_of_the_configuration_is_judged_over_the_length_of_training():
    own = {"is_own": False, "rates": (0.1,) * 8}
    steep = {"schedule": "exponential", "decay_factor": 1e-4, "decay_interval": 0.1}
    (found,) = concluded(config=steep, **own)
    assert "schedule reaches zero" in found.causes[0]
    (ramp,) = concluded(config={"warmup": 1.0}, **own)
    assert "warm-up is as long as training" in ramp.causes[0]
    for schedule in ("cosine", "linear", "exponential", "multistep", "plateau"):
        (sound,) = concluded(config={"schedule": schedule, "warmup": 0.1}, **own)
        assert sound.verdict is Verdict.PASS


def test_clip_norm_of_the_configuration_that_lets_nothing_move_is_told():
    (found,) = concluded(config={"clip_norm": 1e-6}, is_own=False, clipped=1e-8)
    assert "clipping" in found.causes[0]
    (sound,) = concluded(config={"clip_norm": 0.1}, is_own=False, clipped=1e-3)
    assert sound.verdict is Verdict.PASS


def test_own_warm_up_that_outlasts_training_is_told():
    rates = tuple(0.1 * t / 1e6 for t in range(1, 401))
    (found,) = concluded(length=300, rates=rates, base=0.1)
    assert "warm-up is as long as training" in found.causes[0]


def test_own_schedule_that_ends_late_in_training_is_a_notice():
    rates = (*(0.1,) * 300, *(0.0,) * 100)
    (found,) = concluded(length=400, rates=rates)
    assert (found.verdict, "from update 300 on" in found.title) == (Verdict.NOTICE, True)


def test_steps_that_could_not_be_looked_at_are_unknown():
    (found,) = concluded(gradient=0.0)
    assert found.verdict is Verdict.UNKNOWN
