"""What ``load.py`` of a model folder does: ask the network, from the command line, without data."""

from __future__ import annotations

import argparse
import inspect
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tunebook.datasets.importers.tables import SUFFIXES, read_columns
from tunebook.errors import InputError, TunebookError
from tunebook.recipes.answers import SHOWN_SCORE, write_picture
from tunebook.recipes.models import Model, load_model


def ask(folder: Path, arguments: Sequence[str]) -> None:
    """Print what the network of a folder says of each argument; exit with 2 where it cannot."""
    parser = argparse.ArgumentParser("load.py", description="Ask the trained network.")
    parser.add_argument("what", nargs="+", help="Images, tables (.csv), rows a,b,c or texts.")
    parser.add_argument("--top", type=int, default=3, help="Classes to print, the likeliest first.")
    help_ = "The least score of a box."
    parser.add_argument("--threshold", type=float, default=SHOWN_SCORE, help=help_)
    # A row may begin with a negative number: what has a space is not taken for an option.
    chosen = parser.parse_args([re.sub(r"^-(?=[\d.])", " -", one) for one in arguments])
    try:
        model = load_model(folder)
        for raw in map(str.strip, chosen.what):
            for line in _lines(model, raw, top=chosen.top, threshold=chosen.threshold):
                sys.stdout.write(f"{line}\n")
    except (TunebookError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(2) from None


def _lines(model: Model, raw: str, *, top: int, threshold: float) -> Iterator[str]:
    """Yield the lines of an answer: of each row of a table, of an image, or of a text."""
    if _takes(model, "threshold"):
        found = model.answer(raw, threshold=threshold)
        drawn = Path(f"{Path(raw).stem}-boxes.png")
        width, height = write_picture(Path(raw), found, drawn)
        yield f"{raw}: {len(found)} with a score of {threshold:g} or more, drawn in {drawn}"
        for label, score, box in found:
            sides = (side * of for side, of in zip(box, (width, height) * 2, strict=True))
            yield f"  {score:.3f} {label} at " + ", ".join(f"{side:.0f}" for side in sides)
        return
    names = model.columns
    if names is None or not raw.lower().endswith(SUFFIXES):
        yield f"{raw}: {_told(model, raw, top)}"
        return
    columns = read_columns(Path(raw))
    missing = [name for name in names if name not in columns]
    if missing:
        raise InputError(
            f"The table {raw} lacks columns", got=", ".join(columns), expected=", ".join(names)
        )
    for number, row in enumerate(zip(*(columns[name] for name in names), strict=True), 1):
        yield f"{raw} row {number}: {_told(model, row, top)}"


def _told(model: Model, raw: object, top: int) -> str:
    answer = model.answer(raw, **({"top": top} if _takes(model, "top") else {}))
    if isinstance(answer, list):
        return ", ".join(f"{label!r} {share:.3f}" for label, share in answer)
    return f"{answer:.6g}" if isinstance(answer, float) else str(answer)


def _takes(model: Model, option: str) -> bool:
    """Whether the task's ``answer`` has an option: one of a user's own task may have none."""
    answer = model.task.answer
    return answer is not None and option in inspect.signature(answer).parameters
