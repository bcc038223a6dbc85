"""Constraints between inputs: a small language, parsed with ``ast`` and walked by us, never eval'd.

Everything is computed in floats, so no expression can grow numbers without end; what is not
defined (division by zero, overflow, a root of a negative number) is not satisfied.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from numbers import Number
from typing import Final, final

from tunebook.errors import SpaceError, nearest
from tunebook.records import Value
from tunebook.space.parameters import Bool, Choice, Constant, Parameter

MAX_LENGTH = 500
MAX_DEPTH = 40
MAX_NODES = 500
MAX_STEPS: Final = "max_steps"
FORM = "such as 'warmup_steps <= 0.1 * max_steps'"

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
    _tree: ast.expr = field(repr=False, compare=False)

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
            return _claim(self._tree, values)
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
    reader.claim(tree)
    if not reader.names:
        raise reader.refusal("it mentions no parameter")
    return Constraint(text, frozenset(reader.names), tree)


@final
class _Reader:
    """Checks once, at construction, that every part of a constraint can be evaluated."""

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

    def claim(self, node: ast.expr) -> None:
        """Check an expression that must be true or false."""
        match node:
            case ast.BoolOp(values=parts):
                for part in parts:
                    self.claim(part)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                self.claim(operand)
            case ast.Compare():
                self._comparison(node)
            case ast.Name() | ast.Attribute():
                if not self._are_all(bool, self._name(node)):
                    raise self.refusal(f"{ast.unparse(node)!r} is not true or false")
            case _:
                raise self.refusal(f"{_shown(node)} does not say what must hold")

    def _comparison(self, node: ast.Compare) -> None:
        operands = [node.left, *node.comparators]
        for operator, left, right in zip(node.ops, operands, operands[1:], strict=False):
            if isinstance(operator, (ast.Eq, ast.NotEq)):
                self._operand(left)
                self._operand(right)
            elif type(operator) in _ORDER:
                self._number(left)
                self._number(right)
            else:
                raise self.refusal("only < <= > >= == != compare")

    def _operand(self, node: ast.expr) -> None:
        """Check one side of an equality, which may be any value."""
        match node:
            case ast.Constant(value=str() | bool()):
                return
            case ast.Name() | ast.Attribute():
                self._name(node)
            case _:
                self._number(node)

    def _number(self, node: ast.expr) -> None:
        match node:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                if not -1e300 < value < 1e300:
                    raise self.refusal("a number is too large")
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
                self._number(operand)
            case ast.BinOp(op=operator, left=left, right=right) if type(operator) in _ARITHMETIC:
                self._number(left)
                self._number(right)
            case ast.Call(func=ast.Name(id=function), args=arguments, keywords=[]):
                self._call(function, arguments)
            case ast.Name() | ast.Attribute():
                name = self._name(node)
                if not self._are_all(Number, name):
                    raise self.refusal(f"parameter {name!r} is not always a number")
            case _:
                raise self.refusal(
                    f"{_shown(node)} is not a number",
                    "Use numbers, names, + - * / **, min, max, abs, log, comparisons, and, or, not",
                )

    def _call(self, function: str, arguments: list[ast.expr]) -> None:
        if function not in _FUNCTIONS:
            raise self.refusal(f"there is no function {function!r}", nearest(function, _FUNCTIONS))
        if len(arguments) != 1 if function in ("abs", "log") else len(arguments) < 2:
            raise self.refusal(
                f"{function} takes "
                + ("one number" if function in ("abs", "log") else "two or more")
            )
        for argument in arguments:
            self._number(argument)

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


def _claim(node: ast.expr, values: Mapping[str, Value]) -> bool:
    match node:
        case ast.BoolOp(op=ast.And(), values=parts):
            return all(_claim(part, values) for part in parts)
        case ast.BoolOp(values=parts):
            return any(_claim(part, values) for part in parts)
        case ast.UnaryOp(operand=operand):
            return not _claim(operand, values)
        case ast.Compare(left=left, ops=operators, comparators=comparators):
            for operator, right in zip(operators, comparators, strict=True):
                if not _compare(operator, left, right, values):
                    return False
                left = right
            return True
    return bool(values[_dotted(node) or ""])


def _compare(
    operator: ast.cmpop, left: ast.expr, right: ast.expr, values: Mapping[str, Value]
) -> bool:
    if type(operator) in _ORDER:
        return _ORDER[type(operator)](_number(left, values), _number(right, values))
    is_equal = _same(_operand(left, values), _operand(right, values))
    return is_equal if isinstance(operator, ast.Eq) else not is_equal


def _same(a: Value, b: Value) -> bool:
    """Compare as a person means it: 32 is 32.0, but True is not 1."""
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def _operand(node: ast.expr, values: Mapping[str, Value]) -> Value:
    match node:
        case ast.Constant(value=str() | bool() as value):
            return value
        case ast.Name() | ast.Attribute():
            return values[_dotted(node) or ""]
    return _number(node, values)


def _number(node: ast.expr, values: Mapping[str, Value]) -> float:
    """Return the number, or raise ArithmeticError or ValueError where it is not defined."""
    match node:
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.Name() | ast.Attribute():
            return float(values[_dotted(node) or ""] or 0)
        case ast.UnaryOp(op=operator, operand=operand):
            number = _number(operand, values)
            return -number if isinstance(operator, ast.USub) else number
        case ast.BinOp(op=operator, left=left, right=right):
            result = _ARITHMETIC[type(operator)](_number(left, values), _number(right, values))
        case ast.Call(func=ast.Name(id=function), args=arguments):
            result = _FUNCTIONS[function]([_number(argument, values) for argument in arguments])
        case _:
            raise ValueError(ast.dump(node))
    if not math.isfinite(result):
        raise OverflowError
    return result
