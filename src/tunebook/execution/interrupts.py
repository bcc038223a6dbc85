"""Ctrl-C once: finish politely and keep the state. Twice: now. The same for SIGTERM and SIGHUP."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import final

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@final
@dataclass(slots=True)
class Interrupts:
    """Whether somebody has asked this process to end, and how."""

    asked: str | None = None

    def take(self, number: int, frame: FrameType | None) -> None:
        """Take note of the first signal; at the second one raise ``KeyboardInterrupt``."""
        if self.asked is not None:
            raise KeyboardInterrupt
        is_keyboard = number == signal.SIGINT
        self.asked = f"interrupted by {'Ctrl-C' if is_keyboard else signal.Signals(number).name}"


@contextmanager
def polite_interrupts(*, is_patient: bool = True) -> Iterator[Interrupts]:
    """Catch signals to end meanwhile. Only a main thread can; elsewhere nothing changes.

    Without patience the first one raises ``KeyboardInterrupt``. SIGHUP that is ignored already,
    as nohup does it, stays ignored.
    """
    interrupts = Interrupts(None if is_patient else "interrupted")
    if threading.current_thread() is not threading.main_thread():
        yield interrupts
        return
    before = {
        number: signal.signal(number, interrupts.take)
        for number in _SIGNALS
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
