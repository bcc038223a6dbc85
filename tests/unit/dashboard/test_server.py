"""What the server writes when the system refuses it something."""

from __future__ import annotations

import errno
import logging
import os
import sys

import pytest

from tunebook.dashboard.server import OutOfFiles


def record_of(error: Exception) -> logging.LogRecord:
    try:
        raise error
    except type(error):
        return logging.LogRecord("asyncio", logging.ERROR, "", 1, "%s", ("no",), sys.exc_info())


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE])
def test_too_many_open_files_are_one_line_that_says_what_to_do(number: int) -> None:
    record = record_of(OSError(number, os.strerror(number)))
    assert OutOfFiles().filter(record)
    written = logging.Formatter().format(record)
    limit = os.sysconf("SC_OPEN_MAX")
    assert written.count("\n") == 0
    assert written.startswith(f"Too many open files: the dashboard may have {limit}")
    assert written.endswith(f"'ulimit -n {4 * limit}'")


def test_it_is_said_once() -> None:
    says = OutOfFiles()
    assert [says.filter(record_of(OSError(errno.EMFILE, "many"))) for _ in range(3)] == [
        True,
        False,
        False,
    ]


def test_other_errors_keep_their_traceback() -> None:
    record = record_of(OSError(errno.ECONNRESET, "reset"))
    assert OutOfFiles().filter(record)
    assert "Traceback" in logging.Formatter().format(record)
