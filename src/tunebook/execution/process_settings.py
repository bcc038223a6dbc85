"""How a worker process is set up: threads, memory, output, its death; as far as the system can."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER, _PR_GET_CHILD_SUBREAPER = 1, 36, 37
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_INT_MAX = 2**31 - 1


def thread_variables(environ: Mapping[str, str], n_threads: int | None) -> dict[str, str]:
    """Return the variables that limit numerical libraries loaded later; what a user set stays."""
    if n_threads is None:
        return {}
    return {name: str(n_threads) for name in _THREAD_VARIABLES if name not in environ}


def limit_threads(n_threads: int | None) -> None:
    """Limit the libraries of this process, PyTorch also if it is loaded already."""
    if n_threads is None:
        return
    os.environ.update(thread_variables(os.environ, n_threads))
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))


def keep_freed_memory() -> None:
    """Let glibc keep freed memory, not map it anew: image batches train up to twice as fast."""
    mallopt = getattr(_libc(), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _INT_MAX)
        mallopt(_M_TRIM_THRESHOLD, _INT_MAX)


def give_memory_back() -> None:
    """Return freed memory to the system, before it is judged how much a worker holds."""
    trim = getattr(_libc(), "malloc_trim", None)
    if trim is not None:
        trim(0)


def die_with_parent(parent: int, number: signal.Signals) -> None:
    """Have the kernel send this process a signal when the thread that made it ends (Linux).

    ``parent`` is the process that made it; 0 is nobody.
    """
    if parent and _prctl(_PR_SET_PDEATHSIG, int(number)) and os.getppid() != parent:
        os._exit(1)


def adopt_orphans(*, is_wanted: bool = True) -> None:
    """Become the parent of whatever the children of this process leave behind (Linux), or not."""
    _prctl(_PR_SET_CHILD_SUBREAPER, int(is_wanted), 0, 0, 0)


def adopts_orphans() -> bool:
    """Whether this process is the parent of whatever its children leave behind."""
    found = ctypes.c_int(0)
    _prctl(_PR_GET_CHILD_SUBREAPER, ctypes.byref(found), 0, 0, 0)
    return bool(found.value)


def ignore_interrupts() -> None:
    """Leave Ctrl-C to the driver, and forget handlers that a fork has copied."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # What nohup ignores stays ignored.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def take_over_output() -> None:
    """Make output plain files of this process, line by line, not a notebook's; close input."""
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - it stays open
    sys.stdout = open(1, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115 - too
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115 - too


def send_output_to(log: Path) -> None:
    """Append what is printed from now on, by this process and its children, to a file."""
    sys.stdout.flush()
    sys.stderr.flush()
    log.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)


def _prctl(*arguments: Any) -> bool:
    """Call Linux's ``prctl``; False where there is none."""
    prctl = getattr(_libc(), "prctl", None)
    if prctl is None or not sys.platform.startswith("linux"):
        return False
    prctl(*arguments)
    return True


def _libc() -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(None)
    except (OSError, TypeError):
        return None
