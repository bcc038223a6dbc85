"""Whole studies for pages and benchmarks: trials of every state, with curves that look like curves.

Values come from a formula and a seed; nothing is trained.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

from tunebook.records import (
    Budget,
    CheckpointRef,
    Configuration,
    DriverStarted,
    DriverStopped,
    DryRunMeasured,
    Event,
    Failure,
    FailureKind,
    Objective,
    Series,
    StudyId,
    StudySpec,
    StudyState,
    StudyStateChanged,
    TaskKind,
    TaskRef,
    TrialBegan,
    TrialCheckpointed,
    TrialCreated,
    TrialEnded,
    TrialFailed,
    TrialLost,
    TrialNumber,
    TrialReported,
    TrialStopped,
)
from tunebook.records import TrialState as State
from tunebook.space import Choice, Constant, Float, Int, Space
from tunebook.storage import Store

SPACE = Space(
    lr=Float(1e-5, 1.0, log=True),
    momentum=Float(0.5, 0.999, log="1-x"),
    batch_size=Choice(32, 64, 128, 256, ordered=True),
    optimizer=Choice("sgd", "adam", "adamw"),
    depth=Int(2, 12),
    dropout=Float(0.0, 0.5),
    beta1=Float(0.5, 0.999, log="1-x", when={"optimizer": ("adam", "adamw")}),
    data=Constant("birds-v3"),
)
BEGIN = 1_760_000_000.0
"""When the first of these studies began, in seconds since the epoch."""

N_BATCH = 500


def study_spec(name: str = "birds", **changes: Any) -> StudySpec:
    """Return the description of a study that tunes an image classifier."""
    values: dict[str, Any] = {
        "space": SPACE.to_dict(),
        "objective": Objective.of(maximize="val_accuracy"),
        "max_steps": 30,
        "budget": Budget(trials=120, hours=8.0, cost=40.0, price_per_hour=2.7),
        "search": {"name": "bayes", "initial": 12},
        "task": TaskRef(TaskKind.SCRIPT, "python train.py --lr {lr} --opt {optimizer}"),
        "notes": "Is a larger batch worth its steps?",
    }
    return StudySpec(name=name, **(values | changes))


def fill_study(
    store: Store,
    spec: StudySpec | None = None,
    *,
    n_trials: int = 60,
    n_running: int = 3,
    seed: int = 0,
    begin: float = BEGIN,
) -> StudyId:
    """Create a study with ``n_trials`` trials, the last ``n_running`` of which still train.

    Without any that trains the study is done.
    """
    spec = spec or study_spec()
    study = store.create_study(spec, begin)
    seq = store.append(
        study,
        [
            DriverStarted(begin, "host:1", 2),
            DryRunMeasured(begin, 2.0, 1.4, {"val_accuracy": 0.1}),
        ],
        store.last_seq(study),
    )
    batch: list[Event] = []
    for event in _lives(spec, n_trials, n_running, Random(seed), begin=begin):
        batch.append(event)
        if len(batch) >= N_BATCH:
            seq = store.append(study, batch, seq)
            batch = []
    if n_running == 0:
        end = batch[-1].at if batch else begin
        batch += [
            StudyStateChanged(end, StudyState.DONE, "the budget of trials is used up", "trials"),
            DriverStopped(end, "done"),
        ]
    store.append(study, batch, seq)
    return study


def _lives(
    spec: StudySpec, n_trials: int, n_running: int, random: Random, *, begin: float
) -> Iterator[Event]:
    space = Space.from_dict(spec.space)
    n_steps = spec.max_steps or 10
    at = begin
    for n in range(n_trials):
        at += random.uniform(20.0, 60.0)
        config = _config(space, random, near=n > n_trials // 3)
        yield from _life(spec, n, config, random, at=at, is_open=n >= n_trials - n_running)
        at += 0.3 * n_steps


def _config(space: Space, random: Random, *, near: bool) -> Configuration:
    def unit() -> float:
        return min(0.999, max(0.0, random.gauss(0.6, 0.16))) if near else random.random()

    return space.decode([unit() for _ in space.dimensions])


def quality(config: Mapping[str, Any]) -> float:
    """Return how good a configuration is, 0 to 1: best near a learning rate of 0.02."""
    lr = float(config.get("lr", 0.02))
    off = abs(math.log10(lr) - math.log10(0.02)) / 3.0
    plus = {"adamw": 0.04, "adam": 0.02}.get(str(config.get("optimizer")), 0.0)
    depth = abs(int(config.get("depth", 6)) - 7) * 0.008
    drop = abs(float(config.get("dropout", 0.2)) - 0.2) * 0.12
    return max(0.05, 0.93 - 0.75 * math.pow(off, 1.4) + plus - depth - drop)


def _life(
    spec: StudySpec, n: int, config: Configuration, random: Random, *, at: float, is_open: bool
) -> Iterator[Event]:
    number, n_steps = TrialNumber(n), spec.max_steps or 10
    fate = "open" if is_open else _fate(config, random)
    reached = n_steps if fate == "done" else random.randint(max(1, n_steps // 4), n_steps - 1)
    why = f"expected improvement {0.02 / (n + 1):.2g} on {spec.objective.metric}"
    yield TrialCreated(at, number, config, until_step=n_steps, why=why)
    yield TrialBegan(at + 1, number, 0)
    yield TrialReported(at + 2, number, _curves(spec, config, reached, random))
    seconds, end = reached * 1.4, at + 2 + reached
    match fate:
        case "done":
            saved = CheckpointRef(number, reached, f"{n:064x}", 9_400_000)
            yield TrialCheckpointed(end, number, saved)
            yield TrialEnded(end, number, reached, seconds)
        case "stopped":
            yield TrialStopped(end, number, State.STOPPED, "worse than the median at this step")
        case "infeasible":
            failure = Failure(FailureKind.DIVERGED, f"{spec.objective.metric} was nan")
            yield TrialFailed(end, number, failure, seconds)
        case "failed":
            text = "RuntimeError: mat1 and mat2 shapes cannot be multiplied (64x10 and 12x3)"
            trace = f'Traceback (most recent call last):\n  File "train.py", line 88\n{text}'
            failure = Failure(FailureKind.USER_ERROR, text, traceback=trace)
            yield TrialFailed(end, number, failure, seconds)
        case "lost":
            yield TrialLost(end, number, Failure(FailureKind.LOST, "the worker vanished"))


def _fate(config: Configuration, random: Random) -> str:
    if float(str(config.get("lr", 0.0))) > 0.3:
        return "infeasible"
    draw = random.random()
    if draw < 0.03:
        return "failed"
    if draw < 0.05:
        return "lost"
    return "stopped" if draw < 0.22 else "done"


def _curves(
    spec: StudySpec, config: Configuration, reached: int, random: Random
) -> dict[str, Series]:
    n_steps, top = spec.max_steps or 10, quality(config)
    pace = random.uniform(3.0, 6.0)
    steps = range(1, reached + 1)
    rise = [1 - math.exp(-pace * step / n_steps) for step in steps]
    seconds = [1.4 * step for step in steps]
    values = [0.1 + (top - 0.1) * r + random.gauss(0, 0.006) for r in rise]
    losses = [2.3 - 2.0 * top * r + random.gauss(0, 0.02) for r in rise]
    return {
        spec.objective.metric: Series.of(steps, values, seconds),
        "train_loss": Series.of(steps, losses, seconds),
    }
