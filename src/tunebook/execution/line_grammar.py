"""The grammar of what scripts print: tokens of one line in, metrics and counters out. Pure.

A metric is a name and one number: ``name=1``, ``name: 1``, or a usual name directly before its
number (``val loss 1.3``). The name is the words left of the number; words before another ``:`` or
`` - `` are a heading, which goes before the names after it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from typing import final

from tunebook.execution.line_tokens import Kind, Token, tokens_of
from tunebook.execution.readings import (
    COUNTERS,
    Reading,
    are_settings,
    is_metric_name,
    name_of_words,
    word_set,
)

_BAR = re.compile(r"\d%\||[━█▉▊▋▌▍▎▏╸]|\[[=>.#\s-]{5,}\]|\d\s?(?:it|s)/(?:s|it)\b|ms/step|s/step")
_PROGRESS = frozenset({"batch", "batches", "minibatch", "it", "progress", *COUNTERS})
_NEVER = word_set(
    """
    cuda gpu cpu mps xpu device devices rank local_rank node host port line pid version v_num
    eta worker thread process fold progress batch batches
    """
)
_LEVELS = frozenset({"DEBUG", "INFO", "WARNING", "WARN", "ERROR", "CRITICAL"})
_LOG_HEAD = re.compile(
    r"^[^=]{0,120}?\b(?:DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL)\b\]?\s*"
    r"(?::[\w.]*:|\s*[-\u2013]\s|[:|\]])?"
    r"(?:\s*(?:__\w+__|root|\w+\.[\w.]+)\s+-\s|\s*[\w.]+:\w+:\d+\s-\s)?"
    r"|^[IWEF]\d{4} [^\]]*\]"
    r"|^(?:\[[^\]\[]*\d\d:\d\d[^\]]*\]|\d{4}-\d\d-\d\d[T ]\d\d:\d\d\S*|\[\w*rank\d+\]|wandb:)[:\s]*"
)
_DUMP = re.compile(
    r"^\W*(?:\w+ )?(?:args|arguments|config|configuration|hyper-?parameters|hparams|options"
    r"|settings|namespace)\b\s*[:=(]",
    re.IGNORECASE,
)
_AVERAGE = re.compile(r"\b(?:avg|average|averaged|mean|smoothed)\b", re.IGNORECASE)
_LINKS = frozenset({"is", "was", "of", "at", "to", "in", "on", "for", "after", "reached", "equals"})
_BREAKS = frozenset({"with", "and", "by", "from", "than"})
_NOT_THE_EPOCH = frozenset(
    {"from", "until", "till", "to", "best", "every", "next", "before", "max", "since", "than", "by"}
)
_UNITS = word_set(
    """
    s sec secs second seconds ms us min mins minute minutes h hour hours it img imgs images
    samples tokens epochs steps iterations batches points kb mb gb kib mib gib m k g b px it/s
    s/it
    """
)
_WITHIN_NAMES = "'\"`.*#%&~^±"
_SPLITS = word_set("train training val valid validation test testing eval evaluation dev")
_TAILS = _SPLITS | {"index", "coefficient", "value", "rate"}
_ABBREVIATIONS = word_set("val avg acc valid train eval prec rec pred max min std dev approx no")
_NO_VALUES = frozenset({"n/a", "na", "none", "null", "true", "false"})
_DASHES = "-\u2013\u2014"
_ARROWS = ("-->", "->", "=>", "\u2192")
_GROUP = re.compile(r"[0-9]{3}[.,][0-9]+.*")
_COUNT = re.compile(r"(?:^|_)num(?:ber_of)?_")
_NUMBERS = frozenset({Kind.NUMBER, Kind.FRACTION})
_END = Token(Kind.END, "")
_COLONS = ":\uff1a"
_MAX_HEADING = 4
_MAX_BETWEEN = 5
"""Tokens between the name of a counter and its number."""
_SPANS_UNIT = 1.01
"""A percentage beside a fraction may be rounded by so many points."""


def read_line(text: str, wanted: Collection[str] = ()) -> Reading:
    """Return what a line says; ``wanted`` names are read though they are no usual words."""
    is_bar = _BAR.search(text) is not None
    if _DUMP.match(text):
        return Reading(is_bar=is_bar, text=text)
    body = without_log_head(text)
    parser = _Line(list(tokens_of(body)), wanted, _AVERAGE.search(text) is not None)
    parser.parse()
    is_dump = not parser.counters and are_settings([name for name, _ in parser.values])
    values = () if is_dump else tuple(parser.values)
    return Reading(values, parser.counters, parser.progress, is_bar, text)


def without_log_head(text: str) -> str:
    """Return a line without what a logger writes before it: time, level, its own name."""
    return _LOG_HEAD.sub("", text, count=1)


@final
class _Line:
    """The tokens of one line, read from left to right."""

    def __init__(self, tokens: list[Token], wanted: Collection[str], says_average: bool) -> None:
        self.values: list[tuple[str, float]] = []
        self.counters: dict[str, float] = {}
        self.progress: dict[str, float] = {}
        self._tokens = tokens
        self._wanted = wanted
        self._says_average = says_average
        self._says_best = False
        self._last_word = ""
        self._at = 0
        self._words: list[str] = []
        self._heading = ""
        self._base: list[str] = []

    def parse(self) -> None:
        """Read all tokens."""
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            self._at += 1
            match token.kind:
                case Kind.WORD:
                    self._word(token.text)
                case Kind.SEPARATOR:
                    self._separator(token.text)
                case Kind.DASH if token.text in _DASHES:
                    self._head()
                case Kind.DASH:
                    self._words += ["is"] if self._words else []
                case Kind.NUMBER:
                    self._bare_number(token)
                case Kind.FRACTION:
                    self._fraction(token)
                case Kind.OPEN:
                    self._open()
                case Kind.CLOSE if self._is(0, Kind.SEPARATOR):
                    pass
                case _ if token.text not in _WITHIN_NAMES or self._is_end_of_sentence(token.text):
                    self._words = []

    def _is_end_of_sentence(self, text: str) -> bool:
        """``Val. Acc`` is one name, ``done. Loss`` is not."""
        return text == "." and self._is(0, Kind.WORD) and self._last() not in _ABBREVIATIONS

    def _open(self) -> None:
        """Take ``[valid]`` for a heading."""
        word = self._peek().text.lower()
        if word not in COUNTERS:
            self._words = []
        if word in _SPLITS and self._is(1, Kind.CLOSE):
            self._heading = word
            self._at += 2

    def _peek(self, ahead: int = 0) -> Token:
        at = self._at + ahead
        return self._tokens[at] if 0 <= at < len(self._tokens) else _END

    def _last(self) -> str:
        return self._words[-1].lower() if self._words else ""

    def _is(self, ahead: int, kind: Kind, text: str | tuple[str, ...] | None = None) -> bool:
        token = self._peek(ahead)
        return token.kind is kind and (text is None or token.text in text)

    def _word(self, word: str) -> None:
        name = word.lower()
        if name == "step" and self._last() == "global":
            name = "global_step"
            self._words.pop()
        self._says_best |= name == "best"
        if name in _PROGRESS and self._counter(name):
            return
        self._last_word = name
        self._words = [] if name in _BREAKS else [*self._words, word]

    def _counter(self, name: str) -> bool:
        """Take ``Epoch [3/30]``, ``step: 120`` and the like."""
        ahead = 0
        while ahead < _MAX_BETWEEN and (
            self._peek(ahead).kind in {Kind.SEPARATOR, Kind.OPEN, Kind.CLOSE}
            or self._is(ahead, Kind.MARK, "#'\"")
            or (self._is(ahead, Kind.WORD) and self._is(ahead - 1, Kind.OPEN))
        ):
            ahead += 1
        token, before = self._peek(ahead), self._last_word
        is_whole = isinstance(token.value, int) or token.kind is Kind.FRACTION
        is_count = is_whole or any(self._is(k, Kind.SEPARATOR) for k in range(ahead))
        if token.kind not in _NUMBERS or not is_count or before == "per":
            return False
        is_of_the_best = self._says_best and bool(self.values)
        self._at += ahead + 1
        # "Accuracy after epoch 3: 0.9" goes on with its name.
        self._words = self._words if is_metric_name(" ".join(self._words)) else []
        if before in _NOT_THE_EPOCH or is_of_the_best:
            return True
        value = int(token.value) if token.kind is Kind.FRACTION else token.value
        if name in COUNTERS:
            self.counters.setdefault(name, value)
        else:
            self.progress[f"{name} of {token.total}"] = token.value
        return True

    def _separator(self, text: str) -> None:
        ahead, n_open = 0, 0
        while self._is(ahead, Kind.OPEN, "[(") or self._is(ahead, Kind.MARK, "'\"`*"):
            n_open += self._is(ahead, Kind.OPEN)
            ahead += 1
        token = self._peek(ahead)
        is_progress = token.kind is Kind.FRACTION and n_open > 0
        is_progress |= self._last() in _SPLITS and self._is(ahead + 1, Kind.OPEN, "[")
        is_value = token.kind in _NUMBERS or token.text.lower() in _NO_VALUES
        is_value |= token.kind is Kind.OPAQUE and not re.fullmatch(r"[0-9]+%", token.text)
        if is_progress:
            self._head()
        elif token.kind in _NUMBERS:
            is_list = n_open > 0 and not self._is(ahead + 1, Kind.CLOSE)
            self._at += ahead + 1
            if token.kind is Kind.FRACTION:
                self._fraction(token)
            elif not is_list:
                self._take(token)
            self._words = []
        elif text in _COLONS and not is_value:
            self._head()
        else:
            self._words = []

    def _head(self) -> None:
        words, self._words = self._words, []
        if 0 < len(words) <= _MAX_HEADING and _LEVELS.isdisjoint(words):
            self._heading = name_of_words(words)

    def _name(self) -> str:
        words = list(self._words)
        while words and words[-1] in _LINKS:
            words.pop()
        name = name_of_words(words)
        return f"{self._heading}.{name}" if self._heading and name else name

    def _bare_number(self, token: Token) -> None:
        """Take ``val loss 1.3``: a number right after a name that is certainly a metric's."""
        if not self._words:
            return
        if self._last() in _SPLITS:
            self._words = [*self._base, *self._words] if len(self._words) == 1 else self._words
            self._base = self._words[:-1]
        last = self._words[-1] if self._words[-1] not in _LINKS else ""
        tail = self._heading if len(self._words) == 1 else self._words[-2]
        name = self._name()
        own = name.rpartition(".")[2] if self._heading else name
        is_decimal = not isinstance(token.value, int) or self._is(0, Kind.MARK, "%")
        is_known = (
            is_metric_name(last or own)
            or (last.lower() in _TAILS and is_metric_name(tail))
            or any(f"_{own}".endswith(f"_{name}") for name in self._wanted)
            or (is_decimal and last != "" and re.search(r"\w[_@/]\w", last) is not None)
        )
        next_is_word = self._is(0, Kind.WORD) and self._peek().text.lower() not in _UNITS
        is_known &= math.isfinite(token.value) or not next_is_word
        if is_known and (is_decimal or not next_is_word or self._goes_on_with_a_value()):
            self._take(token)
            self._words = []
        elif next_is_word and is_metric_name(own):
            # "Accuracy on the 10000 test images: 76 %": the number is a part of the name.
            self._words.append(token.text)
        else:
            self._words = []

    def _goes_on_with_a_value(self) -> bool:
        ahead = 0
        while self._is(ahead, Kind.WORD):
            ahead += 1
        return self._is(ahead, Kind.NUMBER) or self._is(ahead, Kind.SEPARATOR)

    def _take(self, token: Token) -> None:
        """Keep the number under the name at hand, unless more numbers follow at once."""
        name = self._name()
        self._skip_unit()
        second = self._second(token)
        is_joined = self._is(0, Kind.MARK, ",/") or self._is(0, Kind.DASH, _ARROWS)
        is_list = self._is(0, Kind.NUMBER) or (is_joined and self._is(1, Kind.NUMBER))
        if is_list or (self._is(0, Kind.OPAQUE) and _GROUP.fullmatch(self._peek().text)):
            while self._is(0, Kind.NUMBER) or self._is(0, Kind.MARK, ",/"):
                self._at += 1
            return
        if (
            not name
            or not _NEVER.isdisjoint((re.split(r"[._]", name)[-1], name))
            or (_COUNT.search(name) and not is_metric_name(name))
        ):
            return
        if name in COUNTERS:
            self.counters.setdefault(name, token.value)
            return
        # The y of "mean 0.91 (0.02)" may be a standard deviation.
        is_spread = second is not None and abs(second) < abs(token.value) / 4
        if second is None or is_spread or not self._says_average:
            self.values.append((name, float(token.value)))
        if second is not None:
            self.values.append((name, second))

    def _skip_unit(self) -> None:
        while self._is(0, Kind.MARK, "%'\"*±") or (
            self._is(0, Kind.WORD)
            and self._peek().text.lower() in _UNITS
            and not self._is(1, Kind.SEPARATOR)
        ):
            is_deviation = self._is(0, Kind.MARK, "±")
            self._at += 1 + (is_deviation and self._is(1, Kind.NUMBER))

    def _second(self, token: Token) -> float | None:
        """Return the y of ``x (y)``, where both are written alike."""
        inner, ahead = self._peek(1), 3 if self._is(2, Kind.MARK, "%") else 2
        is_in_brackets = self._is(0, Kind.OPEN, "(") and self._is(ahead, Kind.CLOSE)
        if not is_in_brackets or inner.kind is not Kind.NUMBER:
            return None
        self._at += ahead + 1
        is_alike = isinstance(inner.value, int) == isinstance(token.value, int)
        return float(inner.value) if is_alike and inner.text[0] != "+" else None

    def _fraction(self, token: Token) -> None:
        """Take ``287/500 (57%)``, which is certain; any other fraction says how far it is."""
        name = self._name()
        is_percent = self._is(0, Kind.OPEN, "(") and self._is(2, Kind.MARK, "%")
        if (
            is_metric_name(name)
            and is_percent
            and self._is(1, Kind.NUMBER)
            and token.total > 0
            and abs(100 * token.value / token.total - self._peek(1).value) <= _SPANS_UNIT
        ):
            self.values.append((name, token.value / token.total))
            self._at += 4
        elif not self._words and not self._is_in_value_bracket():
            self.progress[f"of {token.total}"] = token.value
        self._words = []

    def _is_in_value_bracket(self) -> bool:
        """Whether the fraction is ``(96/100)`` behind a value."""
        before = self._tokens[max(0, self._at - 4) : self._at - 1]
        kinds = [token.kind for token in before if token.text != "%"]
        return kinds[-2:] == [Kind.NUMBER, Kind.OPEN] and before[-1].text == "("
