"""What kind of task it is: what its targets are, and where its outputs keep the classes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TargetKind(StrEnum):
    """What targets are."""

    CLASSES = "classes"
    """Numbers of classes, one for each example or for each of its elements."""

    LABELS = "labels"
    """Zeros and ones: two classes, or many labels."""

    NUMBERS = "numbers"
    """Whole or not: a regression."""

    OTHER = "other"


@dataclass(frozen=True, slots=True)
class TaskShape:
    """The kind of targets; for classes, their number and the axis of the outputs that has them.

    ``is_dense``: a target for each element of an example (tokens, pixels). ``ignored`` is the value
    of targets that the loss leaves out, None if there is none. ``is_sequence``: whole numbers in,
    and a target for each of them.
    """

    kind: TargetKind
    n_classes: int | None = None
    class_axis: int | None = None
    is_dense: bool = False
    ignored: int | None = None
    is_sequence: bool = False

    def __str__(self) -> str:
        """Return it in words, as findings show it."""
        if self.kind is not TargetKind.CLASSES:
            return self.kind.value
        each = " for each element" if self.is_dense else ""
        return f"{self.n_classes} classes{each}, on axis {self.class_axis} of the outputs"
