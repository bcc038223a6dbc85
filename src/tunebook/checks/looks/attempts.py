"""Running the user's parts so that whatever they raise becomes a reading, not a traceback."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any, TypeVar, final

from tunebook.checks.readings import OutOfMemory, Raised

_T = TypeVar("_T")
_N_FRAMES = 3
_MEMORY_WORDS = ("out of memory", "allocate memory", "not enough memory")


@final
class PartFailed(Exception):  # it is no error of ours: a reading on its way out
    """Carries the reading of a part of a task that raised."""

    def __init__(self, reading: Raised | OutOfMemory) -> None:
        super().__init__(reading.told)
        self.reading = reading


def attempt(part: str, call: Callable[..., _T], *arguments: Any, **options: Any) -> _T:
    """Return what a call of the user's code returns; ``PartFailed`` has what it raised.

    ``part`` begins a sentence: "The network", which raised an error.
    """
    try:
        return call(*arguments, **options)
    except (KeyboardInterrupt, SystemExit, PartFailed):
        raise
    # The user's code runs here: it may raise anything.
    except Exception as error:
        raise PartFailed(failure_of(part, error)) from error


def failure_of(part: str, error: Exception) -> Raised | OutOfMemory:
    """Return what was raised as a reading."""
    lines = str(error).strip().splitlines()
    told = f"{type(error).__name__}: {lines[0] if lines else ''}".rstrip(": ")
    is_memory = (
        isinstance(error, MemoryError)
        or "OutOfMemory" in type(error).__name__
        or (isinstance(error, RuntimeError) and any(w in str(error) for w in _MEMORY_WORDS))
    )
    return (OutOfMemory if is_memory else Raised)(part, told, _where(error))


def _where(error: BaseException) -> tuple[str, ...]:
    """Return the last lines of the traceback outside of this package and of PyTorch."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if "/torch/" not in f.filename and "/tunebook/" not in f.filename]
    return tuple(f"{f.filename}:{f.lineno} {f.line}" for f in own[-_N_FRAMES:])
