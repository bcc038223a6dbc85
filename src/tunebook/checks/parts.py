"""Whether network, batch and loss run at all, and what kind of task they make (S2.7)."""

from __future__ import annotations

from tunebook.checks.one_look import Lines, symptoms_check

_TRAINABLE = "The network has no trainable parameter."
_REGISTER = "Register layers as attributes or in a ModuleList, and leave one trainable."
_OUTSIDE = "Labels lie outside the classes of the network."
_NUMBER = "Number the classes from 0, and give the network one output for each."
LINES = Lines("parts", {
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
})  # fmt: skip
CHECK = symptoms_check(
    "Do the network and the loss run?", LINES, passed="Network and loss run.", after=("data",)
)
