"""Stages are numbered, and the budget is divided without a rest."""

from __future__ import annotations

import pytest

from tunebook.playbook.stages import STAGES, divided


def test_stages_are_numbered_and_share_the_budget():
    assert [stage.number for stage in STAGES] == list(range(9))
    assert sum(stage.share for stage in STAGES) == pytest.approx(1.0)
    steps = divided(10_000)
    assert 9_990 <= sum(steps.values()) <= 10_000
