"""Read parameters in the short form of the command line: ``lr=log(1e-5,1)``, ``opt=sgd|adam``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from tunebook.errors import SpaceError, nearest
from tunebook.records import Value
from tunebook.space.parameters import Bool, Choice, Constant, Float, Int, Parameter

FORMS: Final = (
    "log(1e-5,1), uniform(0,1), uniform(0,1,0.1) in steps, 1-x(0.5,0.999), int(1,10), "
    "intlog(1,64), sgd|adam, ordered(32|64|128), bool, const(3)"
)
_CALL = re.compile(r"(?P<function>[\w-]+)\s*\((?P<inside>.*)\)", re.DOTALL)
_INT = re.compile(r"[+-]?\d+")
_FLOAT = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_WORDS: dict[str, Value] = {"true": True, "false": False, "none": None, "null": None}
# Python refuses longer ones (sys.set_int_max_str_digits), and no hyperparameter has them.
_MAX_DIGITS = 300
_FUNCTIONS = ("log", "uniform", "1-x", "int", "intlog", "choice", "ordered", "bool", "const")
# choice, randint, uniform and loguniform are the platform's own names (S0.12).
_ALIASES = {
    "loguniform": "log",
    "float": "uniform",
    "randint": "int",
    "boolean": "bool",
    "constant": "const",
}


def parse_parameters(texts: Iterable[str]) -> dict[str, Parameter]:
    """Return the parameters of ``name=form`` texts, or raise SpaceError that shows the forms."""
    parameters: dict[str, Parameter] = {}
    for text in texts:
        name, equals, form = text.partition("=")
        name = name.strip()
        if not equals or not name or not form.strip():
            raise SpaceError(
                "a parameter is not written as name=values",
                got=text,
                expected=f"name= and one of {FORMS}",
            )
        if name in parameters:
            raise SpaceError(f"parameter {name!r} is given twice", got=text, do="Leave one out")
        parameters[name] = parse_parameter(name, form)
    return parameters


def parse_parameter(name: str, form: str) -> Parameter:
    """Return the parameter that a short form stands for."""
    form = form.strip()
    options = _split(form, "|")
    if len(options) > 1:
        return Choice(*(_value(name, option) for option in options))
    if form.lower() in ("bool", "boolean"):
        return Bool()
    call = _CALL.fullmatch(form)
    if call is None:
        if _is_quoted(form) or not any(c in form for c in "(),"):
            return Constant(_value(name, form))
        raise _refusal(name, form, "Quote a text that holds brackets or commas")
    function, inside = call["function"].lower(), call["inside"].strip()
    match _ALIASES.get(function, function):
        case "uniform":
            low, high, *step = _numbers(name, "uniform", inside, 3)
            return Float(low, high, step=step[0] if step else None)
        case "log" | "1-x" as scale:
            low, high = _numbers(name, scale, inside, 2)
            return Float(low, high, log=True if scale == "log" else "1-x")
        case "int" | "intlog" as scale:
            low, high = _numbers(name, scale, inside, 2)
            # 1e3 becomes 1000, and what is no whole number is refused, by the space.
            return Int(low, high, log=scale == "intlog")  # type: ignore[arg-type]  # see above
        case "choice" | "ordered" as kind:
            separator = "|" if len(_split(inside, "|")) > 1 else ","
            values = [_value(name, option) for option in _split(inside, separator)]
            return Choice(*values, ordered=kind == "ordered")
        case "bool" if inside:
            raise _refusal(name, f"bool({inside})", "Write bool, without anything in brackets")
        case "bool":
            return Bool()
        case "const":
            return Constant(_value(name, inside))
    raise _refusal(name, form, nearest(function, [*_FUNCTIONS, *_ALIASES]))


def parse_value(text: str) -> Value:
    """Return a whole number, number, true, false, none, or text; quotes make anything a text."""
    text = text.strip()
    if _is_quoted(text):
        return text[1:-1]
    if len(text) <= _MAX_DIGITS:
        if _INT.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            return float(text)
    return _WORDS.get(text.lower(), text)


def _is_quoted(text: str) -> bool:
    return len(text) >= 2 and text[0] == text[-1] and text[0] in "'\""


def _refusal(name: str, form: str, do: str | None = None) -> SpaceError:
    return SpaceError(
        f"parameter {name!r} is not understood", got=form, expected=f"one of {FORMS}", do=do
    )


def _split(text: str, separator: str) -> list[str]:
    """Split at separators that are in neither brackets nor quotes."""
    parts, depth, quote = [""], 0, ""
    for c in text:
        if quote:
            quote = "" if c == quote else quote
        elif c in "'\"":
            # An apostrophe inside a word is no quotation mark.
            quote = c if not parts[-1].strip() else ""
        elif c in "()":
            depth += 1 if c == "(" else -1
        if c == separator and depth == 0 and not quote:
            parts.append("")
        else:
            parts[-1] += c
    return parts


def _value(name: str, text: str) -> Value:
    if not text.strip():
        raise _refusal(name, text, "Fill in the empty value; write '' for an empty text")
    return parse_value(text)


def _numbers(name: str, function: str, inside: str, most: int) -> list[float]:
    numbers: list[float] = []
    for text in _split(inside, ","):
        value = parse_value(text)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            break
        numbers.append(value)
    else:
        if 2 <= len(numbers) <= most:
            return numbers
    optional = ", perhaps followed by a step" if most > 2 else ""
    raise SpaceError(
        f"parameter {name!r}: {function} needs a low and a high number{optional}",
        got=f"{function}({inside})",
        expected=f"one of {FORMS}",
    )
