"""What the engine costs per event, and whether that grows with the study.

    .venv/bin/python benchmarks/engine.py

The engine alone: events are handled and decided on one by one, nothing is stored and the searcher
thinks of nothing. Each shape of study leaves something behind that a careless engine would walk
through at every event: finished trials, paused ones, a queue, clones, checkpoints.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tunebook.engine import Machine, replay
from tunebook.records import (
    Budget,
    CheckpointRef,
    Configuration,
    DriverStarted,
    Event,
    Objective,
    Request,
    StudyCreated,
    TrialBegan,
    TrialCheckpointed,
    TrialEnded,
    TrialNumber,
    TrialReached,
)
from tunebook.search.protocol import Clone, Decision, History, Start
from tunebook.testing.samples import sample_report, sample_spec

N_STEPS = 10
LAST = "last"


@dataclass
class Thoughtless:
    """Starts what one may start, as ``decision`` says for the number of the trial."""

    decision: Callable[[int], Decision]
    watches_running: bool = False
    name: str = "thoughtless"

    def decide(self, history: History, slots: int, rng: object) -> Sequence[Decision]:
        """Fill the free workers."""
        n_trials = len(history.trials)
        return [self.decision(number) for number in range(n_trials, n_trials + slots)]


def config(number: int) -> Configuration:
    return Configuration({"lr": 1 / (number + 2)})


def whole(number: int) -> Decision:
    return Start(config(number))


def half(number: int) -> Decision:
    return Start(config(number), N_STEPS // 2)


def clone(number: int) -> Decision:
    return Clone(TrialNumber(number - 1), config(number)) if number else whole(number)


@dataclass(frozen=True)
class Shape:
    """A kind of study. ``n_waiting`` trials are enqueued, or set aside, before it begins."""

    name: str
    decision: Callable[[int], Decision] = whole
    reduce: str = "best"
    watches_running: bool = False
    is_saved: bool = False
    n_waiting: int = 0
    is_set_aside: bool = False


def shapes(n_trials: int) -> Iterator[Shape]:
    yield Shape("trained to their ends")
    yield Shape("ranked by the last value", reduce=LAST)
    yield Shape("asked after every report", watches_running=True)
    yield Shape("with checkpoints", is_saved=True)
    yield Shape("paused and left", half, is_saved=True)
    yield Shape("cloned", clone, is_saved=True)
    yield Shape("enqueued", n_waiting=n_trials)
    yield Shape("set aside in the queue", n_waiting=n_trials, is_set_aside=True)


def life(number: int, shape: Shape) -> Iterator[Event]:
    """Yield what happens to one trial."""
    trial, value = TrialNumber(number), (number * 7919 % 1000) / 1000
    end = N_STEPS if shape.decision is not half else N_STEPS // 2
    yield TrialBegan(0.0, trial, 0)
    for step in range(1, end + 1):
        yield sample_report(number, step, step, value=value - (step % 3) / 100)
    if shape.is_saved:
        yield TrialCheckpointed(0.0, trial, CheckpointRef(trial, end, f"{number:032x}", 1))
    end_event = TrialEnded if end == N_STEPS else TrialReached
    yield end_event(0.0, trial, end, float(end))


def costs_us(shape: Shape, n_trials: int) -> tuple[list[float], list[Event]]:
    """Return the microseconds per event of each trial, in order, and the log."""
    spec = sample_spec(
        max_steps=N_STEPS,
        objective=Objective.of(maximize="val_accuracy", reduce=shape.reduce),
        budget=Budget(trials=2 * n_trials, patience=10 * n_trials, hours=1e6),
    )
    machine = Machine(Thoughtless(shape.decision, shape.watches_running))
    log: list[Event] = [StudyCreated(0.0, spec), DriverStarted(0.0, "host:1", 1)]
    for event in log:
        machine.handle(event)
    log += _waiting(machine, shape)
    costs: list[float] = []
    log += machine.decide(0.0).events
    for _ in range(n_trials):
        (number,) = machine.facts.attempts
        events = list(life(number, shape))
        began = time.perf_counter()
        for event in events:
            machine.handle(event)
            log.append(event)
            log += machine.decide(0.0).events
        costs.append((time.perf_counter() - began) / len(events) * 1e6)
    return costs, log


def _waiting(machine: Machine, shape: Shape) -> Iterator[Event]:
    for number in range(shape.n_waiting):
        wish: dict[str, Any] = {"config": dict(config(number))}
        yield from machine.obey(Request(2 * number + 1, 0.0, "enqueue", wish), 0.0).events
        if shape.is_set_aside:
            aside = Request(2 * number + 2, 0.0, "pause trial", {"trial": number})
            yield from machine.obey(aside, 0.0).events


def row(shape: Shape, n_trials: int) -> str:
    """Measure one shape; a tenth of the trials at the beginning and at the end are compared."""
    costs, log = costs_us(shape, n_trials)
    tenth = max(1, n_trials // 10)
    first, last = statistics.median(costs[:tenth]), statistics.median(costs[-tenth:])
    began = time.perf_counter()
    replay(log)
    replayed = (time.perf_counter() - began) / len(log) * 1e6
    return f"| {shape.name} | {first:.0f} µs | {last:.0f} µs | {replayed:.1f} µs |"


def main() -> None:
    """Measure all shapes, or one, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--shape", help="part of the name of the shapes to measure")
    chosen = parser.parse_args()
    print(f"| {chosen.trials:,} trials | first tenth | last tenth | replay |")
    print("| --- | --- | --- | --- |")
    for shape in shapes(chosen.trials):
        if chosen.shape is None or chosen.shape in shape.name:
            print(row(shape, chosen.trials), flush=True)


if __name__ == "__main__":
    main()
