"""Constraints between inputs: a small language, parsed with ``ast`` and read by us, never eval'd.

Each part becomes a function of the values. Everything is computed in floats, so no expression can
grow numbers without end; what is not defined (division by zero, overflow, a root of a negative
number) is not satisfied.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from numbers import Number
from typing import Final, TypeAlias, final

from tunebook.errors import SpaceError, nearest
from tunebook.records import Value
from tunebook.space.parameters import Bool, Choice, Constant, Parameter

MAX_LENGTH = 500
MAX_DEPTH = 40
MAX_NODES = 500
MAX_STEPS: Final = "max_steps"
FORM = "such as 'warmup_steps <= 0.1 * max_steps'"

_Claim: TypeAlias = Callable[[Mapping[str, Value]], bool]
_Number: TypeAlias = Callable[[Mapping[str, Value]], float]
_Operand: TypeAlias = Callable[[Mapping[str, Value]], Value]

_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: math.pow,
}
_ORDER: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
}
_FUNCTIONS: dict[str, Callable[[list[float]], float]] = {
    "min": min,
    "max": max,
    "abs": lambda numbers: abs(numbers[0]),
    "log": lambda numbers: math.log(numbers[0]),
}


@final
@dataclass(frozen=True, slots=True)
class Constraint:
    """A claim about a configuration, such as ``warmup_steps <= 0.1 * max_steps``."""

    text: str
    names: frozenset[str]
    _claim: _Claim = field(repr=False, compare=False)

    def is_satisfied(self, config: Mapping[str, Value], max_steps: int | None = None) -> bool:
        """Say whether it holds; it does when a parameter it mentions is inactive.

        It also does when it mentions ``max_steps``, which is no parameter, and none is given.
        """
        values: dict[str, Value] = {}
        for name in self.names:
            if name in config:
                values[name] = config[name]
            elif name == MAX_STEPS and max_steps is not None:
                values[name] = max_steps
            else:
                return True
        try:
            return self._claim(values)
        except (ArithmeticError, ValueError):
            return False


def parse_constraint(text: object, parameters: Mapping[str, Parameter]) -> Constraint:
    """Return the constraint, or raise SpaceError that says which part is not understood."""
    if not isinstance(text, str):
        raise SpaceError("a constraint is not a text", got=text, expected=FORM)
    if len(text) > MAX_LENGTH:
        raise SpaceError(
            f"a constraint of {len(text)} characters is too long",
            got=text[:40] + "…",
            expected=f"at most {MAX_LENGTH} characters",
            do="Split it into several constraints: all of them must hold",
        )
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise SpaceError("a constraint cannot be parsed", got=text, expected=FORM) from None
    reader = _Reader(text, parameters)
    reader.measure(tree)
    claim = reader.claim(tree)
    if not reader.names:
        raise reader.refusal("it mentions no parameter")
    return Constraint(text, frozenset(reader.names), claim)


@final
class _Reader:
    """Makes functions of the parts of a constraint; refuses what cannot be evaluated."""

    def __init__(self, text: str, parameters: Mapping[str, Parameter]) -> None:
        self.text = text
        self.names: set[str] = set()
        self._parameters = parameters

    def refusal(self, why: str, do: str | None = None) -> SpaceError:
        return SpaceError(
            f"a constraint is not understood: {why}", got=_short(self.text), expected=FORM, do=do
        )

    def measure(self, tree: ast.expr) -> None:
        """Refuse a tree too large to be walked; iterative, since its depth is not known yet."""
        open_nodes: list[tuple[ast.AST, int]] = [(tree, 1)]
        n_nodes = 0
        while open_nodes:
            node, depth = open_nodes.pop()
            n_nodes += 1
            if depth > MAX_DEPTH or n_nodes > MAX_NODES:
                raise self.refusal(
                    f"it has more than {MAX_NODES} parts or is nested deeper than {MAX_DEPTH}",
                    "Split it into several constraints: all of them must hold",
                )
            open_nodes += ((child, depth + 1) for child in ast.iter_child_nodes(node))

    def claim(self, node: ast.expr) -> _Claim:
        """Read an expression that must be true or false."""
        match node:
            case ast.BoolOp(op=operator, values=parts):
                claims = [self.claim(part) for part in parts]
                joined = all if isinstance(operator, ast.And) else any
                return lambda values: joined(claim(values) for claim in claims)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                denied = self.claim(operand)
                return lambda values: not denied(values)
            case ast.Compare(left=first, ops=operators, comparators=others):
                pairs = zip(operators, pairwise([first, *others]), strict=True)
                comparisons = [self._comparison(operator, *pair) for operator, pair in pairs]
                return lambda values: all(holds(values) for holds in comparisons)
            case ast.Name() | ast.Attribute():
                name = self._name(node)
                if not self._are_all(bool, name):
                    raise self.refusal(f"{ast.unparse(node)!r} is not true or false")
                return lambda values: bool(values[name])
        raise self.refusal(f"{_shown(node)} does not say what must hold")

    def _comparison(self, operator: ast.cmpop, left: ast.expr, right: ast.expr) -> _Claim:
        if isinstance(operator, (ast.Eq, ast.NotEq)):
            is_wanted = isinstance(operator, ast.Eq)
            one, other = self._operand(left), self._operand(right)
            return lambda values: _same(one(values), other(values)) == is_wanted
        if type(operator) not in _ORDER:
            raise self.refusal("only < <= > >= == != compare")
        holds, a, b = _ORDER[type(operator)], self._number(left), self._number(right)
        return lambda values: holds(a(values), b(values))

    def _operand(self, node: ast.expr) -> _Operand:
        """Read one side of an equality, which may be any value."""
        match node:
            case ast.Constant(value=str() | bool() as value):
                return lambda _: value
            case ast.Name() | ast.Attribute():
                name = self._name(node)
                return lambda values: values[name]
        return self._number(node)

    def _number(self, node: ast.expr) -> _Number:
        """Read a number; its function raises ArithmeticError or ValueError where it has none."""
        match node:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                if not -1e300 < value < 1e300:
                    raise self.refusal("a number is too large")
                constant = float(value)
                return lambda _: constant
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
                number = self._number(operand)
                return (lambda values: -number(values)) if isinstance(sign, ast.USub) else number
            case ast.BinOp(op=operator, left=left, right=right) if type(operator) in _ARITHMETIC:
                compute, a, b = _ARITHMETIC[type(operator)], self._number(left), self._number(right)
                return lambda values: _finite(compute(a(values), b(values)))
            case ast.Call(func=ast.Name(id=function), args=arguments, keywords=[]):
                return self._call(function, arguments)
            case ast.Name() | ast.Attribute():
                name = self._name(node)
                if not self._are_all(Number, name):
                    raise self.refusal(f"parameter {name!r} is not always a number")
                return lambda values: float(values[name] or 0)
        raise self.refusal(
            f"{_shown(node)} is not a number",
            "Use numbers, names, + - * / **, min, max, abs, log, comparisons, and, or, not",
        )

    def _call(self, function: str, arguments: list[ast.expr]) -> _Number:
        if function not in _FUNCTIONS:
            raise self.refusal(f"there is no function {function!r}", nearest(function, _FUNCTIONS))
        takes_one = function in ("abs", "log")
        if len(arguments) != 1 if takes_one else len(arguments) < 2:
            raise self.refusal(f"{function} takes {'one number' if takes_one else 'two or more'}")
        compute, numbers = _FUNCTIONS[function], [self._number(a) for a in arguments]
        return lambda values: _finite(compute([number(values) for number in numbers]))

    def _name(self, node: ast.expr) -> str:
        name = _dotted(node)
        if name is None or (name not in self._parameters and name != MAX_STEPS):
            raise self.refusal(
                f"{ast.unparse(node)!r} is no parameter",
                nearest(name or "", [*self._parameters, MAX_STEPS]),
            )
        self.names.add(name)
        return name

    def _are_all(self, kind: type, name: str) -> bool:
        """Whether each value of a parameter is of a kind; of a range, one value tells."""
        match self._parameters.get(name):
            case Choice(values=values):
                return all(isinstance(value, kind) for value in values)
            case Constant(value=value):
                return isinstance(value, kind)
            case Bool():
                return issubclass(bool, kind)
        return issubclass(float, kind)


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:80] + "…"


def _shown(node: ast.expr) -> str:
    return repr(_short(ast.unparse(node)))


def _dotted(node: ast.expr) -> str | None:
    """Return ``a.b`` for a name or a chain of attributes: parameters may be called so."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None


def _same(a: Value, b: Value) -> bool:
    """Compare as a person means it: 32 is 32.0, but True is not 1."""
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise OverflowError
    return number
