"""A study that a driver has taken up."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from study_so_far import StudySoFar


@pytest.fixture
def study() -> StudySoFar:
    return StudySoFar()


@pytest.fixture
def make_study() -> Callable[..., StudySoFar]:
    return StudySoFar
