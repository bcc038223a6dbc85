"""What the loss makes of its outputs and targets, tried on outputs that are made up (S2.7)."""

from __future__ import annotations

from tunebook.checks.one_look import Lines, symptoms_check

_ABOVE = "The loss starts above that of chance."
_COMPARE = "Compare the outputs with the targets."
LINES = Lines("loss", {
    "size": ("The loss is not one number.", "the loss is not averaged over the batch",
             "Average the loss over the examples."),
    "outputs": ("The loss does not depend on the outputs.",
                "the outputs are not used in the loss", _COMPARE),
    "broadcast": ("Every prediction is compared with the targets of all examples.",
                  "broadcasting makes every prediction meet every target",
                  "Give predictions and targets the same shape, example by example."),
    "targets": ("The loss does not depend on the targets.",
                "the targets are not used in the loss", _COMPARE),
    "beyond": ("Targets lie outside of 0 to 1, for which the loss is made.",
               "targets outside of 0 and 1 in a binary cross-entropy",
               "Code the two classes as 0 and 1."),
    "part": ("Only some examples of a batch count in the loss.",
             "the loss takes a part of the batch: {name} have no gradient",
             "Compare all outputs of a batch with all of its targets."),
    "ignored": ("The loss ignores a class.", "class {name} is ignored by the loss",
                "Let every class count; an ignore_index must be no class."),
    "weights": ("Frequent classes weigh more in the loss.",
                "class weights are inverted: the frequent class {name} weighs most",
                "Weigh classes by one over their frequency."),
    "sum": ("The loss is a sum over the batch, and not a mean.",
            "the loss is summed: a reduction 'sum' in place of 'mean'",
            "Average over the examples: else the step grows with the batch size."),
    "axis": ("The softmax is taken over {name}, and not over the classes.",
             "the softmax is taken over the wrong dimension: over {name}",
             "Take the softmax over the classes."),
    "twice": ("The loss is given probabilities, and makes probabilities of them again.",
              "{name} is applied twice: the loss is given probabilities for logits",
              "Drop the last activation, or use a loss that takes probabilities."),
    "logarithm": ("The loss takes logarithms of probabilities, and is given something else.",
                  "log-softmax is missing: the loss has the wrong input",
                  "Use cross_entropy for logits, or end in log_softmax for nll_loss."),
    "reach": ("The network ends in a {name}, and cannot reach all targets.",
              "a {name} at the end of the network limits the range of the outputs",
              "End in a linear layer."),
    "logits": ("The logits end in a {name}.",
               "a {name} at the end of the network limits the range of the logits",
               "End in a linear layer."),
    "above": (_ABOVE, "initial outputs are too large",
              "Make the last layer's initial weights smaller."),
    "large": (_ABOVE, "inputs are not normalized", "Standardize the inputs."),
})  # fmt: skip
CHECK = symptoms_check(
    "Does the loss compare outputs with targets as it should?",
    LINES,
    passed="The loss compares outputs with targets.",
    after=("parts",),
)
