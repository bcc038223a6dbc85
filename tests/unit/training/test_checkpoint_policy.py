"""The rule of when to save weighs what saving costs against what would be lost."""

from __future__ import annotations

from tunebook.training.checkpoint_policy import CheckpointPolicy


def test_nothing_is_due_before_thirty_seconds_would_be_lost() -> None:
    policy = CheckpointPolicy(step=0, seconds=0.0)
    assert not policy.is_due(5, 30.0)
    assert policy.is_due(6, 30.1)


def test_the_time_that_would_be_lost_counts_from_the_last_save() -> None:
    policy = CheckpointPolicy(step=0, seconds=0.0)
    policy.saved(6, 31.0, cost_s=0.1)
    assert not policy.is_due(7, 60.0)
    assert policy.is_due(8, 61.5)


def test_an_improvement_is_saved_once_saving_is_cheap_beside_the_training() -> None:
    policy = CheckpointPolicy(step=0, seconds=0.0)
    policy.has_improved = True
    assert not policy.is_due(1, 0.1)
    assert policy.is_due(2, 0.2)


def test_a_costly_save_makes_improvements_wait() -> None:
    policy = CheckpointPolicy(step=0, seconds=0.0)
    policy.saved(1, 1.0, cost_s=0.5)
    policy.has_improved = True
    assert not policy.is_due(2, 10.9)
    assert policy.is_due(3, 11.1)


def test_a_very_costly_save_makes_even_the_thirty_seconds_wait() -> None:
    policy = CheckpointPolicy(step=0, seconds=0.0)
    policy.saved(1, 0.0, cost_s=5.0)
    assert not policy.is_due(2, 99.0)
    assert policy.is_due(3, 100.0)


def test_a_save_uses_the_improvement_up() -> None:
    policy = CheckpointPolicy(step=0, seconds=0.0)
    policy.has_improved = True
    policy.saved(1, 1.0, cost_s=0.001)
    assert not policy.is_due(2, 20.0)


def test_a_step_is_never_saved_twice() -> None:
    policy = CheckpointPolicy(step=4, seconds=0.0)
    assert not policy.is_due(4, 1000.0)


def test_every_n_steps_replaces_the_rule_of_time() -> None:
    policy = CheckpointPolicy(step=0, seconds=0.0, every_steps=3)
    policy.has_improved = True
    assert [step for step in (1, 2, 3) if policy.is_due(step, 500.0 * step)] == [3]
