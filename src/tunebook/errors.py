"""Every error tunebook raises, in one tree.

Each says what we got, what we expected and what to do. The code is stable; the wording is not.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import ClassVar


class TunebookError(Exception):
    """The root: catch this to catch everything tunebook raises on purpose.

    ``what`` is the sentence; ``got``, ``expected`` and ``do`` are added to it when given.
    """

    code: ClassVar[str] = "E000"

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
        return (_rebuild, (type(self), self.what, self.got, self.expected, self.do))


def _rebuild(
    cls: type[TunebookError], what: str, got: object, expected: str | None, do: str | None
) -> TunebookError:
    return cls(what, got=got, expected=expected, do=do)


class InputError(TunebookError):
    """What the user gave is wrong. The command line exits with 2."""

    code = "E100"


class SpaceError(InputError):
    """A parameter, a condition or a constraint of the space is wrong."""

    code = "E110"


class ConfigurationError(InputError):
    """A configuration is not in the space."""

    code = "E111"


class ObjectiveError(InputError):
    """The objective is not exactly one of maximize and minimize, or its reduction is unknown."""

    code = "E120"


class BudgetError(InputError):
    """A limit of the budget is not usable."""

    code = "E130"


class GateError(InputError):
    """A stage of the guide whose gate is closed."""

    code = "E190"


class SearchError(InputError):
    """An unknown searcher, or an option that it does not take."""

    code = "E140"


class StudyFileError(InputError):
    """A study file cannot be understood."""

    code = "E150"


class TaskError(InputError):
    """A training function or command cannot be run in a worker."""

    code = "E160"


class ReportError(InputError):
    """A measurement cannot be taken as it was reported."""

    code = "E170"


class MetricMissingError(InputError):
    """The metric of the objective never came."""

    code = "E171"


class MetricUnclearError(InputError):
    """A script prints several numbers that may be the objective."""

    code = "E172"


class DatasetError(InputError):
    """A dataset cannot be read, or is not what it says it is."""

    code = "E180"


class StoreError(TunebookError):
    """The store could not do what was asked."""

    code = "E200"


class StudyNotFoundError(StoreError):
    """There is no study of that name."""

    code = "E201"


class StudyExistsError(StoreError):
    """There is a study of that name already, and it is another one."""

    code = "E202"


class StudyBusyError(StoreError):
    """Another live driver holds the study."""

    code = "E203"


class StoreFullError(StoreError):
    """No space is left for the store. What was written before stays."""

    code = "E204"


class StoreVersionError(StoreError):
    """The store was written by a newer tunebook."""

    code = "E205"


class NotAStoreError(StoreError):
    """The file or address is not a tunebook store."""

    code = "E206"


class StoreConflictError(StoreError):
    """Somebody else appended to the log that this driver owns."""

    code = "E207"


class CheckpointError(StoreError):
    """A checkpoint is torn, corrupt or missing."""

    code = "E210"


class InvalidTransitionError(TunebookError):
    """A trial was sent to a state that it cannot reach from where it is. A bug of ours."""

    code = "E301"


class ExecutionError(TunebookError):
    """The machinery around the user's code failed."""

    code = "E400"


class WorkerStartError(ExecutionError):
    """No worker process could be started."""

    code = "E401"


class StudyFailedError(TunebookError):
    """The study could not go on; what it has is kept."""

    code = "E500"


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``Did you mean 'x'?`` for the closest known name, or the list of what there is."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {close[0]!r}?"
    return "Known: " + ", ".join(names) if names else "There is none"
