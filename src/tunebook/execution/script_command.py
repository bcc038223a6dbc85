"""The command of an untouched script: placeholders are filled in, no shell is involved (S1.3).

``{lr}`` is the value of the parameter ``lr``; ``{seed}``, ``{trial}``, ``{directory}``,
``{device}`` and ``{max_steps}`` are the trial's, unless a parameter has that name. ``{{`` and
``}}`` are braces.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from tunebook.errors import TaskError, nearest

RESERVED = ("seed", "trial", "directory", "device", "max_steps")

_MAX_PROGRAM = 1 << 20
_NEEDS_QUOTES = re.compile(r"[\s'\"\\#]")
_BRACES = re.compile(r"\{(\{[^\W\d][\w./-]*\})\}|(?<!\$)\{([^\W\d][\w./-]*)\}")


def split_command(command: str | Sequence[str]) -> tuple[str, ...]:
    """Return the words of a command; ``TaskError`` for none, or for a quote that never ends."""
    if isinstance(command, str):
        try:
            # As in a shell, a backslash at the end of a line joins it with the next one.
            words = tuple(shlex.split(re.sub(r"\\\r?\n", "", command)))
        except ValueError as error:
            raise TaskError(
                f"The command cannot be split into words: {error}", got=command
            ) from error
    else:
        words = tuple(command)
    if not words or not all(isinstance(word, str) for word in words):
        raise TaskError(
            "A script needs a command",
            got=command,
            expected="for example: python train.py --lr {lr}",
        )
    return words


def join_command(words: Sequence[str]) -> str:
    """Return words as the command that ``split_command`` splits; ``{lr}`` stays readable."""
    return " ".join(
        word
        if word and not _NEEDS_QUOTES.search(word)
        else "'" + word.replace("'", "'\"'\"'") + "'"
        for word in words
    )


def placeholders(words: Sequence[str]) -> list[str]:
    """Return the names in the command's placeholders, in order."""
    return [m[2] for word in words for m in _BRACES.finditer(word) if m[2] is not None]


def check_placeholders(words: Sequence[str], parameters: Collection[str]) -> list[str]:
    """Return unused parameters; ``TaskError`` with the nearest name for an unknown placeholder."""
    used = placeholders(words)
    known = {*parameters, *RESERVED}
    for name in used:
        if name not in known:
            raise TaskError(
                f"The command has a placeholder {{{name}}}, and the space no such parameter",
                got=shlex.join(words),
                expected=f"among {', '.join(sorted(known))}",
                do=f"{nearest(name, known)} Write {{{{{name}}}}} if the braces are meant as such",
            )
    return [name for name in parameters if name not in used]


def render_command(
    words: Sequence[str], values: Mapping[str, object], known: Collection[str]
) -> list[str]:
    """Return the command of one trial.

    A word whose parameter is known but absent from ``values`` (a condition does not hold) is left
    out, and so is the option before it: ``--beta1 {beta1}`` and ``--beta1={beta1}`` vanish.
    """
    rendered: list[str] = []
    for word in words:
        names = placeholders([word])
        if any(name not in values and name in known for name in names):
            if rendered and rendered[-1].startswith("-") and word[0] == "{":
                rendered.pop()
            continue
        rendered.append(_BRACES.sub(lambda m: m[1] or text_of(values[m[2]]), word))
    return rendered


def text_of(value: object) -> str:
    """Return a value as a script is given it."""
    return repr(value) if isinstance(value, float) else str(value)


def program_texts(words: Sequence[str], folder: str | None) -> Iterator[str]:
    """Yield the program texts that a command names: scripts, ``-m module`` and ``-c program``."""
    for before, word in pairwise(("", *words)):
        if before == "-c":
            yield word
            continue
        path = Path(*word.split(".")) if before == "-m" else Path(word)
        names = [path.with_suffix(".py"), path / "__main__.py"] if before == "-m" else [path]
        for name in names:
            yield from _text_of(Path(folder or ".", name))


def _text_of(path: Path) -> Iterator[str]:
    with suppress(OSError, UnicodeDecodeError, ValueError):
        if path.is_file() and path.stat().st_size <= _MAX_PROGRAM:
            yield path.read_text(encoding="utf-8")
