"""Checks that ask for one look and judge what it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, TypeVar

from tunebook.checks.check import Asked, Conclusion, read
from tunebook.checks.experiments import Look
from tunebook.checks.readings import Readings
from tunebook.records import Configuration
from tunebook.records.finding import Finding, Verdict

SAME = 1e-5
"""Outputs that differ by less than this share of their scale are the same in float32."""


class Figures(Protocol):
    """What a look gives: ``failed`` has the measurements that raised, with what they raised."""

    @property
    def failed(self) -> Mapping[str, str]:
        """Errors by measurement."""
        ...


_T = TypeVar("_T", bound=Figures)


def ask_for(
    name: str, kind: type[_T], judge: Callable[[_T], Iterable[Finding]]
) -> Callable[[Configuration, int, Readings], Asked]:
    """Return how the check ``name`` asks: for the look of its name, whose figures are judged.

    A measurement that raised is unknown, and no pass.
    """

    def ask(config: Configuration, length: int, readings: Readings) -> Asked:
        look = Look(name, config)
        seen = read(readings, look, kind)
        if seen is None:
            return (look,)
        lines = tuple(judge(seen))
        if not seen.failed:
            return Conclusion(lines)
        # What passes is said only where all was measured.
        told = [f for f in lines if f.verdict is not Verdict.PASS]
        items = tuple(f"{what}: {error}" for what, error in seen.failed.items())
        title = f"Could not be measured: {', '.join(seen.failed)}."
        return Conclusion((*told, Finding(name, Verdict.UNKNOWN, title, items=items)))

    return ask
