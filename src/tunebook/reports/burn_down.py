"""How a study's budget was spent over time: what a burn-down is drawn from.

Time and cost have no place here: a pause does not use them up, and only the log could tell of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from operator import itemgetter
from typing import TypeVar

from tunebook.engine import Facts
from tunebook.records import TrialState
from tunebook.reports.messages import SpentMessage

_T = TypeVar("_T")

N_POINTS = 60
"""So many points at most: a chart as wide as a column shows no more."""


def spent_over_time(facts: Facts) -> list[SpentMessage]:
    """Return the trials and steps that were used, from the first trial to the last that ended.

    A trial counts from its creation, its steps from its end. Cancelled ones do not count.
    """
    told = [trial for trial in facts.trials if trial.state is not TrialState.CANCELLED]
    begun = [(trial.created_at, 1, 0) for trial in told]
    ended = [(t.ended_at, 0, t.steps_done) for t in told if t.ended_at is not None]
    in_order = sorted([*begun, *ended], key=itemgetter(0))
    sums = accumulate(in_order, lambda a, b: (b[0], a[1] + b[1], a[2] + b[2]))
    return [
        SpentMessage(at - facts.created_at, trials, steps)
        for at, trials, steps in thinned(list(sums), N_POINTS)
    ]


def thinned(values: Sequence[_T], n: int) -> list[_T]:
    """Return at most ``n`` of the values, evenly spread, the first and the last among them."""
    if len(values) <= n:
        return list(values)
    return [values[round(i * (len(values) - 1) / (n - 1))] for i in range(n)]
