"""What a project keeps: every look at the test set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class TestLook:
    """One look at the test set: dated, of one configuration (I2)."""

    __test__ = False  # no test class, whatever pytest thinks of its name

    at: datetime
    value: float
    configuration: Mapping[str, object]


def split_name(looks: Sequence[TestLook]) -> str:
    """Return what the test set may be called: a second look makes it validation (I2)."""
    return "test" if len(looks) <= 1 else f"validation (test set seen {len(looks)} times)"
