"""What a project keeps: waivers with their reasons, and every look at the test set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tunebook.errors import InputError


@dataclass(frozen=True, slots=True)
class Waiver:
    """A gate passed in spite of a problem: which, why, when. It appears in the report (S4.1)."""

    gate: str
    reason: str
    at: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse a waiver without a reason."""
        if not self.reason.strip():
            raise InputError("A waiver needs a reason", do="Say why the gate may be passed.")


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
