"""Whether network, batch and loss run at all, and what kind of task they make (S2.7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from tunebook.checks.check import Ability, Check, failure
from tunebook.checks.one_look import ask_for
from tunebook.checks.readings import Raised
from tunebook.checks.shape import TaskShape
from tunebook.records.finding import Finding, Verdict

_NAME = "parts"
_problem = partial(Finding, _NAME, Verdict.PROBLEM, source="S2.7")


@dataclass(frozen=True, slots=True)
class Parts:
    """How far a task runs. ``failed_part`` is what raised; ``labels`` are the lowest and highest.

    ``told`` has the shapes and types of outputs and targets. ``n_scores`` is the size of the axis
    of classes, None where labels are no classes. ``n_numbers`` counts those of all weights.
    """

    n_numbers: int
    n_trainable: int
    failed_part: Raised | None = None
    labels: tuple[int, int] | None = None
    n_scores: int | None = None
    told: str = ""
    shape: TaskShape | None = None
    axis_is_ambiguous: bool = False
    failed: Mapping[str, str] = field(default_factory=dict)


def judge_parts(f: Parts) -> Iterator[Finding]:
    """Yield what stands in the way of a first update, or what was found to run."""
    part = f.failed_part
    if f.n_trainable == 0 and (part is None or part.part.startswith("Building")):
        yield _nothing_to_train(f)
    elif part is not None and f.labels is not None and f.n_scores is not None:
        yield _outside(f, part, *f.labels, f.n_scores)
    elif part is not None and part.told.startswith("it returned"):
        yield _problem(
            "The loss is not a tensor.",
            value=part.told,
            expected="a tensor with one number, which can be differentiated",
            causes=("the loss is converted to a number, by .item() or float()",),
            advice="Return the loss itself, not its .item().",
        )
    elif part is not None:
        found = failure(CHECK, part)
        is_ragged = "equal size" in part.told and part.part.startswith("A batch")
        ragged = ("examples of different sizes, and no collate that pads them",)
        yield replace(found, causes=ragged) if is_ragged else found
    else:
        value = f"{f.n_trainable} trainable numbers; outputs and targets {f.told}; {f.shape}"
        yield Finding(_NAME, Verdict.PASS, "Network and loss run.", value, source="S2.7")
        if f.axis_is_ambiguous:
            yield Finding(
                _NAME,
                Verdict.NOTICE,
                "The loss does not tell which axis of the outputs has the classes.",
                value=f"{f.told}; taken for {f.shape}",
                next_test="Use a number of classes that differs from the other sizes.",
                source="S2.7",
            )


def _outside(f: Parts, part: Raised, low: int, high: int, n: int) -> Finding:
    cause = "labels outside the classes: the network has too few outputs"
    if (low, high) == (1, n):
        cause = "labels begin at 1"
    elif low < 0:
        cause = "labels below zero, outside the classes, that the loss does not ignore"
    return _problem(
        "Labels lie outside the classes of the network.",
        value=f"{low} to {high}",
        expected=f"0 to {n - 1}",
        causes=(cause,),
        advice="Number the classes from 0, and give the network one output for each.",
        items=(part.told, *part.where),
    )


def _nothing_to_train(f: Parts) -> Finding:
    causes = ("layers kept in a plain list or dict", "no tensor is an nn.Parameter")
    return _problem(
        "The network has no trainable parameter.",
        value=f"{f.n_numbers} numbers in all, 0 of them trainable",
        expected="at least 1",
        causes=("every tensor is frozen: requires_grad is False",) if f.n_numbers else causes,
        advice="Register layers as attributes or in a ModuleList, and leave one trainable.",
    )


CHECK = Check(
    name=_NAME,
    question="Do the network and the loss run?",
    rules=("S2.7",),
    ability=Ability.CAN_LOOK_INSIDE,
    ask=ask_for(_NAME, Parts, judge_parts),
    reads=(Parts,),
)
