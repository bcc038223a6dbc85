"""Whether the network follows its mode, and predicts each example by itself (S2.7)."""

from __future__ import annotations

from tunebook.checks.one_look import Lines, symptoms_check

_RANDOM = "Evaluating twice gives different predictions."
_BATCH = "A prediction depends on the other examples of its batch."
_FEATURES = "Take softmax, norms and means over features, never over the batch."
_SWITCH = "Call eval() before evaluation, and give functional dropout training=self.training."
LINES = Lines("modes", {
    "evaluating": ("Training runs in evaluation mode.",
                   "evaluation mode in training: eval() is called and train() never again",
                   "Call train() on the network before every training step."),
    "training": ("Evaluation runs in training mode.", "evaluation runs in training mode", _SWITCH),
    "drops": (_RANDOM, "dropout is on in evaluation: it runs in training mode", _SWITCH),
    "random": (_RANDOM, "random numbers are drawn in evaluation", "Draw them in training alone."),
    "seeded": ("The random seed is set in each pass.",
               "the random seed is set in each pass, so dropout drops the same units",
               "Set the seed once, before training."),
    "written": ("Reading an example changes the data.",
                "augmentation writes into the dataset in place: its changes add up",
                "Copy an example before changing it: x = self.x[i].clone()."),
    "reread": ("Validation examples change each time they are read.",
               "augmentation is on in evaluation: validation examples are random",
               "Augment training examples alone."),
    "across": (_BATCH, "wrong dimension: {name} reads across the batch, without batch_first",
               "Give it batch_first=True, or the batch as the second dimension."),
    "statistics": (_BATCH, "batch statistics in evaluation mode: {name} keeps none", _FEATURES),
    "leak": (_BATCH, "an operation over the wrong dimension: over the batch", _FEATURES),
})  # fmt: skip
CHECK = symptoms_check(
    "Does the network follow its mode, and predict each example by itself?",
    LINES,
    passed="Predictions in evaluation depend on nothing but the example.",
)
