"""Compaction: the measurements of a slice become one row per metric when the slice ends.

Merging stops at the ends of slices because a trial that lost its worker trains steps again, and
the budget counts those: replay must see the same steps in the same attempt. It stops at
checkpoints because which of them is best, and so is kept, depends on what was measured before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import groupby
from operator import attrgetter

from tunebook.records import (
    Event,
    Series,
    TrialCheckpointed,
    TrialEnded,
    TrialFailed,
    TrialLost,
    TrialNumber,
    TrialReached,
    TrialReported,
    TrialStopped,
)
from tunebook.storage.encoding import decode_name, encode_name, pack, unpack

MERGES: frozenset[type[Event]] = frozenset(
    {TrialCheckpointed, TrialReached, TrialEnded, TrialStopped, TrialFailed, TrialLost}
)
"""The events before which the measurements of a trial are merged."""


@dataclass(frozen=True, slots=True)
class MeasurementRow:
    """The packed points of one metric, as they lie in a table; ``place`` orders the metrics."""

    seq: int
    place: int
    at: float
    trial: int
    metric: str
    steps: bytes
    values: bytes
    seconds: bytes


ROW_COLUMNS = tuple(field.name for field in fields(MeasurementRow))


def rows_of(seq: int, event: TrialReported) -> Iterator[MeasurementRow]:
    """Yield one row per metric of a report."""
    for place, (metric, series) in enumerate(event.series.items()):
        packed = pack(series)
        yield MeasurementRow(seq, place, event.at, event.trial, encode_name(metric), *packed)


def merge(rows: Sequence[MeasurementRow]) -> Sequence[MeasurementRow]:
    """Return one row per metric under the last number, in order; ``Series.extend`` joins them."""
    if not rows or rows[0].seq == rows[-1].seq:
        return rows
    last = rows[-1]
    series: dict[str, Series] = {}
    for row in rows:
        points = unpack(row.steps, row.values, row.seconds)
        if row.metric in series:
            series[row.metric].extend(points)
        else:
            series[row.metric] = points
    return [
        MeasurementRow(last.seq, place, last.at, last.trial, metric, *pack(points))
        for place, (metric, points) in enumerate(series.items())
    ]


def reports_of(rows: Iterable[MeasurementRow]) -> Iterator[tuple[int, TrialReported]]:
    """Yield the reports whose rows these are; the rows of one report follow each other."""
    for seq, group in groupby(rows, key=attrgetter("seq")):
        found = list(group)
        series = {decode_name(r.metric): unpack(r.steps, r.values, r.seconds) for r in found}
        yield seq, TrialReported(found[0].at, TrialNumber(found[0].trial), series)
