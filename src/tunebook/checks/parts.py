"""Whether network, batch and loss run at all, and what kind of task they make (S2.7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tunebook.checks.check import failure
from tunebook.checks.one_look import Figures, Lines, check_of
from tunebook.checks.readings import Raised
from tunebook.checks.shape import TaskShape
from tunebook.records.finding import Finding

_TRAINABLE = "The network has no trainable parameter."
_REGISTER = "Register layers as attributes or in a ModuleList, and leave one trainable."
_OUTSIDE = "Labels lie outside the classes of the network."
_NUMBER = "Number the classes from 0, and give the network one output for each."
_LINES = Lines("parts", {
    "unregistered": (_TRAINABLE, "layers kept in a plain list or dict", _REGISTER),
    "frozen": (_TRAINABLE, "every tensor is frozen: requires_grad is False", _REGISTER),
    "from 1": (_OUTSIDE, "labels begin at 1", _NUMBER),
    "negative": (_OUTSIDE, "labels below zero, outside the classes, are not ignored", _NUMBER),
    "few outputs": (_OUTSIDE, "labels outside the classes: too few outputs", _NUMBER),
    "number": ("The loss is not a tensor.",
               "the loss is converted to a number, by .item() or float()",
               "Return the loss itself, not its .item()."),
    "ragged": ("Examples do not make a batch.",
               "examples of different sizes, and no collate that pads them",
               "Give the task a collate(examples) that pads them."),
    "axis": ("The loss does not tell which axis of the outputs has the classes.", "",
             "Compare with another number of classes."),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parts(Figures):
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


def judge_parts(f: Parts) -> Iterator[Finding]:
    """Yield what stands in the way of a first update, or what was found to run."""
    part = f.failed_part
    if f.n_trainable == 0 and (part is None or part.part.startswith("Building")):
        value = f"{f.n_numbers} numbers in all, 0 of them trainable"
        yield _LINES.found("frozen" if f.n_numbers else "unregistered", value, "at least 1")
    elif part is not None:
        yield _raised(f, part)
    else:
        value = f"{f.n_trainable} trainable numbers; outputs and targets {f.told}; {f.shape}"
        yield _LINES.passed("Network and loss run.", value)
        if f.axis_is_ambiguous:
            yield _LINES.found("axis", f"{f.told}; taken for {f.shape}", is_bad=False)


def _raised(f: Parts, part: Raised) -> Finding:
    if f.labels is not None and f.n_scores is not None:
        low, high = f.labels
        key = "negative" if low < 0 else "few outputs"
        key = "from 1" if f.labels == (1, f.n_scores) else key
        told = f"{low} to {high}", f"0 to {f.n_scores - 1}"
        return _LINES.found(key, *told, items=(part.told, *part.where))
    if part.told.startswith("it returned"):
        return _LINES.found("number", part.told, "a tensor with one number")
    if part.part.startswith("A batch") and "equal size" in part.told:
        return _LINES.found("ragged", part.told, "examples of one size")
    return failure(CHECK, part)


CHECK = check_of("parts", "Do the network and the loss run?", Parts, judge_parts, after=("data",))
