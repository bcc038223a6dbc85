"""What a person sees of a running study, on standard error: standard output is the program's."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol, TextIO, final

from tunebook.driver import Watcher
from tunebook.engine import Facts
from tunebook.engine.retention import best_checkpoint
from tunebook.execution.trial_setup import TrialSetup
from tunebook.live.plain import PlainWatcher, closing_lines
from tunebook.live.view import take_picture
from tunebook.records import StudyState
from tunebook.records.text import clean
from tunebook.settings import find_settings


class View(Watcher, Protocol):
    """A way of showing a study."""

    def close(self) -> None:
        """End showing it."""


@contextmanager
def watching(
    progress: bool | None,
    facts: Facts,
    setup: TrialSetup,
    *,
    store: str | None = None,
    notices: Sequence[str] = (),
) -> Iterator[Watcher | None]:
    """Give the watcher that shows the study, None for none; at the end say what came of it.

    ``progress``: False for silence, else a drawing where there is a terminal or a notebook.
    ``store`` is the address of the study's store, ``notices`` are told before all else.
    """
    if progress is False:
        yield None
        return
    for line in notices:
        _write(line)
    view = _view(facts, sys.stderr)
    last = _Last(view, facts)
    try:
        yield last
    except KeyboardInterrupt:
        view.close()
        _write("stopped at once; what was measured is kept")
        for line in hints(StudyState.PAUSED, setup, store):
            _write(line)
        raise
    finally:
        view.close()
    if last.is_told:
        facts, best = last.facts, last.facts.best
        ref = None if best is None else best_checkpoint(facts, best)
        path = None if ref is None else setup.open_checkpoints().path_of(ref)
        picture = take_picture(facts, facts.last_at)
        for line in closing_lines(picture, path, hints(facts.state, setup, store)):
            _write(line)


@final
@dataclass(slots=True)
class _Last:
    """Passes everything on to a view and remembers the facts it saw."""

    view: View
    facts: Facts
    is_told: bool = False

    def update(self, facts: Facts, now: float) -> None:
        self.facts = facts
        self.is_told = True
        self.view.update(facts, now)


def _view(facts: Facts, stream: TextIO) -> View:
    if stream.isatty():
        from rich.console import Console

        from tunebook.live.screen import ScreenWatcher

        console = Console(stderr=True)
        if console.is_terminal and not console.is_dumb_terminal:
            screen = ScreenWatcher(facts, console)
            screen.start()
            return screen
    if "IPython" in sys.modules:
        from tunebook.live.notebook import NotebookWatcher, notebook_display

        found = notebook_display()
        if found is not None:
            return NotebookWatcher(facts, *found)
    return PlainWatcher(facts, _write)


def _write(line: str) -> None:
    # A terminal that was closed, or the end of "| tee log", is no reason to end a study.
    with suppress(OSError):
        sys.stderr.write(clean(line) + "\n")
        sys.stderr.flush()


def hints(state: StudyState, setup: TrialSetup, store: str | None) -> Sequence[str]:
    """Return the commands that go on from here; none for a study that is not kept."""
    if store == "memory":
        return ()
    where = place_arguments(setup, store)
    name = shlex.quote(setup.study)
    if state is StudyState.PAUSED:
        return (f"go on: tunebook resume {name}{where}",)
    return (f"look at it: tunebook show {name}{where}",)


def place_arguments(setup: TrialSetup, store: str | None) -> str:
    """Return the arguments with which a command finds the study, if it needs any."""
    usual = find_settings()
    home = "" if setup.home == usual.home else f" --home {shlex.quote(str(setup.home))}"
    there = find_settings(home=setup.home)
    is_usual = store is None or store == there.store
    return home + ("" if is_usual else f" --store {shlex.quote(str(store))}")
