"""Every error tunebook raises, in one tree.

Each says what we got, what we expected and what to do. The code is stable; the wording is not.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import partial
from typing import ClassVar


class TunebookError(Exception):
    """The root: catch this to catch everything tunebook raises on purpose.

    ``what`` is the sentence; ``got``, ``expected`` and ``do`` are added to it when given.
    """

    code: ClassVar[str] = "E000"

    def __init_subclass__(cls, *, code: str | None = None) -> None:
        cls.code = code or cls.code

    def __init__(
        self, what: str, *, got: object = None, expected: str | None = None, do: str | None = None
    ) -> None:
        self.what = what
        self.got = got
        self.expected = expected
        self.do = do
        super().__init__(what)

    def __str__(self) -> str:
        parts = [f"[{self.code}] {self.what.rstrip('.')}."]
        if self.got is not None:
            parts.append(f"Got {self.got!r}.")
        if self.expected is not None:
            parts.append(f"Expected {self.expected.rstrip('.')}.")
        if self.do is not None:
            parts.append(self.do if self.do.endswith(("?", "!")) else f"{self.do.rstrip('.')}.")
        return " ".join(parts)

    def __reduce__(self) -> tuple[object, ...]:
        return partial(type(self), got=self.got, expected=self.expected, do=self.do), (self.what,)


class InputError(TunebookError, code="E100"):
    """What the user gave is wrong. The command line exits with 2."""


class SpaceError(InputError, code="E110"):
    """A parameter, a condition or a constraint of the space is wrong."""


class ConfigurationError(InputError, code="E111"):
    """A configuration is not in the space."""


class ObjectiveError(InputError, code="E120"):
    """The objective is not exactly one of maximize and minimize, or its reduction is unknown."""


class BudgetError(InputError, code="E130"):
    """A limit of the budget is not usable."""


class GateError(InputError, code="E190"):
    """A stage of the guide whose gate is closed."""


class SearchError(InputError, code="E140"):
    """An unknown searcher, or an option that it does not take."""


class StudyFileError(InputError, code="E150"):
    """A study file cannot be understood."""


class TaskError(InputError, code="E160"):
    """A training function or command cannot be run in a worker."""


class ReportError(InputError, code="E170"):
    """A measurement cannot be taken as it was reported."""


class MetricMissingError(InputError, code="E171"):
    """The metric of the objective never came."""


class MetricUnclearError(InputError, code="E172"):
    """A script prints several numbers that may be the objective."""


class DatasetError(InputError, code="E180"):
    """A dataset cannot be read, or is not what it says it is."""


class StoreError(TunebookError, code="E200"):
    """The store could not do what was asked."""


class StudyNotFoundError(StoreError, code="E201"):
    """There is no study of that name."""


class StudyExistsError(StoreError, code="E202"):
    """There is a study of that name already, and it is another one."""


class StudyBusyError(StoreError, code="E203"):
    """Another live driver holds the study."""


class StoreFullError(StoreError, code="E204"):
    """No space is left for the store. What was written before stays."""


class StoreVersionError(StoreError, code="E205"):
    """The store was written by a newer tunebook."""


class NotAStoreError(StoreError, code="E206"):
    """The file or address is not a tunebook store."""


class StoreConflictError(StoreError, code="E207"):
    """Somebody else appended to the log that this driver owns."""


class CheckpointError(StoreError, code="E210"):
    """A checkpoint is torn, corrupt or missing."""


class InvalidTransitionError(TunebookError, code="E301"):
    """A trial was sent to a state that it cannot reach from where it is. A bug of ours."""


class ExecutionError(TunebookError, code="E400"):
    """The machinery around the user's code failed."""


class WorkerStartError(ExecutionError, code="E401"):
    """No worker process could be started."""


class StudyFailedError(TunebookError, code="E500"):
    """The study could not go on; what it has is kept."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``Did you mean 'x'?`` for the closest known name, or the list of what there is."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {close[0]!r}?"
    return "Known: " + ", ".join(names) if names else "There is none"
