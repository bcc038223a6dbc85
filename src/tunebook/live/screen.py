"""A study drawn in a terminal: limits, incumbent, running trials with their curves, what ended.

Drawing is a pure function of a picture and the room there is; ``ScreenWatcher`` only keeps the
latest picture for rich, whose own thread draws it four times a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias, final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.style import Style
from rich.text import Text

from tunebook.engine import Facts
from tunebook.live.appearance import (
    BAR_COLOUR,
    BEST_COLOUR,
    WARNING_COLOUR,
    brief_text,
    clock_text,
    configuration_text,
    look_of,
    number_text,
    shortened,
    sparkline,
)
from tunebook.live.plain import forecast_text, left_text, workers_text
from tunebook.live.view import Picture, Pictures, TrialPicture, take_picture
from tunebook.records import StudyState, TrialState
from tunebook.stopping.limits import LimitUse

REFRESH_S = 0.25
"""So often a picture is taken and drawn."""

_SHORTEST = 12
_NARROW, _TWO_BARS, _WIDE = 60, 76, 100
_METRIC, _LABEL = 8, 8
_NOTE = "Ctrl-C: end politely, keep everything; again: stop now"
_ENDING = "ending: each trial ends at its next step; Ctrl-C: stop now"
_WAITING = "timing two steps of training, to forecast what the study takes"

Part: TypeAlias = str | tuple[str, str | Style]
"""A piece of a line: a text, perhaps with its style."""


class Room(NamedTuple):
    """What a drawing has to fit into, in characters."""

    width: int
    height: int
    is_ascii: bool = False


@final
class ScreenWatcher:
    """Shows ``frame``, the latest picture, on a terminal from ``start`` to ``close``."""

    def __init__(
        self, facts: Facts, console: Console, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._pictures = Pictures(facts, REFRESH_S)
        self._clock = clock
        self.frame = Frame(take_picture(facts, facts.last_at), clock, is_waiting=True)
        self._live = Live(
            self.frame, console=console, refresh_per_second=1 / REFRESH_S, transient=True
        )

    def start(self) -> None:
        """Begin to draw."""
        self._live.start()

    def update(self, facts: Facts, now: float) -> None:
        """Take a picture, if the last one is a quarter of a second old."""
        picture = self._pictures.take(facts, now)
        if picture is not None:
            self.frame = Frame(picture, self._clock)
            self._live.update(self.frame)

    def close(self) -> None:
        """Wipe the drawing away."""
        self._live.stop()


@final
@dataclass(frozen=True, slots=True)
class Frame:
    """A picture as rich draws it; its times go on between two pictures."""

    picture: Picture
    clock: Callable[[], float]
    is_waiting: bool = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        is_ascii = not options.encoding.startswith("utf")
        room = Room(options.max_width, max(_SHORTEST, console.height - 1), is_ascii)
        since_s = 0.0 if self.is_waiting else max(0.0, self.clock() - self.picture.at)
        yield from draw(self.picture, room, since_s=since_s, is_waiting=self.is_waiting)


def draw(
    picture: Picture, room: Room, *, since_s: float = 0.0, is_waiting: bool = False
) -> list[Text]:
    """Return lines that fit into the room, ``since_s`` after the picture; gaps go first."""
    top = [_header(picture, room, since_s)]
    top += _forecast(picture, room)
    blocks = [top, _limits(picture, room, since_s)]
    if picture.best is not None:
        blocks.append(_best(picture, room))
    foot = _foot(picture, room)
    if is_waiting:
        blocks.append([Text(shortened(_WAITING, room.width), "dim")])
    blocks = [block for block in blocks if block]
    n_fixed = sum(map(len, blocks)) + len(foot)
    n_rows = len(picture.running) + len(picture.ended) + len(picture.paused)
    n_gaps = len(blocks) + 1
    has_gaps = n_fixed + n_gaps + min(n_rows, 6) <= room.height
    n_left = room.height - n_fixed - (n_gaps if has_gaps else 0)
    blocks.append(_trials(picture, room, max(2, n_left)))
    lines = _joined([block for block in [*blocks, foot] if block], has_gaps=has_gaps)
    return lines if len(lines) <= room.height else [*lines[: room.height - 1], foot[-1]]


def _joined(blocks: Sequence[Sequence[Text]], *, has_gaps: bool) -> list[Text]:
    lines: list[Text] = []
    for block in blocks:
        if lines and has_gaps:
            lines.append(Text(""))
        lines += block
    return lines


def _line(room: Room, *parts: Part) -> Text:
    """Return the parts one after the other in one line, cut where the room ends."""
    text = Text.assemble(*parts, no_wrap=True, overflow="crop" if room.is_ascii else "ellipsis")
    text.truncate(room.width, overflow="crop" if room.is_ascii else "ellipsis")
    return text


def _dot(room: Room) -> str:
    return " - " if room.is_ascii else " · "


def _header(picture: Picture, room: Room, since_s: float) -> Text:
    look, dot = look_of(picture.state), _dot(room)
    running_s = since_s if picture.state is StudyState.RUNNING else 0.0
    clock = clock_text(picture.active_s + running_s)
    shape = look.ascii_shape if room.is_ascii else look.shape
    goal = f"{picture.objective.direction} {picture.objective.metric}"
    details = [goal, f"search {picture.search}"]
    if picture.n_slots:
        details.append(workers_text(picture.n_slots))
    head: list[Part] = [
        (shortened(picture.name, max(8, room.width - 24)), "bold"),
        "  ",
        (f"{shape} {picture.state}", f"bold {look.colour}"),
    ]
    n_used = sum(len(part) if isinstance(part, str) else len(part[0]) for part in head)
    shown = ""
    for detail in details:
        if n_used + len(shown) + len(dot) + len(detail) + len(clock) + 1 <= room.width:
            shown += dot + detail
    gap = max(1, room.width - n_used - len(shown) - len(clock))
    return _line(room, *head, (shown, "dim"), " " * gap, (clock, "bold"))


def _forecast(picture: Picture, room: Room) -> list[Text]:
    if picture.forecast is None:
        return []
    lines = [_line(room, (f"expected: {forecast_text(picture.forecast)}", "dim"))]
    if picture.forecast.warning is not None:
        warning = Text(f"warning: {picture.forecast.warning}", WARNING_COLOUR)
        lines += warning.wrap(Console(width=room.width), room.width)[:3]
    return lines


def _limits(picture: Picture, room: Room, since_s: float) -> list[Text]:
    """Return a bar for each limit, two beside each other if there is room, and the time left."""
    n_beside = 2 if room.width >= _TWO_BARS and len(picture.uses) > 1 else 1
    width = (room.width - 3 * (n_beside - 1)) // n_beside
    told = [_use_text(use, picture) for use in picture.uses]
    n_told = max(map(len, told), default=0)
    cells = [
        _bar(use, f"{text:<{n_told}}", picture, Room(width, 1, room.is_ascii))
        for use, text in zip(picture.uses, told, strict=True)
    ]
    lines = [Text("   ").join(cells[i : i + n_beside]) for i in range(0, len(cells), n_beside)]
    notes: list[str] = []
    if picture.left_s is not None:
        notes.append(left_text(picture, since_s))
    if picture.target is not None:
        notes.append(f"target {picture.target:g}")
    return [*lines, _line(room, _dot(room).join(notes))] if notes else lines


def _bar(use: LimitUse, told: str, picture: Picture, room: Room) -> Text:
    share = picture.n_trained / use.limit if use.name == "trials" else use.share
    label = {"hours": "time", "max_failures": "failures"}.get(use.name, use.name)
    n_bar = max(0, room.width - _LABEL - len(told) - 2)
    n_full = round(min(1.0, share) * n_bar)
    full, rest = ("=", "-") if room.is_ascii else ("━", "━")
    return _line(
        room,
        (f"{label:<{_LABEL}} ", "dim"),
        (full * n_full, WARNING_COLOUR if use.name == "max_failures" else BAR_COLOUR),
        (rest * (n_bar - n_full), "grey37"),
        f" {told}",
    )


def _use_text(use: LimitUse, picture: Picture) -> str:
    match use.name:
        case "trials":
            return f"{picture.n_trained:,}/{use.limit:,.0f}"
        case "hours":
            return f"{clock_text(use.used * 3600)}/{clock_text(use.limit * 3600)}"
        case "cost":
            return f"{use.used:.2f}/{use.limit:g}"
        case _:
            return f"{use.used:,.0f}/{use.limit:,.0f}"


def _best(picture: Picture, room: Room) -> list[Text]:
    best = picture.best
    if best is None:
        return []
    where = f"trial {best.number}, step {best.best_step or best.step}"
    config = configuration_text(best.config, picture.names)
    curve = sparkline(best.points, 12, is_ascii=room.is_ascii) if room.width >= _NARROW else ""
    head = ("best ", "dim"), (number_text(best.value), f"bold {BEST_COLOUR}")
    n_head = 5 + len(number_text(best.value)) + 2 + len(where) + 2 + len(curve) + 2
    parts: list[Part] = [*head, "  ", where, "  ", (curve, BEST_COLOUR)]
    if n_head + len(config) <= room.width:
        return [_line(room, *parts, "  ", config)]
    wrapped = Text(config).wrap(Console(width=room.width), max(1, room.width - 5))[:2]
    return [_line(room, *parts), *(_line(room, "     ", line.plain) for line in wrapped)]


def _trials(picture: Picture, room: Room, n_rows: int) -> list[Text]:
    """Return ``n_rows`` lines: a heading, running trials, the last ended, the best paused."""
    running, ended, paused = picture.running, list(picture.ended), picture.paused
    if not running and not ended and not paused:
        return []
    n_rows -= 1
    n_ended = min(len(ended), max(n_rows // 3, n_rows - len(running)))
    n_running = min(len(running), n_rows - n_ended)
    n_paused = min(len(paused), n_rows - n_running - n_ended)
    columns = _Columns.of([*running, *ended, *paused], room, picture)
    lines = [columns.heading(picture.objective.metric)]
    if n_running < len(running) and n_running > 0:
        n_running -= 1
        lines += [columns.row(trial) for trial in running[:n_running]]
        lines.append(_line(room, (_collapsed(running[n_running:], picture), "dim")))
    else:
        lines += [columns.row(trial) for trial in running]
    latest = ended[len(ended) - n_ended :]
    return [*lines, *map(columns.row, [*reversed(latest), *paused[:n_paused]])]


def _collapsed(trials: Sequence[TrialPicture], picture: Picture) -> str:
    steps = [trial.step for trial in trials]
    between = f"step {min(steps)}" if len(set(steps)) == 1 else f"steps {min(steps)}-{max(steps)}"
    values = [trial.value for trial in trials if trial.value is not None]
    best = max(values, key=lambda v: -picture.objective.sign * v, default=None)
    told = "" if best is None else f", the best of them {number_text(best)}"
    return f"  and {len(trials)} more running, at {between}{told}"


class _Columns(NamedTuple):
    """The widths of the table of trials; a column of width 0 is left out."""

    room: Room
    names: Sequence[str]
    state: int
    config: int
    step: int
    value: int
    curve: int
    is_brief: bool
    best: int | None

    @classmethod
    def of(cls, trials: Iterable[TrialPicture], room: Room, picture: Picture) -> _Columns:
        """Give the configuration what the other columns leave."""
        shown, names = list(trials), picture.names
        state = max(len(_state_text(trial, room)) for trial in shown)
        step = max(4, *(len(_step_text(trial)) for trial in shown))
        metric = len(picture.objective.metric) if room.width >= _WIDE else _METRIC
        value = max(min(_METRIC, metric), *(len(number_text(t.last)) for t in shown))
        curve = 0 if room.width < _NARROW else 12 if room.width < _WIDE else 24
        config = room.width - state - step - value - curve - 6 - (2 if curve else 0)
        full = max(len(configuration_text(trial.config, names)) for trial in shown)
        best = None if picture.best is None else picture.best.number
        return cls(
            *(room, names, state, max(0, config), step, value, curve),
            is_brief=full > config,
            best=best,
        )

    def heading(self, metric: str) -> Text:
        """Return the line above the trials."""
        metric = shortened(metric, self.value + self.curve, is_ascii=self.room.is_ascii)
        text = (
            f"{'trial':<{self.state}}  {'configuration':<{self.config}.{self.config}}  "
            f"{'step':>{self.step}}  {metric:>{self.value}}"
        )
        return _line(self.room, (text, "dim"))

    def row(self, trial: TrialPicture) -> Text:
        """Return the line of a trial; what went wrong stands in place of its curve."""
        look, is_ascii = look_of(trial.state), self.room.is_ascii
        told = brief_text if self.is_brief else configuration_text
        config = told(trial.config, self.names)
        state: Part = (f"{_state_text(trial, self.room):<{self.state}}  ", look.colour)
        if trial.error is not None:
            width = self.config // 2
            config = shortened(config, width, is_ascii=is_ascii)
            error = " ".join(trial.error.split())
            return _line(self.room, state, f"{config:<{width}}  ", (error, look.colour))
        config = shortened(config, self.config, is_ascii=is_ascii)
        shown = trial.last if trial.state is TrialState.RUNNING else trial.value
        curve = sparkline(trial.points, self.curve, is_ascii=is_ascii) if self.curve else ""
        return _line(
            self.room,
            state,
            f"{config:<{self.config}}  ",
            (f"{_step_text(trial):>{self.step}}  ", "dim"),
            (f"{number_text(shown):>{self.value}}", "bold" if trial.number == self.best else ""),
            (f"  {curve}" if curve else "", look.colour),
        )


def _state_text(trial: TrialPicture, room: Room) -> str:
    look = look_of(trial.state)
    shape = look.ascii_shape if room.is_ascii else look.shape
    return f"{shape} {trial.number}" + (f" {trial.state}" if room.width >= _NARROW else "")


def _step_text(trial: TrialPicture) -> str:
    return str(trial.step) if trial.until is None else f"{trial.step}/{trial.until}"


def _foot(picture: Picture, room: Room) -> list[Text]:
    parts: list[Part] = []
    for state, n in picture.counts.items():
        look = look_of(state)
        shape = look.ascii_shape if room.is_ascii else look.shape
        parts += [("   " if parts else ""), (shape, look.colour), f" {n} {state}"]
    note = _NOTE if picture.state is StudyState.RUNNING else _ENDING
    lines = [_line(room, *parts)] if parts else []
    return [*lines, _line(room, (note, "dim"))]
