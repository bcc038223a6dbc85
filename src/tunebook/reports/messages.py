"""The messages between the server (or a report) and the page. Written once, here.

``scripts/ui`` turns them into ``ui/src/messages.ts``. Only JSON values: numbers that are not finite
travel as None. Times are seconds since the epoch. Values are in the objective's own direction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tunebook.analysis.axis import AxisPoint
from tunebook.analysis.boundary import EdgeFinding
from tunebook.analysis.expected_best import ExpectedBest
from tunebook.analysis.importance import Importance
from tunebook.records import Objective
from tunebook.records.section import (
    Chart,
    ChartSeries,  # noqa: F401  # the page reads the series of a chart
    SectionPicture,
    SectionTable,
)

Scalar: TypeAlias = bool | float | str | None
"""A parameter's value."""

Level: TypeAlias = Literal["pass", "notice", "unknown", "problem"]


@dataclass(frozen=True, slots=True)
class LimitMessage:
    """One limit of the budget: ``name`` as in ``Budget``; ``used`` and ``limit`` in ``unit``."""

    name: str
    used: float
    limit: float
    unit: str


@dataclass(frozen=True, slots=True)
class IncumbentMessage:
    """The best value from one moment on, against everything it may be drawn over."""

    trial: int
    value: float
    at: float
    n_trials: int
    steps: int
    seconds: float
    cost: float | None


@dataclass(frozen=True, slots=True)
class SpentMessage:
    """What was used of the budget so many ``seconds`` after the study was created."""

    seconds: float
    trials: int
    steps: int


@dataclass(frozen=True, slots=True)
class StudyRow:
    """A line of the list of studies. ``incumbent`` is a small curve of at most 60 values."""

    name: str
    state: str
    why: str
    objective: Objective
    n_trials: int
    best_value: float | None
    best_trial: int | None
    created_at: float
    updated_at: float
    budget: Sequence[LimitMessage]
    incumbent: Sequence[float]


@dataclass(frozen=True, slots=True)
class ParameterMessage:
    """A parameter; ``scale`` is linear, log, 1-x or choice, ``text`` says what it can be."""

    name: str
    scale: str
    low: float | None
    high: float | None
    values: Sequence[Scalar]
    is_ordered: bool
    role: str | None
    kind: str | None
    condition: str | None
    text: str


@dataclass(frozen=True, slots=True)
class FindingMessage:
    """A finding as a card: ranked ``causes``, the ``next_test``, ``items`` are files or tensors."""

    id: str
    level: Level
    title: str
    evidence: str
    advice: str
    source: str
    causes: Sequence[str] = ()
    next_test: str = ""
    items: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class SectionMessage:
    """A part of a report: what others than the study have to show."""

    title: str
    paragraphs: Sequence[str]
    findings: Sequence[FindingMessage]
    tables: Sequence[SectionTable]
    charts: Sequence[Chart]
    pictures: Sequence[SectionPicture]


@dataclass(frozen=True, slots=True)
class PageMessage:
    """A page that is made of sections alone."""

    title: str
    sections: Sequence[SectionMessage]
    written_at: float
    version: str


@dataclass(frozen=True, slots=True)
class PageRow:
    """A line of the list of pages, by ``address``; ``level`` of its worst finding, or None."""

    address: str
    kind: str
    title: str
    level: Level | None
    written_at: float


@dataclass(frozen=True, slots=True)
class BestMessage:
    """The incumbent, and the file of its checkpoint if there is one."""

    trial: int
    value: float
    step: int
    config: Mapping[str, Scalar]
    checkpoint: str | None


@dataclass(frozen=True, slots=True)
class ForecastMessage:
    """What the study was forecast to take (S0.8), and what the present pace says is left."""

    total_s: float | None
    cost: float | None
    left_s: float | None
    warning: str | None


@dataclass(frozen=True, slots=True)
class RequestMessage:
    """A request that the driver has not obeyed yet, or its answer when it has."""

    id: int
    kind: str
    body: Mapping[str, Scalar]
    answer: str | None


@dataclass(frozen=True, slots=True)
class StudyMessage:
    """One study as it is after event ``seq``: everything but its trials and curves.

    ``lights`` are the five answers before conclusions (S4.20).
    ``findings`` are those after event ``findings_seq``: they take the whole study and come later,
    and so does ``spent``.
    ``metrics`` are all names reported. ``environment`` says how to repeat the study (I8).
    ``fixed`` are the values that a recipe's trials have in common, ``conditions`` what must agree
    with another study's for an order (I1). ``n_steps`` are the steps that were given to trials.
    ``is_live``: a driver is at work. ``is_adaptive``: the searcher looked at values, so that axis
    plots carry a warning (I6).
    """

    seq: int
    name: str
    state: str
    why: str
    limit: str | None
    is_live: bool
    objective: Objective
    search: Mapping[str, Scalar]
    is_adaptive: bool
    max_steps: int | None
    space: Sequence[ParameterMessage]
    constraints: Sequence[str]
    budget: Sequence[LimitMessage]
    target: float | None
    spent: Sequence[SpentMessage]
    counts: Mapping[str, int]
    best: BestMessage | None
    incumbent: Sequence[IncumbentMessage]
    forecast: ForecastMessage | None
    findings: Sequence[FindingMessage]
    findings_seq: int
    lights: Sequence[FindingMessage]
    requests: Sequence[RequestMessage]
    metrics: Sequence[str]
    notes: str
    environment: Mapping[str, Scalar]
    fixed: Mapping[str, Scalar]
    conditions: Mapping[str, Scalar]
    n_steps: int
    created_at: float
    updated_at: float
    active_s: float
    cost: float | None


@dataclass(frozen=True, slots=True)
class TrialRow:
    """A line of the table of trials. ``last`` is the objective's last measurement.

    ``ancestors`` are the trials whose training it continues, the nearest first, a few of them.
    ``tags`` are the verdicts on its curve (S4.24 to S4.26).
    """

    number: int
    state: str
    config: Mapping[str, Scalar]
    value: float | None
    best_step: int | None
    last: float | None
    step: int
    steps_done: int
    until_step: int | None
    seconds: float
    cost: float | None
    error: str | None
    parent: int | None
    ancestors: Sequence[int]
    tags: Sequence[str]
    source: str
    why: str | None
    created_at: float
    ended_at: float | None


@dataclass(frozen=True, slots=True)
class TrialsMessage:
    """A page of trials, sorted and filtered by the server; ``total`` passed the filter."""

    seq: int
    total: int
    offset: int
    rows: Sequence[TrialRow]


@dataclass(frozen=True, slots=True)
class CurveMessage:
    """One trial's measurements of one metric, at most as many points as the page can show."""

    trial: int
    steps: Sequence[int]
    values: Sequence[float | None]
    seconds: Sequence[float]


@dataclass(frozen=True, slots=True)
class CurvesMessage:
    """The curves of one metric. ``n_left_out`` trials were not sent, the worst or the oldest."""

    seq: int
    metric: str
    curves: Sequence[CurveMessage]
    n_left_out: int


@dataclass(frozen=True, slots=True)
class CheckpointMessage:
    """A checkpoint that is kept."""

    step: int
    path: str
    n_bytes: int


@dataclass(frozen=True, slots=True)
class KinMessage:
    """A trial of a family; ``change`` from its parent's values, ``depth`` how far below it lies."""

    trial: int
    depth: int
    state: str
    value: float | None
    from_step: int
    to_step: int
    change: str


@dataclass(frozen=True, slots=True)
class FamilyMessage:
    """The trials whose training one continues, it last, and those that continue its own (S0.15)."""

    chain: Sequence[KinMessage]
    descendants: Sequence[KinMessage]
    n_left_out: int


@dataclass(frozen=True, slots=True)
class TrialMessage:
    """One trial: its row, all its curves by metric, its files, its family, how to repeat it.

    ``n_losses`` workers vanished while they trained it, so that it was tried again. ``observers``
    say what stopping early would have done (S0.32).
    """

    seq: int
    row: TrialRow
    curves: Mapping[str, CurveMessage]
    verdicts: Sequence[FindingMessage]
    observers: Sequence[str]
    checkpoints: Sequence[CheckpointMessage]
    family: FamilyMessage | None
    n_losses: int
    log_tail: str | None
    traceback: str | None
    explanation: str
    command: str


@dataclass(frozen=True, slots=True)
class BucketMessage:
    """One bucket of an isolation plot (S4.23), with the tags of its best trial (S4.24)."""

    low: float
    high: float
    x: Scalar
    n: int
    n_infeasible: int
    best: float | None
    third: float | None
    expected: float | None
    is_thin: bool
    best_trial: int | None
    best_tags: Sequence[str]


@dataclass(frozen=True, slots=True)
class InteractionMessage:
    """How much two parameters matter together beyond each alone."""

    first: str
    second: str
    share: float


@dataclass(frozen=True, slots=True)
class TrendMessage:
    """A parameter's rank correlation with being good (S0.25), its interval, ``effect`` in words."""

    parameter: str
    correlation: float
    low: float
    high: float
    is_clear: bool
    effect: str


@dataclass(frozen=True, slots=True)
class ParametersMessage:
    """Everything about the parameters of a study. A refusal says why there is no importance.

    ``priors`` say how much a parameter is expected to matter, where the playbook knows (S2.17).
    ``seed_noise`` is the deviation of trials of one configuration, None if none was repeated.
    """

    seq: int
    axes: Mapping[str, Sequence[AxisPoint]]
    isolation: Mapping[str, Sequence[BucketMessage]]
    edges: Mapping[str, Sequence[EdgeFinding]]
    importance: Sequence[Importance]
    importance_refusal: str | None
    priors: Mapping[str, str]
    interactions: Sequence[InteractionMessage]
    trends: Sequence[TrendMessage]
    expected_best: Sequence[ExpectedBest]
    seed_noise: float | None


@dataclass(frozen=True, slots=True)
class ComparisonMessage:
    """Studies side by side (S0.24). ``refusal`` says why no order is claimed (I1).

    ``unlike`` says of each study, by name, in what it differs from the first of them. ``ranks`` of
    equal values are equal.
    """

    studies: Sequence[StudyMessage]
    refusal: str | None
    unlike: Mapping[str, Sequence[str]]
    order: Sequence[str]
    ranks: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class UpdateMessage:
    """What changed between two moments of a study: apply it to what the page holds.

    ``study`` replaces the study; ``trials`` replace the rows of their numbers; ``points`` are
    appended to curves that the page has open, from the step of their first point on.
    """

    seq: int
    study: StudyMessage
    trials: Sequence[TrialRow]
    points: Mapping[str, Sequence[CurveMessage]]


@dataclass(frozen=True, slots=True)
class SnapshotMessage:
    """A whole study in one: what a one-file report holds."""

    study: StudyMessage
    trials: TrialsMessage
    curves: Mapping[str, CurvesMessage]
    parameters: ParametersMessage
    details: Mapping[str, TrialMessage]
    sections: Sequence[SectionMessage]
    written_at: float
    version: str
