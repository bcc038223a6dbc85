"""Whether the metric measures what it is named after: on outputs that are right, and on others."""

from __future__ import annotations

from tunebook.checks.one_look import Lines, symptoms_check

_NOT_BEST = "Outputs that are right do not have the best value of the metric."
_CORRECT = "Correct metrics(outputs, targets)."
LINES = Lines("metric", {
    "raises": ("The evaluation raises an error.", "{name}", _CORRECT),
    "absent": ("The metric {name!r} is never reported.", "",
               "Return it from metrics(outputs, targets), or name another one."),
    "nan": ("The metric is not a finite number.",
            "the metric divides by zero, or by the number of a class that is missing", _CORRECT),
    "known": (_NOT_BEST, "{name}", _CORRECT),
    "constant": ("The metric is the same for all outputs.", "the metric does not use the outputs: "
                 "it is constant, or computed from something else", _CORRECT),
    "unpaired": ("The metric is the same for shuffled targets.", "the metric does not compare each "
                 "output with its own target, or errors cancel out", _CORRECT),
    "direction": ("The metric is driven in the wrong direction.",
                  "the direction is wrong: {name}",
                  "Name it by minimize or maximize of the task, as it is."),
    "backward": ("The metric is driven in the wrong direction.", "the metric is computed the wrong "
                 "way round: it counts errors for hits, or its sign", _CORRECT),
    "state": ("The metric of the same outputs changes.",
              "the metric keeps a state from one evaluation to the next, or is random", _CORRECT),
    "classes": (_NOT_BEST, "the metric averages over classes that are absent from the examples",
                _CORRECT),
    "other": (_NOT_BEST, "the metric compares other things than the loss does: another axis, order "
              "or numbering", _CORRECT),
    "padding": ("The metric counts targets that the loss ignores.",
                "the metric counts padding: targets that the loss ignores", _CORRECT),
    "threshold": ("The metric depends on the size of logits that are right.", "the threshold of "
                  "the metric is 0.5, and it is given logits: cut them at 0", _CORRECT),
    "part": ("The metric counts a part of the examples.",
             "only the {name} part of the examples is counted, such as the {name} batch", _CORRECT),
    "rounded": ("The metric is all or nothing.", "the metric is rounded, or an integer division of "
                "whole numbers: all right counts, and half of it as nothing", _CORRECT),
    "others": ("The metric of an example depends on other examples.",
               "the metric normalizes over the examples: a softmax over the wrong axis", _CORRECT),
    "some classes": ("The metric averages over classes that are absent, where some are.", "", ""),
    "unnamed": ("The name of the metric does not tell whether it is a rate, a score or a loss.", "",
                "Set metric_kind of the task to rate, error rate, score or loss."),
}, "S2.1")  # fmt: skip
CHECK = symptoms_check(
    "Does the metric measure what it is named after?",
    LINES,
    passed="The metric is best for outputs that are right.",
    after=("data", "targets", "parts"),
    rules=("S2.1",),
)
