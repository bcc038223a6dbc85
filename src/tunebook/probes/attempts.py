"""Running the user's parts so that whatever they raise becomes a finding, not a traceback."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from tunebook.records.finding import Finding, Verdict

_T = TypeVar("_T")
_N_FRAMES = 3


_LIKELY = (
    (
        ("dtype", "scalar type", "FloatTensor", "LongTensor", "Double", "type ByteTensor"),
        "numbers of different types: data not converted to float32, or tokens that are no integers",
    ),
    (("index out of range", "out of bounds", "IndexError"), "numbers outside of their table"),
    (("shape", "size", "dimension", "channels"), "shapes that do not fit"),
)
"""What the words of an error point to, the most telling first (S2.7)."""


@dataclass(frozen=True, slots=True)
class Raised:
    """What a part of a task raised: ``told`` is its last line, ``where`` the user's own lines."""

    told: str
    where: tuple[str, ...]
    is_out_of_memory: bool = False

    def finding(self, check: str, what: str, *, advice: str = "") -> Finding:
        """Return it as a problem: ``what`` cannot be done."""
        title = (
            f"{what} ran out of memory." if self.is_out_of_memory else f"{what} raised an error."
        )
        told = self.told.lower()
        likely = next((c for words, c in _LIKELY if any(w.lower() in told for w in words)), None)
        smaller = "Halve the batch, or make the inputs smaller."
        return Finding(
            check,
            Verdict.PROBLEM,
            title,
            value=self.told,
            expected="no error",
            causes=(likely,) if likely is not None and not self.is_out_of_memory else (),
            advice=smaller if self.is_out_of_memory else advice or "Mend what it says.",
            items=self.where,
            source="S2.7",
        )


def attempt(call: Callable[..., _T], *arguments: Any, **options: Any) -> _T | Raised:
    """Return what a call of the user's code returns, or what it raised."""
    try:
        return call(*arguments, **options)
    except (KeyboardInterrupt, SystemExit):
        raise
    # The user's code runs here: it may raise anything.
    except Exception as error:  # noqa: BLE001  # whatever it is, it becomes a finding
        lines = str(error).strip().splitlines()
        told = f"{type(error).__name__}: {lines[0] if lines else ''}".rstrip(": ")
        is_memory = isinstance(error, MemoryError) or "OutOfMemory" in type(error).__name__
        return Raised(told, _where(error), is_memory)


def _where(error: BaseException) -> tuple[str, ...]:
    """Return the last lines of the traceback outside of this package and of PyTorch."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if "tunebook" not in f.filename.split("/")[:-1][-2:]]
    own = [f for f in own if "/torch/" not in f.filename and "/tunebook/" not in f.filename]
    return tuple(f"{f.filename}:{f.lineno} {f.line}" for f in own[-_N_FRAMES:])
