"""What is searched: parameters, conditions, constraints, encoding. Pure: no I/O."""

from tunebook.space.parameters import (
    Bool,
    Choice,
    Confidence,
    Constant,
    Float,
    Int,
    Kind,
    Parameter,
    Role,
)
from tunebook.space.space import Space

__all__ = [
    "Bool",
    "Choice",
    "Confidence",
    "Constant",
    "Float",
    "Int",
    "Kind",
    "Parameter",
    "Role",
    "Space",
]
