"""What commands print, results and words to a person; ``clean`` takes escape sequences out."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tunebook.records.text import clean

if TYPE_CHECKING:
    from rich.text import Text

_UNLIMITED = 10_000


def emit(*lines: str) -> None:
    """Print lines of the result."""
    sys.stdout.writelines(clean(line) + "\n" for line in lines)


def emit_json(value: object) -> None:
    """Print a result as JSON; what is not finite becomes null."""
    from tunebook.records.text import to_json

    emit(to_json(value))


def emit_table(columns: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> None:
    """Print a table; columns whose name begins with ``>`` are numbers, set to the right."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        is_number = column.startswith(">")
        table.add_column(
            column.removeprefix(">"),
            justify="right" if is_number else "left",
            no_wrap=True,
            overflow="ellipsis",
        )
    for row in rows:
        table.add_row(*(Text(clean(one)) if isinstance(one, str) else one for one in row))
    from rich.console import Console

    if sys.stdout.isatty():
        Console(highlight=False).print(table)
        return
    # Nobody looks on: no line is cut, and none is filled up with blanks.
    text = io.StringIO()
    Console(file=text, width=_UNLIMITED, highlight=False).print(table)
    emit(*map(str.rstrip, text.getvalue().splitlines()))


def say(*lines: str) -> None:
    """Tell a person something that is not part of the result."""
    sys.stderr.writelines(clean(line) + "\n" for line in lines)
    sys.stderr.flush()


def complain(text: str) -> None:
    """Tell a person what went wrong, in red where there are colours."""
    from rich.console import Console
    from rich.text import Text

    Console(stderr=True, soft_wrap=True, highlight=False).print(Text(clean(text), "red"))


def is_unicode() -> bool:
    """Whether standard output takes more than ASCII."""
    return (sys.stdout.encoding or "").lower().startswith("utf")
