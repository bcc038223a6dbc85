"""A configuration: the values of one trial. A parameter whose condition does not hold is absent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias, final

Value: TypeAlias = bool | int | float | str | None
"""What a hyperparameter can be: a JSON scalar."""


@final
class Configuration(Mapping[str, Value]):
    """Hyperparameter values by name, read as ``config["lr"]`` or ``config.lr``. Immutable."""

    __slots__ = ("_values",)
    _values: dict[str, Value]

    def __init__(self, values: Mapping[str, Value]) -> None:
        object.__setattr__(self, "_values", dict(values))

    def __getitem__(self, name: str) -> Value:
        try:
            return self._values[name]
        except KeyError:
            raise KeyError(self._absent(name)) from None

    # Any, because what a parameter holds is the user's knowledge: config.lr is used as a number.
    def __getattr__(self, name: str):  # type: ignore[no-untyped-def]  # see the comment above
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(self._absent(name)) from None

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a configuration cannot be changed (tried to set {name!r})")

    def _absent(self, name: str) -> str:
        return (
            f"no parameter {name!r} in this configuration; "
            f"it has {', '.join(self._values) or 'none'}. "
            "A conditional parameter is absent while its condition does not hold: "
            f"use config.get({name!r})"
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(frozenset((name, type(v), v) for name, v in self._values.items()))

    def __eq__(self, other: object) -> bool:
        """Equal names, values and types: True is not 1."""
        if not isinstance(other, Configuration):
            return NotImplemented
        mine, theirs = self._values, other._values
        return mine == theirs and all(type(v) is type(theirs[k]) for k, v in mine.items())

    def __repr__(self) -> str:
        return f"Configuration({self._values!r})"

    def __reduce__(self) -> tuple[object, ...]:
        return (Configuration, (self._values,))
