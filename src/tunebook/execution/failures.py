"""What kind of failure was it? Pure: exceptions are known by name and message, not by import."""

from __future__ import annotations

import errno
import os
import re
import signal
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tunebook.errors import MetricMissingError, StoreFullError
from tunebook.records import Failure, FailureKind
from tunebook.training import Diverged

_OUT_OF_MEMORY = re.compile(
    r"CUDA out of memory|CUDA error: out of memory|HIP out of memory|MPS backend out of memory"
    r"|can't allocate memory|Cannot allocate memory|not enough memory"
    r"|(CUBLAS|CUDNN)_STATUS_ALLOC_FAILED|RESOURCE_EXHAUSTED",
    re.IGNORECASE,
)
_SAYS_DIVERGED = re.compile(r"\b(?:nan|inf|infinite|diverged?|exploded?)\b", re.IGNORECASE)
_NAMES_ERROR = re.compile(r"[\w.]*(Error|Exception)\b")
_OUT_OF_MEMORY_TYPES = frozenset({"OutOfMemoryError", "ResourceExhaustedError"})
_HERE = Path(__file__).parent
_OURS = (f"{_HERE}/", f"{_HERE.parent / 'training'}/")
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
_NO_FILES = frozenset({errno.EMFILE, errno.ENFILE})
_MAX_MESSAGE = 500
_TAIL_LINES = 20
_TAIL_BYTES = 8192

KILLS = frozenset({-signal.SIGKILL, 128 + signal.SIGKILL})
"""How a process ends that was killed: by its own status, and by that of a shell around it."""


class TaskFailed(Exception):
    """A task's own failure, such as a script's exit. ``is_loss``: killed from outside; retry."""

    def __init__(self, failure: Failure, *, is_loss: bool = False) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.is_loss = is_loss


def classify(error: BaseException) -> FailureKind:
    """Return the kind of failure that an exception of the training function means."""
    if isinstance(error, Diverged):
        return FailureKind.DIVERGED
    if isinstance(error, MetricMissingError):
        return FailureKind.METRIC_MISSING
    if any(map(_is_out_of_memory, _causes(error))):
        return FailureKind.OUT_OF_MEMORY
    is_full = any(map(_is_full_disk, _causes(error)))
    return FailureKind.NO_SPACE if is_full else FailureKind.USER_ERROR


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__


def _is_out_of_memory(error: BaseException) -> bool:
    names = {cls.__name__ for cls in type(error).__mro__}
    if isinstance(error, MemoryError) or names & _OUT_OF_MEMORY_TYPES:
        return True
    is_kind_that_tells = isinstance(error, RuntimeError | OSError)
    return is_kind_that_tells and _OUT_OF_MEMORY.search(str(error)) is not None


def _is_full_disk(error: BaseException) -> bool:
    # Whoever wrote, the trial or its checkpoints: the next trial would fare no better.
    is_systems = isinstance(error, OSError) and error.errno in _NO_SPACE
    return isinstance(error, StoreFullError) or is_systems


def failure_of(error: BaseException, log: Path | None = None) -> Failure:
    """Return what a person needs to mend it: kind, one line, the user's frames, the last output."""
    if isinstance(error, TaskFailed):
        return error.failure
    kind = classify(error)
    if kind is FailureKind.DIVERGED:
        return Failure(kind, str(error), log_tail=log_tail(log))
    if isinstance(error, SystemExit):
        message = f"the training function called sys.exit({error.code!r})"
    else:
        message = "".join(traceback.format_exception_only(error)).strip()
    if len(message) > _MAX_MESSAGE:
        message = message[:_MAX_MESSAGE] + " ..."
    message = with_advice(message, *_causes(error))
    return Failure(kind, message, users_traceback(error), log_tail(log))


def with_advice(message: str, *errors: BaseException) -> str:
    """Say what to do about too many open files, if that is what a message or errors are about."""
    is_it = any(isinstance(e, OSError) and e.errno in _NO_FILES for e in errors)
    if not is_it and not any(os.strerror(number) in message for number in _NO_FILES):
        return message
    limit = os.sysconf("SC_OPEN_MAX")
    return (
        f"{message}; a process may have {limit} files open: close what is not needed, or raise the "
        f"limit with 'ulimit -n {4 * limit}' before the start"
    )


def users_traceback(error: BaseException) -> str:
    """Return the traceback with the frames of our own machinery left out."""
    told = traceback.TracebackException.from_exception(error)
    parts: list[traceback.TracebackException] = [told]
    for part in parts:
        part.stack = traceback.StackSummary.from_list(
            [frame for frame in part.stack if not frame.filename.startswith(_OURS)]
        )
        parts += [linked for linked in (part.__cause__, part.__context__) if linked is not None]
    return "".join(told.format())


def log_tail(log: Path | None) -> str | None:
    """Return the last lines of a log file, None when there are none."""
    if log is None:
        return None
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return None
    return "\n".join(text.splitlines()[-_TAIL_LINES:]) or None


@dataclass(frozen=True, slots=True)
class Death:
    """How a process went: exit code or minus the signal; None for a worker whose server went first.

    ``peak_bytes`` is the most memory that it held. ``was_out_of_memory``: the kernel counted a kill
    for lack of memory at that time.
    """

    status: int | None
    peak_bytes: int | None = None
    was_out_of_memory: bool = False


def death_failure(death: Death, log: Path | None = None) -> Failure:
    """Say why a worker process went; an exit with 137 is what a shell makes of a child's kill."""
    tail = log_tail(log)
    if death.status is None:
        message = "the worker went away with the process that started it"
        return Failure(FailureKind.LOST, message, log_tail=tail)
    killed = _kill("worker", death, death.status)
    if killed is not None:
        return Failure(*killed, log_tail=tail)
    message = f"the worker process exited with code {death.status} in the middle of the trial"
    return Failure(FailureKind.KILLED, message, log_tail=tail)


def script_failure(death: Death, last: Sequence[str]) -> Failure:
    """Say why a script ended as it did (S0.22); ``last`` are the last lines it printed.

    A shell around it adds 128 to the signal. A script may also give up because the kernel killed
    one of its children.
    """
    status, tail = death.status or 0, "\n".join(last) or None
    killed = _kill("script", death, status)
    if killed is not None:
        return Failure(*killed, log_tail=tail)
    lines = [line for line in reversed(last) if line.strip()]
    errors = (line for line in lines if _NAMES_ERROR.match(line))
    told = next(errors, lines[0] if lines else "it printed nothing")
    message = with_advice(f"the script exited with code {status}: {told.strip()[:_MAX_MESSAGE]}")
    if death.was_out_of_memory:
        message += "; meanwhile the kernel killed a process because memory ran out"
        return Failure(FailureKind.OUT_OF_MEMORY, message, log_tail=tail)
    kind = _kind_told_by(last)
    if kind is FailureKind.USER_ERROR and status > 1:
        message += f" (if that says it diverged: --diverged-exit {status})"
    elif kind is FailureKind.USER_ERROR and _SAYS_DIVERGED.search(told):
        message += " (if that says it diverged: --diverged-pattern)"
    return Failure(kind, message, log_tail=tail)


def is_kill(status: int) -> bool:
    """Whether an exit code says that the process was killed, or the one that its shell ran."""
    return status < 0 or status - 128 in set(signal.Signals)


def _kill(victim: str, death: Death, status: int) -> tuple[FailureKind, str] | None:
    """Return what a status says about a kill; None if the process ended by itself."""
    number = -status if status < 0 else status - 128
    peak = death.peak_bytes
    held = "" if peak is None else f"; it held up to {peak / 2**20:,.0f} MiB of memory"
    if death.was_out_of_memory and number == signal.SIGKILL:
        message = f"the machine ran out of memory and the kernel killed the {victim}{held}"
        return FailureKind.OUT_OF_MEMORY, message
    if is_kill(status):
        return FailureKind.KILLED, f"the {victim} was killed by {_signal(number)}{held}"
    return None


def _kind_told_by(lines: Sequence[str]) -> FailureKind:
    if any(_OUT_OF_MEMORY.search(line) or line.startswith("MemoryError") for line in lines):
        return FailureKind.OUT_OF_MEMORY
    if any(os.strerror(number) in line for line in lines for number in _NO_SPACE):
        return FailureKind.NO_SPACE
    return FailureKind.USER_ERROR


def time_limit_failure(limit_s: float, log: Path | None = None) -> Failure:
    """Say that a trial trained longer than it may."""
    message = f"the trial trained longer than its time limit of {limit_s:g} s"
    return Failure(FailureKind.TIME_LIMIT, message, log_tail=log_tail(log))


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
