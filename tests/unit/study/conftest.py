"""A study that a driver has taken up."""

from __future__ import annotations

import pytest

from study_so_far import StudySoFar


@pytest.fixture
def study() -> StudySoFar:
    return StudySoFar()
