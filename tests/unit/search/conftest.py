"""Models are tested as searchers run them: on one thread."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tunebook.search.threads import one_thread


@pytest.fixture(autouse=True)
def _on_one_thread() -> Iterator[None]:
    with one_thread():
        yield
