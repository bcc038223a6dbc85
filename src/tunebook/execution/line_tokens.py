"""Cuts a line into tokens, of which a grammar makes metrics (``line_grammar``). Pure.

Precision first: what is not certainly one number, such as ``0,555``, ``12:30``, ``cuda:0``, a date,
a path or a version, becomes an opaque token that nothing is read from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from tunebook.execution.readings import is_metric_name, number_in

NUMBER = r"[-+]?(?:[0-9]+(?:\.[0-9]+|\.(?=[\])},eE]))?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
_GROUPED = r"[-+]?[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+|[-+]?[0-9]{1,3}(?:,[0-9]{3}){2,}"
_ENDS_THERE = (
    r"(?!(?!dB\b)[\w+\u2212°$€£]"
    r"|[.:/'\u2019,][0-9]|-\w|[\xa0\u2009\u202f][0-9]|\.\w|/\w|\.{2,3}[0-9])"
)
_NOT_FINITE = r"[-+]?(?:nan|inf|infinity)(?![\w.@/-])"


_FILES = (
    "ckpt|pth?|bin|json|ya?ml|py|csv|txt|log|h5|hdf5|keras|safetensors|onnx|pkl|np[yz]|gz|zip|tar|png"
    "|jpe?g|gif|pdf|html|tfevents|model|msgpack"
)


class Kind(Enum):
    """What a token is."""

    NUMBER = auto()
    FRACTION = auto()
    WORD = auto()
    SEPARATOR = auto()
    DASH = auto()
    OPEN = auto()
    CLOSE = auto()
    MARK = auto()
    OPAQUE = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a line. ``value`` is that of a number; a fraction has a ``total`` too."""

    kind: Kind
    text: str
    value: float = 0.0
    total: float = 0.0


_TOKEN = re.compile(
    rf"""
    (?P<OPAQUE>
        \w+://\S+ | (?<!\S)(?:~?/|\.{{1,2}}/|[A-Za-z]:\\)\S+ | (?<![^\s'"(\[])--?[^\W\d]\S*
      | (?<!\S)\S{{0,256}}\.(?:{_FILES})(?!\w)\S*
      | [0-9]+%(?=\s*[|\[█━#▏▎▍▌▋▊▉])
    )
  | (?P<FRACTION>(?<![\w.,/-])(?<![0-9]:)(?P<k>[0-9]+)\s*/\s*(?P<n>[0-9]+)(?![\w/%]|[.,:][0-9]|-\w))
  | (?P<NUMBER>(?<![^\s=:\uff1a([{{'"|,;│┃•*\#])(?:{_GROUPED}|{NUMBER}){_ENDS_THERE})
  | (?P<CHUNK>[^\s\w#|,;:()\[\]{{}}'"=]?[0-9][^\s|;)\]}}]*)
  | (?P<NOT_FINITE>(?<![\w./@-])(?i:{_NOT_FINITE}))
  | (?P<WORD>[^\W\d](?:[\w./@-]*@[0-9.]+:[0-9.]*[0-9]|(?:[\w./@-]|'s\b)*\w(?:'s\b)?)?)
  | (?P<DASH>(?<=\s)(?:[-\u2013\u2014]+>?|[=]>|→)(?=\s)|→)
  | (?P<SEPARATOR>[:\uff1a=\uff1d](?![:=/]))
  | (?P<OPEN>[(\[{{])
  | (?P<CLOSE>[)\]}}])
  | (?P<MARK>[^\s\w])
    """,
    re.VERBOSE,
)
_ONE = rf"(?:{NUMBER}|{_NOT_FINITE})"
_WRAPPED = re.compile(
    r"(?:[\w.]*\.)?\b(?:tensor|Tensor|EagerTensor|Array|array|DeviceArray|Decimal|b?float\d*|int\d*)"
    rf"\(\s*(?:{_ONE}|\[\s*{_ONE}\s*\]|\[\[\s*{_ONE}\s*\]\])\s*"
    r"(?:,\s*[A-Za-z_](?:[^()]|\([^()]*\))*)?\)"
    rf"|<tf\.Tensor:[^<>]*numpy={_ONE}>"
)
_FIRST = re.compile(rf"(?<=[(\[=\s]){_ONE}(?=[\s,)\]>])")
_CALL = re.compile(r"(?<![\w.])([A-Za-z_][\w.]*)\(((?:[^()]|\([^()]*\))*)\)")
_IN_BRACKETS = re.compile(
    r"(?<=[\w.%])\s*[(\[](?:[^()\[\]0-9=:,|]*[)\]](?=\s*[:=\uff1a@]|\s+[-+.]?[0-9])"
    r"|(?!epoch|step|iter)[^\W\d][^()\[\]=:,|]*[)\]](?=\s*[:=\uff1a]))",
    re.IGNORECASE,
)
_AT = re.compile(r"\s*@\[([^\]]*)\]")


def unwrap(text: str) -> str:
    """Replace calls around one number, such as ``tensor(0.98, device='cuda:0')``, by the number."""
    return _WRAPPED.sub(_unwrapped, text)


def _unwrapped(match: re.Match[str]) -> str:
    numbers = _FIRST.findall(match[0])
    return f" {numbers[-1] if match[0][0] == '<' else numbers[0]} " if numbers else match[0]


def tokens_of(text: str) -> Iterator[Token]:
    """Yield the tokens of a line; brackets that belong to a name are dropped."""
    text = _CALL.sub(_opened, unwrap(text)) if "(" in text else text
    if "@" in text:
        text = _AT.sub(lambda m: "@" + re.sub(r"[^\w.]+", "_", m[1].strip()), text)
    text = _IN_BRACKETS.sub("", text)
    for match in _TOKEN.finditer(text):
        yield _token(match)


def _opened(match: re.Match[str]) -> str:
    """Open a call that says metrics, drop one that lists settings; brackets of a name stay."""
    if not re.search(r"[=,]", match[2]):
        return match[0]
    return f" ({match[2]}) " if is_metric_name(match[2]) else " … "


def _token(match: re.Match[str]) -> Token:
    kind, text = match.lastgroup or "MARK", match[0]
    if match["FRACTION"] is not None:
        return Token(Kind.FRACTION, text, float(match["k"]), float(match["n"]))
    if kind in {"NUMBER", "NOT_FINITE"}:
        value = number_in(text)
        return Token(Kind.NUMBER, text, float("nan") if value is None else value)
    if kind == "CHUNK":
        return Token(Kind.OPAQUE, text)
    return Token(Kind[kind], text)
