"""Whether all that should learn can: parameters, optimizer, types and gradients (S2.7)."""

from __future__ import annotations

from tunebook.checks.one_look import Lines, symptoms_check

_LACKS = "The optimizer lacks trainable tensors."
_GIVE = "Give it network.parameters(), or freeze these tensors on purpose."
_TYPES = "Numbers have different or unusual types."
_CONVERT = "Convert the data to float32 when they are read, and keep weights in float32."
_NAN = "NaN or infinity appears, first in the {name}."
_DEAD = "Some tensors get no gradient."
_FOLLOW = "Follow the forward pass from {name} to the loss, or freeze these on purpose."
LINES = Lines("network", {
    "unregistered": (
        "The network uses weights that are not its parameters: nothing will train them.",
        "layers kept in a plain list or dict",
        "Register the layers as attributes, in a ModuleList or a ModuleDict."),
    "missing": (_LACKS, "they are not given to the optimizer", _GIVE),
    "stale": (_LACKS, "the optimizer was made for another network: its tensors are stale", _GIVE),
    "types": (_TYPES, "numbers of unusual types: data not converted to float32", _CONVERT),
    "float16": (_TYPES, "weights in float16 lose small updates", _CONVERT),
    "missing values": (_NAN, "missing values in the data: NaN in the inputs", "Clean the data."),
    "numerical": (_NAN, "a numerical problem: an exp, a log, a root or a division makes NaN",
                  "Use the stable form, such as log-softmax, and keep roots off 0."),
    "vanishing": ("Gradients vanish on their way through the network.",
                  "the gradient vanishes in deep saturating layers",
                  "Use ReLU, normalization or residual connections, and weights that fit."),
    "cut": (_DEAD, "no gradient: the graph is cut by a detach, no_grad, argmax or conversion",
            _FOLLOW),
    "unused": (_DEAD, "no gradient: a layer is created and never used", _FOLLOW),
    "zero": (_DEAD, "no gradient arrives but zeros: dead units, or a factor of zero", _FOLLOW),
    "blank": (_DEAD, "inputs are zeroed: all the same", "Look at the inputs."),
})  # fmt: skip
CHECK = symptoms_check(
    "Does every trainable tensor get a gradient and an optimizer?",
    LINES,
    passed="Every trainable tensor is optimized and gets a gradient.",
)
