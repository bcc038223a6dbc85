"""The declarations that a user writes: Float, Int, Choice, Bool, Constant.

They are facts and check nothing, because they do not know their names: ``Space`` checks them
and refuses a bad one by name (S0.12). Those in ``space.parameters`` are checked and normalised.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from enum import StrEnum
from typing import Literal, TypeAlias, TypedDict, Unpack, final

from tunebook.records import Value


class Role(StrEnum):
    """What a parameter is in a round of the playbook."""

    SCIENTIFIC = "scientific"
    NUISANCE = "nuisance"
    FIXED = "fixed"


class Kind(StrEnum):
    """Which part of training a parameter belongs to."""

    STRUCTURE = "structure"
    OPTIMIZATION = "optimization"
    REGULARIZATION = "regularization"
    DATA = "data"


class Confidence(StrEnum):
    """How sure the user is of a prior."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


Log: TypeAlias = bool | Literal["1-x"]
When: TypeAlias = Mapping[str, Value | Sequence[Value]]


class Common(TypedDict, total=False):
    """The keywords that every searched parameter takes."""

    when: When | None
    prior: Value
    confidence: str | None
    role: str | None
    kind: str | None


@final
@dataclass(frozen=True, slots=True)
class Float:
    """A number from ``low`` to ``high``, both included.

    ``log=True`` searches its logarithm (``low`` > 0), ``log="1-x"`` the logarithm of 1 - x
    (``high`` < 1; for momentum and the betas of Adam). ``step`` leaves only ``low``,
    ``low + step``, … up to ``high``, on a linear scale.
    """

    low: float
    high: float
    _: KW_ONLY
    log: Log = False
    step: float | None = None
    when: When | None = field(default=None, hash=False)
    prior: float | None = None
    confidence: str | None = None
    role: str | None = None
    kind: str | None = None


@final
@dataclass(frozen=True, slots=True)
class Int:
    """A whole number from ``low`` to ``high``, both included; ``log=True`` needs ``low`` >= 1."""

    low: int
    high: int
    _: KW_ONLY
    log: bool = False
    when: When | None = field(default=None, hash=False)
    prior: int | None = None
    confidence: str | None = None
    role: str | None = None
    kind: str | None = None


@final
@dataclass(frozen=True, slots=True, init=False)
class Choice:
    """One of a list of JSON scalars. ``ordered=True`` says that neighbours are alike (32, 64, 128).

    Values are told apart by type too: 1, 1.0 and True are three values.
    """

    values: tuple[Value, ...]
    ordered: bool = False
    when: When | None = field(default=None, hash=False)
    prior: Value = None
    confidence: str | None = None
    role: str | None = None
    kind: str | None = None

    def __init__(self, *values: Value, ordered: bool = False, **common: Unpack[Common]) -> None:
        unknown = [name for name in common if name not in Common.__annotations__]
        if unknown:
            raise TypeError(f"Choice() got an unexpected keyword argument {unknown[0]!r}")
        given = dict.fromkeys(Common.__annotations__) | common
        for name, value in {"values": values, "ordered": ordered, **given}.items():
            object.__setattr__(self, name, value)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Bool:
    """False or True."""

    when: When | None = field(default=None, hash=False)
    prior: bool | None = None
    confidence: str | None = None
    role: str | None = None
    kind: str | None = None


@final
@dataclass(frozen=True, slots=True)
class Constant:
    """A value that is not searched, yet is in every configuration (where its condition holds)."""

    value: Value
    _: KW_ONLY
    when: When | None = field(default=None, hash=False)
    role: str | None = None
    kind: str | None = None


Parameter: TypeAlias = Float | Int | Choice | Bool | Constant
