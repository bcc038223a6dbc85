"""What kind of failure was it, and what is a person told."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from tunebook.errors import MetricMissingError, StoreFullError
from tunebook.execution.failures import (
    Death,
    classify,
    death_failure,
    failure_of,
    is_kill,
    log_tail,
    script_failure,
    time_limit_failure,
)
from tunebook.records import FailureKind
from tunebook.training import Diverged


class OutOfMemoryError(RuntimeError):
    """Bears the name of PyTorch's error."""


def _raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    try:
        raise error from cause
    except type(error) as caught:
        return caught


def _numpy_error() -> BaseException:
    try:
        np.empty((2**40, 2**10))
    except MemoryError as error:
        return error
    raise AssertionError("this machine has petabytes")


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        _numpy_error(),
        OutOfMemoryError("Tried to allocate 20 MiB"),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        _raised(ValueError("batch failed"), MemoryError()),
    ],
)
def test_full_memory_is_recognised(error: BaseException) -> None:
    assert classify(error) is FailureKind.OUT_OF_MEMORY


@pytest.mark.parametrize(
    "error",
    [
        ValueError("CUDA out of memory is what this text is about"),
        RuntimeError("mat1 and mat2 shapes cannot be multiplied"),
        KeyError("lr"),
        SystemExit(2),
    ],
)
def test_other_errors_are_the_users(error: BaseException) -> None:
    assert classify(error) is FailureKind.USER_ERROR


def test_our_own_endings_keep_their_kind() -> None:
    assert classify(Diverged("loss", float("nan"), 3)) is FailureKind.DIVERGED
    assert classify(MetricMissingError("never came")) is FailureKind.METRIC_MISSING


def test_causes_that_go_in_a_circle_end() -> None:
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert classify(first) is FailureKind.USER_ERROR


def test_failure_has_message_traceback_and_last_output(tmp_path: Path) -> None:
    log = tmp_path / "trial.log"
    log.write_text("\n".join(f"line {i}" for i in range(100)))
    failure = failure_of(_raised(ValueError("no such layer")), log)
    assert failure.message == "ValueError: no such layer"
    assert "in _raised" in str(failure.traceback)
    assert str(failure.log_tail).splitlines()[0] == "line 80"


def test_long_message_is_cut() -> None:
    assert len(failure_of(ValueError("x" * 10_000)).message) < 600


def test_log_that_is_not_there_has_no_tail(tmp_path: Path) -> None:
    assert log_tail(tmp_path / "none.log") is None


def test_long_log_is_read_at_its_end_only(tmp_path: Path) -> None:
    log = tmp_path / "trial.log"
    log.write_bytes(b"\xff" * 100_000 + b"\nlast line")
    assert str(log_tail(log)).splitlines()[-1] == "last line"


@pytest.mark.parametrize(
    ("status", "was_out_of_memory", "kind", "text"),
    [
        (-signal.SIGKILL, False, FailureKind.KILLED, "killed by SIGKILL"),
        (-signal.SIGKILL, True, FailureKind.OUT_OF_MEMORY, "ran out of memory"),
        (137, True, FailureKind.OUT_OF_MEMORY, "ran out of memory"),
        (-signal.SIGSEGV, True, FailureKind.KILLED, "killed by SIGSEGV"),
        (3, False, FailureKind.KILLED, "exited with code 3"),
        (None, False, FailureKind.LOST, "went away"),
    ],
)
def test_death_of_a_worker_is_explained(
    status: int | None, was_out_of_memory: bool, kind: FailureKind, text: str
) -> None:
    failure = death_failure(Death(status, was_out_of_memory=was_out_of_memory))
    assert failure.kind is kind
    assert text in failure.message


@pytest.mark.parametrize("status", [-signal.SIGKILL, 137])
def test_memory_of_a_killed_script_is_told(status: int) -> None:
    failure = script_failure(Death(status, peak_bytes=1536 * 2**20), [])
    assert failure.message == (
        "the script was killed by SIGKILL; it held up to 1,536 MiB of memory"
    )


@pytest.mark.parametrize(("status", "is_it"), [(-9, True), (137, True), (1, False), (0, False)])
def test_kill_is_told_from_an_exit(status: int, is_it: bool) -> None:
    assert is_kill(status) is is_it


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.EMFILE, "Too many open files", "data.bin"),
        _raised(RuntimeError("no batch"), OSError(errno.ENFILE, "Too many open files in system")),
    ],
)
def test_too_many_open_files_are_told_with_the_limit_and_what_to_do(error: Exception) -> None:
    limit = os.sysconf("SC_OPEN_MAX")
    message = failure_of(error).message
    assert f"may have {limit} files open" in message
    assert f"'ulimit -n {4 * limit}'" in message


def test_other_errors_say_nothing_of_open_files() -> None:
    assert failure_of(OSError(errno.ENOENT, "No such file")).message.endswith("No such file")


def test_time_limit_is_named() -> None:
    assert "90 s" in time_limit_failure(90.0).message


@pytest.mark.parametrize(
    "error",
    [
        StoreFullError("No space is left for the checkpoint"),
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        _raised(RuntimeError("could not save"), OSError(errno.ENOSPC, "No space left on device")),
    ],
)
def test_full_disk_is_no_fault_of_the_trial(error):
    assert classify(error) is FailureKind.NO_SPACE


@pytest.mark.parametrize(
    ("status", "last", "was_out_of_memory", "kind", "told"),
    [
        (1, ["ValueError: no"], False, FailureKind.USER_ERROR, "code 1: ValueError: no"),
        (1, ["KeyError: 'x'", "logs are in /tmp"], False, FailureKind.USER_ERROR, "KeyError"),
        (255, [], False, FailureKind.USER_ERROR, "code 255: it printed nothing"),
        (-9, [], False, FailureKind.KILLED, "killed by SIGKILL"),
        (137, [], True, FailureKind.OUT_OF_MEMORY, "ran out of memory"),
        (139, [], True, FailureKind.KILLED, "killed by SIGSEGV"),
        (1, ["RuntimeError: a worker was killed"], True, FailureKind.OUT_OF_MEMORY, "meanwhile"),
        (1, ["OSError: [Errno 24] Too many open files"], False, FailureKind.USER_ERROR, "ulimit"),
        (-64, [], False, FailureKind.KILLED, "killed by"),
        (1, ["MemoryError"], False, FailureKind.OUT_OF_MEMORY, "MemoryError"),
        (1, ["CUDA out of memory.", ""], False, FailureKind.OUT_OF_MEMORY, "out of memory"),
        (1, ["OSError: [Errno 28] No space left on device"], False, FailureKind.NO_SPACE, "28"),
    ],
)
def test_exit_of_a_script_tells_what_kind_of_failure_it_was(
    status, last, was_out_of_memory, kind, told
):
    failure = script_failure(Death(status, was_out_of_memory=was_out_of_memory), last)
    assert failure.kind is kind
    assert told in failure.message
