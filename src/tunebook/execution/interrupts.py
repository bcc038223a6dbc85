"""Ctrl-C once: finish politely and keep the state. Twice: now."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import final

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@final
class Interrupts:
    """Whether somebody has asked this process to end."""

    def __init__(self) -> None:
        self.asked: str | None = None

    def take(self, number: int, frame: FrameType | None) -> None:
        """Take note of the first signal; at the second one raise ``KeyboardInterrupt``."""
        if self.asked is not None:
            raise KeyboardInterrupt
        is_keyboard = number == signal.SIGINT
        self.asked = "interrupted by Ctrl-C" if is_keyboard else "interrupted by SIGTERM"


@contextmanager
def polite_interrupts() -> Iterator[Interrupts]:
    """Catch SIGINT and SIGTERM meanwhile. Only a main thread can; elsewhere nothing changes."""
    interrupts = Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield interrupts
        return
    before = {number: signal.signal(number, interrupts.take) for number in _SIGNALS}
    try:
        yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
