"""How searchers declare their options: default, range and meaning in one place.

The range is checked when a searcher is built, so none with an unusable option ever exists; the
meaning is what documentation and error messages show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from typing import Any

from tunebook.errors import SearchError

_KEY = "tunebook.option"


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its meaning and what it may be.

    Numbers lie between ``low`` and ``high``, whole ones if ``low`` is an int. ``choices`` are
    names. With none of these it is a text if the default is one, else a mapping.
    """

    name: str
    default: object
    meaning: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    is_optional: bool = False

    @property
    def expected(self) -> str:
        """What a value has to be, in words."""
        suffix = " or none" if self.is_optional else ""
        if self.choices:
            return f"one of {', '.join(self.choices)}{suffix}"
        if isinstance(self.default, bool):
            return f"true or false{suffix}"
        if self.low is None:
            return f"a {'text' if isinstance(self.default, str) else 'mapping'}{suffix}"
        kind = "a whole number" if isinstance(self.low, int) else "a number"
        return f"{kind} from {self.low} to {self.high}{suffix}"

    def accepts(self, value: object) -> bool:
        """Whether ``value`` is usable."""
        if value is None and self.is_optional:
            return True
        if self.choices:
            return value in self.choices
        if isinstance(self.default, bool):
            return isinstance(value, bool)
        if self.low is None or self.high is None:
            return isinstance(value, str if isinstance(self.default, str) else Mapping)
        kinds = int if isinstance(self.low, int) else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds):
            return False
        return self.low <= value <= self.high


def option(
    default: object,
    meaning: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: Sequence[str] = (),
    is_optional: bool = False,
) -> Any:
    """Declare an option of a searcher, as the default of its dataclass field."""
    known = Option("", default, meaning, low, high, tuple(choices), is_optional)
    return field(default=default, metadata={_KEY: known})


def options_of(searcher: Any) -> list[Option]:
    """Return the options of a searcher, or of its class, in the order of their declaration."""
    return [_declared(declared) for declared in fields(searcher) if declared.init]


def _declared(declared: Field[Any]) -> Option:
    known = declared.metadata.get(_KEY)
    if isinstance(known, Option):
        return replace(known, name=declared.name)
    default = None if declared.default is MISSING else declared.default
    return Option(declared.name, default)


def check_options(searcher: Any) -> None:
    """Raise ``SearchError`` with the range if an option of the searcher is out of it."""
    for known in options_of(searcher):
        value = getattr(searcher, known.name)
        if not known.accepts(value):
            raise SearchError(
                f"The option {known.name!r} of the searcher {searcher.name!r} cannot be used",
                got=value,
                expected=known.expected,
                do=f"Leave it out for {known.default!r}",
            )
