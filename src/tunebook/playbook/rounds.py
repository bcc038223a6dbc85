"""Rounds with one goal, launches with evidence, waivers: what a project keeps.

A launch without a goal, studies or evidence cannot be made: making it raises.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tunebook.errors import InputError
from tunebook.playbook.adoption import Adoption, Decision
from tunebook.space import Role

_EVEN = frozenset({"random", "halton", "sobol", "grid", "asha", "hyperband", "median"})
"""Searchers whose configurations do not depend on results, though some stop trials by them."""


class Mode(StrEnum):
    """What a round is for (S4.13)."""

    EXPLORE = "explore"
    """Insight: samplers that do not adapt, all plots."""
    EXPLOIT = "exploit"
    """The best value: adaptive searchers allowed, their axis plots carry a warning (I6)."""


@dataclass(frozen=True, slots=True)
class Round:
    """One round: its goal, who is what, its studies, and what it concluded."""

    goal: str
    mode: Mode = Mode.EXPLORE
    roles: Mapping[str, Role] = field(default_factory=dict)
    study_ids: tuple[str, ...] = ()
    conclusion: str = ""
    caveats: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a round without a goal (S4.12)."""
        if not self.goal.strip():
            raise InputError("A round needs a goal", do="Say in a sentence what it is to answer.")


@dataclass(frozen=True, slots=True)
class Launch:
    """The replacement of the best configuration, with the evidence for it (S4.12)."""

    goal: str
    study_ids: tuple[str, ...]
    adoption: Adoption | None
    configuration: Mapping[str, object]
    at: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse a launch that lacks goal, studies or evidence."""
        missing = [
            what
            for what, is_there in (
                ("a goal", bool(self.goal.strip())),
                ("study ids", bool(self.study_ids)),
                ("evidence", self.adoption is not None),
            )
            if not is_there
        ]
        if missing:
            raise InputError(
                f"A launch cannot be recorded without {', '.join(missing)}",
                expected="a goal, study ids and evidence from seeds",
                do="Retrain candidate and baseline with 5 seeds each, and compare them.",
            )
        if self.adoption is not None and self.adoption.decision is not Decision.LAUNCH:
            raise InputError(
                "The evidence does not support this launch",
                got=self.adoption.sentence,
                expected="a gain above twice its standard error",
                do="Hold, or retrain with more seeds.",
            )


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


def refusal_to_look(
    configuration: Mapping[str, object],
    launched: Mapping[str, object] | None,
    looks: Sequence[TestLook],
) -> str | None:
    """Return why the test set must not be looked at, None if it may (S4.29, I2).

    It is looked at once, after exploration, for the launched configuration alone.
    """
    if launched is None:
        return "nothing has been launched yet"
    if dict(configuration) != dict(launched):
        return "only the launched configuration is tested"
    return f"the test set was seen on {looks[0].at:%Y-%m-%d}" if looks else None


def round_warnings(planned: Round, *, searcher: str | None = None) -> list[str]:
    """Return what to ask before a round starts (S4.13, S4.14, I6)."""
    found = []
    scientific = [name for name, role in planned.roles.items() if role is Role.SCIENTIFIC]
    if len(scientific) > 1:
        found.append(
            f"Split the round: it has {len(scientific)} questions: {', '.join(scientific)}"
        )
    if planned.mode is Mode.EXPLORE and searcher is not None and is_adaptive(searcher):
        found.append(f"{searcher} adapts to results: confirm it, or explore with random points")
    return found


def is_adaptive(searcher: str) -> bool:
    """Whether a searcher adapts to results, so that axis plots mislead (I6)."""
    return searcher not in _EVEN


def needs_look(has_curve: bool) -> str | None:
    """Return why a search may not start yet, None if it may: a run must have a curve (S1.4)."""
    return None if has_curve else "Run the baseline once: no training curve has been recorded yet"


@dataclass(frozen=True, slots=True)
class Precondition:
    """A line of the readiness checklist with a link to its evidence (S4.1)."""

    text: str
    evidence: str = ""


PRECONDITIONS = (
    "the problem is formulated and the data are cleaned enough",
    "a pipeline trains and evaluates, and runs many trials easily",
    "metrics are chosen, as close as possible to deployment",
    "a test set, one metric with a direction, and a target with its origin exist",
)
"""What must hold before any search (S4.1, S2.1)."""


def unready(checked: Sequence[Precondition], waivers: Sequence[Waiver] = ()) -> list[str]:
    """Return the preconditions with neither evidence nor a waiver: each blocks searches (S4.1)."""
    shown = {p.text for p in checked if p.evidence}
    waived = {w.gate for w in waivers}
    return [text for text in PRECONDITIONS if text not in shown and text not in waived]
