"""Whether a network that reads sequences sees its answers, or learns from padding (S2.7)."""

from __future__ import annotations

from tunebook.checks.one_look import Lines, symptoms_check

_SHIFT = "Shift the targets by one place, once."
LINES = Lines("sequence", {
    "later": ("Outputs depend on later inputs, which are what they are to predict.",
              "the causal mask is missing: the network sees the future, its target",
              "Mask attention to later places, or pad convolutions on the left alone."),
    "last": ("Outputs change when texts get more padding.",
             "the last state of the recurrent network is read after the padding",
             "Pack the padded sequences, or take the state at the last word of each."),
    "0": ("Targets equal the inputs.", "targets are not shifted: the network copies its inputs",
          _SHIFT),
    "2": ("Targets are two places ahead.",
          "targets are shifted twice: in the data and in the loss", _SHIFT),
    "counted": ("The loss counts padding.",
                "padding is counted in the loss, and not ignored or masked",
                "Give padded targets the ignore_index of the loss, or mask them."),
})  # fmt: skip
CHECK = symptoms_check(
    "Are answers hidden from a network that reads sequences, and is padding left out?",
    LINES,
    passed="Sequences hide their answers.",
)
