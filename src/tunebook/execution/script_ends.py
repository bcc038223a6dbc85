"""What the end of a script means: how long it may work on after its last step, and divergence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self, final

from tunebook.errors import TaskError
from tunebook.execution.metric_lines import compiled, plain_text
from tunebook.records import Failure, FailureKind

_TRACEBACK = "Traceback (most recent call last)"
_ERROR = re.compile(r"[A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Warning|Exit)\b.*")
_MAX_EXIT = 255


@final
@dataclass(frozen=True, slots=True)
class ScriptEnds:
    """``grace_s`` seconds pass between the last step and the request to end.

    Exit code ``diverged_exit``, or a line with ``diverged_pattern``, says that training diverged.
    """

    grace_s: float = 30.0
    diverged_exit: int | None = None
    diverged_pattern: str | None = None

    def __post_init__(self) -> None:
        if not self.grace_s >= 0:
            raise TaskError("grace_s must be 0 seconds or more", got=self.grace_s)
        if self.diverged_exit is not None and not 0 < self.diverged_exit <= _MAX_EXIT:
            raise TaskError(
                "diverged_exit must be an exit code from 1 to 255", got=self.diverged_exit
            )
        compiled("diverged_pattern", self.diverged_pattern or "")

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """Return what the options of a task say, the defaults where they are silent."""
        given = {key: options[key] for key in cls.__slots__ if options.get(key) is not None}
        return cls(**given)

    def to_options(self) -> dict[str, Any]:
        """Return the options that ``of`` reads, without those that are the defaults."""
        plain = asdict(ScriptEnds())
        return {key: value for key, value in asdict(self).items() if value != plain[key]}

    def listen(self, line: str, said: dict[str, str]) -> None:
        """Keep in ``said`` the lines that tell of divergence and of an error."""
        if self.diverged_pattern is not None and re.search(self.diverged_pattern, line):
            said["divergence"] = plain_text(line).strip()
        if _TRACEBACK in line:
            said["error"] = _TRACEBACK
        elif "error" in said and _ERROR.match(line):
            said["error"] = plain_text(line).strip()

    def divergence(
        self, status: int, last: Sequence[str], said: Mapping[str, str]
    ) -> Failure | None:
        """Return the failure of a script that says by its exit that it diverged."""
        tail = "\n".join(last) or None
        if self.diverged_exit is not None and status == self.diverged_exit:
            message = f"the script diverged: it exited with code {status}"
        elif "divergence" in said:
            message = f"the script diverged: it printed {said['divergence'][:200]!r}"
        else:
            return None
        return Failure(FailureKind.DIVERGED, message, log_tail=tail)

    def notice(self, said: Mapping[str, str]) -> str | None:
        """Return what a person should know of a script that exited with 0."""
        if "error" not in said:
            return None
        return f"the script printed a traceback ({said['error'][:200]}) and exited with 0"
