"""Which batch size uses the machine best, and whether training waits for its data (S4.6, S4.34)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from operator import itemgetter
from statistics import median

from tunebook.analysis.series import number
from tunebook.checks.check import Ability, Asked, Check, Conclusion, failure
from tunebook.checks.experiments import Time, with_settings
from tunebook.checks.first_batch import FirstBatch, first_batch
from tunebook.checks.readings import OutOfMemory, Raised, Readings, Timed
from tunebook.records import Configuration
from tunebook.records.finding import Finding, Verdict

SIZES = tuple(2**k for k in range(4, 11))
BATCHES_PER_EPOCH = 10
"""A batch has at most a tenth of the training set: larger ones hardly differ (ours)."""

N_REPEATS, N_TIMED = 3, 4
"""Each size is timed again, after the others, so that what else the machine does shows (ours)."""

_GAIN, _INPUT_BOUND = 1.1, 1.2
_USUAL = f"a larger batch gains less than {_GAIN - 1:.0%} of throughput for each doubling"
_MORE = f"at most {_INPUT_BOUND - 1:.0%} more"
_size = partial(Finding, "throughput", expected=_USUAL, source="S4.6")
_wait = partial(Finding, "throughput", expected=_MORE, source="S4.34")


def knee(throughputs: Mapping[int, float]) -> int:
    """Return the smallest size from which no larger one gains a tenth for every doubling (S4.6).

    All larger sizes count, not the next one alone: throughput may stand still and rise again.
    """

    def gains(size: int, larger: int) -> bool:
        least = _GAIN ** math.log2(larger / size)
        return larger > size and throughputs[larger] >= least * throughputs[size]

    return min(s for s in throughputs if not any(gains(s, larger) for larger in throughputs))


def ask(config: Configuration, length: int, readings: Readings) -> Asked:
    """Time larger and larger sizes until memory fails, then those that fit, again and again.

    Timings with real data and with data in memory take turns.
    """
    look = first_batch(config)
    seen = readings.get(look)
    if isinstance(seen, Raised):
        return Conclusion((failure(CHECK, seen),))
    if not isinstance(seen, FirstBatch):
        return (look,)
    most = max(1, seen.n_train // BATCHES_PER_EPOCH)
    fitting: list[int] = []
    for size in (s for s in SIZES if s <= max(most, SIZES[0])):
        pair = _pair(config, size, 0)
        if any(time not in readings for time in pair):
            return pair
        failed = [r for time in pair if isinstance(r := readings[time], Raised)]
        if broken := [r for r in failed if not isinstance(r, OutOfMemory)]:
            return Conclusion((failure(CHECK, broken[0]),))
        if failed:
            break
        fitting.append(size)
    if not fitting:
        title, advice = "No batch size fits into memory.", "Make the network or its inputs smaller."
        return Conclusion((_size(Verdict.PROBLEM, title, advice=advice),))
    again = [t for r in range(1, N_REPEATS) for size in fitting for t in _pair(config, size, r)]
    if any(time not in readings for time in again):
        return tuple(again)
    return _conclude(seconds(config, readings), most)


def _pair(config: Configuration, size: int, repeat: int) -> tuple[Time, Time]:
    """Return the timings of one batch size: with real data, and with data in memory."""
    real = Time(with_settings(config, batch_size=size, accumulate=1), N_TIMED, repeat=repeat)
    return real, replace(real, in_memory=True)


def seconds(config: Configuration, readings: Readings) -> dict[int, list[tuple[float, float]]]:
    """Return by batch size, for each repeat, the seconds of an update: real data, data in memory.

    Sizes that were not read in every repeat are left out.
    """
    found: dict[int, list[tuple[float, float]]] = {}
    for size in SIZES:
        pairs = (map(readings.get, _pair(config, size, repeat)) for repeat in range(N_REPEATS))
        times = [[median(t.seconds) for t in pair if isinstance(t, Timed)] for pair in pairs]
        if all(len(pair) == 2 for pair in times):
            found[size] = [(real, ready) for real, ready in times]
    return found


def _conclude(timings: Mapping[int, list[tuple[float, float]]], most: int) -> Conclusion:
    """Judge the whole curve; each repeat gives one, and their answers must agree."""
    if not timings:
        title = "Timings failed when they were repeated: memory was short."
        return Conclusion((_size(Verdict.UNKNOWN, title),))

    def best(kind: int, of: Callable[[list[float]], float]) -> int:
        return knee({s: s / of([pair[kind] for pair in t]) for s, t in timings.items()})

    at, in_memory = best(0, median), best(1, median)
    each = [best(0, itemgetter(repeat)) for repeat in range(N_REPEATS)]
    wait = _waits(timings[in_memory])
    if max(each) > 2 * min(each):
        title = "The timings vary too much to choose a batch size by them."
        value = f"batch sizes {', '.join(map(str, each))} in {N_REPEATS} repeats"
        advice = "Time it again while nothing else runs on this machine."
        return Conclusion((_size(Verdict.UNKNOWN, title, value, advice=advice), wait))
    title = f"Throughput stops rising at a batch size of {at}."
    if len(timings) == 1:
        title = f"A batch size of {at} fits; larger ones were not timed."
    elif at == max(timings):
        title = f"Throughput still rises at the largest size that was timed, {at}."
    rate = at / median(real for real, _ in timings[at])
    found = _size(Verdict.PASS, title, f"{number(rate)} examples per second")
    size = min(at, most)
    reason = f"throughput is best used at {at}"
    if size < at:
        reason += f", but a batch has at most a tenth of the training set: {size}"
    return Conclusion((found, wait), {"batch_size": size}, reason)


def _waits(pairs: list[tuple[float, float]]) -> Finding:
    """Say whether an update takes over 20 % longer with real data than from memory (S4.34).

    Asked at the size where data in memory use the machine best: a larger one hides the wait.
    """
    ratios = [real / synthetic for real, synthetic in pairs]
    real, synthetic = (median(column) for column in zip(*pairs, strict=True))
    value = f"{number(real)} s per update, {number(synthetic)} s with data in memory"
    if min(ratios) <= _INPUT_BOUND < max(ratios):
        title = "The timings vary too much to tell whether training waits for its data."
        return _wait(Verdict.UNKNOWN, title, value)
    if max(ratios) <= _INPUT_BOUND:
        return _wait(Verdict.PASS, "Training does not wait for its data.", value)
    advice = "Preprocess once and keep the result, drop unused fields early."
    title = "Training waits for its data: it is input-bound."
    causes = ("slow reading of the data", "expensive preprocessing or augmentation")
    test = "Time one pass over the data alone."
    return _wait(Verdict.NOTICE, title, value, causes=causes, next_test=test, advice=advice)


CHECK = Check(
    name="throughput",
    question="Which batch size uses the machine best, and does training wait for its data?",
    rules=("S4.6", "S4.34"),
    ability=Ability.CAN_LOOK_INSIDE,
    ask=ask,
    least=1 + 2 * N_REPEATS,
    most=1 + 2 * N_REPEATS * len(SIZES),
    reads=(FirstBatch,),
    copes=True,
    is_quick=False,
)
