"""What holds for all tests: fixed examples of Hypothesis, and a time limit for each folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# The same examples everywhere, so that a red test is red for everyone. To look for new ones:
# pytest --hypothesis-profile=explore
settings.register_profile("fixed", derandomize=True, database=None, deadline=None, max_examples=50)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile("fixed")

# Seconds for one test; the 10 of pyproject.toml are for unit tests.
LIMIT_BY_FOLDER = {
    "architecture": 60,
    "integration": 120,
    "crash": 300,
    "ray": 180,
    "browser": 120,
    "docs": 300,
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test outside unit/ the limit of its folder, unless it sets its own."""
    tests = Path(__file__).parent
    for item in items:
        limit = LIMIT_BY_FOLDER.get(item.path.relative_to(tests).parts[0])
        if limit is not None and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(limit))
