"""Mistakes that reviewers of projects and competitions report most, in projects of many shapes.

Written on 30 November 2026, after all rules. ``LATER_FAULTS`` has five of each kind: data as they
are read, splits, targets, augmentation, network, loss, metric, and optimizer or configuration.
``LATER_CLEAN`` are healthy.
"""

from __future__ import annotations

from functools import partial

from benchmarks.stories import later_data as made
from benchmarks.stories import later_flaws as flaws
from benchmarks.stories import later_networks as nets
from benchmarks.stories import later_tasks as healthy
from benchmarks.stories.faults import Fault
from benchmarks.stories.later_tasks import LATER_CLEAN

__all__ = ["LATER_CLEAN", "LATER_FAULTS"]

READING = (
    Fault(
        "scaled to shares of one, then by the mean of bytes",
        flaws.scaled_twice,
        ("scaled twice", "normalized twice", "normalised twice", "normaliz", "normalis",
         "standardi", "rescal", "hardly vary", "hardly differ", "nearly constant", "not centred",
         "not centered", "far from zero", "mean of the inputs", "inputs' mean"),
    ),
    Fault(
        "missing values stand as -999",
        flaws.with_codes_of_missing,
        ("-999", "missing", "sentinel", "placeholder", "outlier", "extreme", "not measured",
         "code for", "very large values", "heavy tail", "far outside"),
    ),
    Fault(
        "most words are the unknown one",
        flaws.mostly_unknown,
        ("unknown", "unk", "out of vocabulary", "out-of-vocabulary", "vocabulary", "tokenis",
         "tokeniz", "one token", "same token", "same word"),
    ),
    Fault(
        "images that cannot be read are blank",
        flaws.blanks_for_unread,
        ("blank", "all zero", "only zeros", "nothing but zeros", "empty image", "unread",
         "cannot be read", "identical inputs", "inputs are identical", "same input", "black",
         "constant inputs", "repeated", "duplicate", "corrupt"),
    ),
    Fault(
        "columns of validation in another order",
        lambda: healthy.tumours(splits=flaws.columns_in_another_order),
        ("column", "order of the features", "feature order", "order of the inputs", "permut",
         "inputs differ", "inputs are distributed", "distribution of the inputs",
         "distribution of inputs", "input distribution", "features differ", "feature distribution",
         "preprocess", "other inputs", "shifted", "processed differently"),
    ),
)  # fmt: skip
LEAKING = (
    Fault(
        "the rare class was repeated before the split",
        lambda: healthy.customers(splits=flaws.copied_first),
        ("duplicate", "overlap", "leak", "in both", "same examples", "also in training",
         "identical examples", "copies", "shared", "oversampl"),
    ),
    Fault(
        "records of one patient on both sides",
        lambda: healthy.patients(splits=flaws.at_random),
        ("near-duplicate", "near duplicate", "nearly the same", "nearly identical", "almost the",
         "group", "leak", "overlap", "same source", "same patient", "related examples", "in both"),
    ),
    Fault(
        "overlapping windows split at random",
        flaws.windows_at_random,
        ("overlap", "near-duplicate", "near duplicate", "nearly the same", "nearly identical",
         "almost the", "neighbour", "neighbor", "time", "chronolog", "leak", "group", "in both"),
    ),
    Fault(
        "a category told by the mean target of all rows",
        flaws.encoded_by_target,
        ("leak", "target encod", "mean target", "gives away", "gives the target", "reveal",
         "from the target", "of the target", "one feature", "single feature", "one input",
         "one column", "feature alone"),
    ),
    Fault(
        "sorted by class and split in order",
        lambda: healthy.signals(splits=flaws.as_sorted),
        ("sorted", "not shuffled", "unshuffled", "without shuffling", "in order", "stratif",
         "class distribution", "distribution of classes", "distribution of the classes",
         "classes differ", "other classes", "missing from training", "not in training",
         "never seen", "absent from", "shares of the classes", "class shares"),
    ),
)  # fmt: skip
TARGETS = (
    Fault(
        "each split numbers its classes anew",
        lambda: healthy.signals(splits=flaws.numbered_anew),
        ("encod", "mapping", "renumber", "numbered", "numbering", "class numbers",
         "labels differently", "other labels", "label order", "shifted", "permut",
         "order of the classes", "mean another class", "codes", "class indices"),
    ),
    Fault(
        "tokens are to be told as they are, not the next ones",
        lambda: healthy.chains(y=made.chains()[:, :-1]),
        ("shift", "copy", "copies", "next token", "identical to the input", "same as the input",
         "equal to the input", "inputs are the targets", "targets are the inputs",
         "in the inputs", "contain the target", "own input", "leak", "identity"),
    ),
    Fault(
        "targets in pixels for a network that ends in a sigmoid",
        lambda: healthy.marks(y=16 * made.marks()[1]),
        ("range", "sigmoid", "cannot reach", "out of reach", "bounded", "outside", "pixels",
         "scale of the targets", "targets' scale", "target scale", "saturat", "between 0 and 1"),
    ),
    Fault(
        "logarithms in training, prices in validation",
        lambda: healthy.houses(y=made.houses()[1], splits=flaws.log_in_training),
        ("log", "scale", "unit", "transform", "distribution of the targets",
         "targets are distributed", "targets differ", "other targets", "differently",
         "target distribution", "another range", "shifted"),
    ),
    Fault(
        "unknown prices count as zero",
        flaws.zero_for_unknown,
        ("zero", "missing", "placeholder", "fill", "default value", "sentinel", "spike",
         "same value", "one value", "outlier", "repeated value", "unknown"),
    ),
)  # fmt: skip
AUGMENTATION = (
    Fault(
        "images are flipped, their masks are not",
        lambda: healthy.scenes(augment=flaws.flipped_alone),
        ("augment", "flip", "mirror", "mask", "targets are not moved", "not aligned", "misalign",
         "turned"),
    ),
    Fault(
        "images come out of the augmentation as bytes",
        lambda: healthy.photos(augment=flaws.in_bytes_again),
        ("augment", "scale", "normaliz", "normalis", "standardi", "range", "byte", "255",
         "larger in training", "other units"),
    ),
    Fault(
        "arrows mirrored under the same label",
        lambda: healthy.arrows(augment=flaws.flipped_alone),
        ("augment", "flip", "mirror", "changes the class", "changes the label", "left and right",
         "does not keep"),
    ),
    Fault(
        "validation is augmented as well",
        lambda: healthy.arrows(splits=flaws.erased_everywhere),
        ("augment", "random", "read twice", "each reading", "every reading", "reads differ",
         "not the same twice", "differ from read", "not deterministic", "nondeterministic",
         "changes between", "not reproducible"),
    ),
    Fault(
        "noise is added to the examples where they are kept",
        flaws.disturbed_in_place,
        ("in place", "in-place", "accumulat", "overwrit", "mutat", "modif", "alters",
         "changes what it", "grows", "drift", "read twice", "each reading", "every reading",
         "changes when", "changed by reading"),
    ),
)  # fmt: skip
NETWORKS = (
    Fault(
        "the last state is that of the padding",
        flaws.much_filling,
        ("padding", "padded", "pad ", "pads", "filling", "last step", "last position",
         "last state", "last token", "length", "pack"),
    ),
    Fault(
        "attention to the padding alone",
        lambda: healthy.lists(build=partial(nets.Attentive, inverted=True)),
        ("mask", "padding", "padded", "pads", "filling", "inverted", "attend", "attention"),
    ),
    Fault(
        "dropout in evaluation too",
        lambda: healthy.moons(build=partial(nets.Dropped, 6, 2, always=True, share=0.5)),
        ("dropout", "evaluation mode", "eval mode", "eval()", "training mode", "random in eval",
         "stochastic", "not deterministic", "nondeterministic", "functional.dropout",
         "same input twice"),
    ),
    Fault(
        "a sigmoid before a loss that has one",
        lambda: healthy.tags(
            build=partial(nets.Bag, 8, squash=True), score=partial(healthy.f1, above=0.5)
        ),
        ("sigmoid", "logit", "probabilit", "squash", "twice", "from 0 to 1", "between 0 and 1",
         "bounded"),
    ),
    Fault(
        "batch and time exchanged by a reshape",
        lambda: healthy.pieces(build=partial(nets.InTime, viewed=True)),
        ("reshape", "view", "transpos", "permut", "other examples", "across the batch",
         "across examples", "mixes examples", "mixes the examples", "mix examples",
         "batch dimension", "batch axis", "depends on the batch", "rest of the batch",
         "depend on each other", "between examples", "batch_first"),
    ),
)  # fmt: skip
LOSSES = (
    Fault(
        "a column minus a row",
        lambda: healthy.houses(
            build=flaws.Columns,
            cost=flaws.column_against_row,
            score=lambda o, y: healthy.rmse(o.squeeze(1), y),
        ),
        ("broadcast", "shape", "squeeze", "column", "every pair", "each pair", "all pairs",
         "(b, 1)", "mean of the targets", "dimensions", "other examples", "every other target"),
    ),
    Fault(
        "the first class is ignored by the loss",
        lambda: healthy.scenes(cost=flaws.without_the_first),
        ("ignore", "class 0", "first class", "background", "left out", "leaves out", "never count",
         "not counted", "no gradient for", "does not count", "never trained", "skips"),
    ),
    Fault(
        "the rare class weighs less, not more",
        lambda: healthy.customers(cost=flaws.weighted_inversely(), maximize="f1", score=healthy.f1),
        ("pos_weight", "weight of the", "weights of the", "class weight", "weighs", "weighted",
         "imbalanc", "inverse", "rare", "minority", "positive class"),
    ),
    Fault(
        "the code's loss is a sum, the image's a mean",
        lambda: healthy.drawings(cost=partial(healthy.cost_of_drawing, of_code=1.0)),
        ("collapse", "kl", "divergence", "dominat", "balance", "outweigh", "parts of the loss",
         "terms of the loss", "loss term", "one term", "one part", "regulariz", "prior",
         "sum and mean", "weight of the"),
    ),
    Fault(
        "a likelihood that multiplies by the variance",
        lambda: healthy.bends(cost=flaws.likelihood_upside_down),
        ("variance", "unbounded", "without bound", "no lower bound", "sign", "likelihood",
         "without limit", "falls for ever", "forever", "minus infinity", "below zero"),
    ),
)  # fmt: skip
METRICS = (
    Fault(
        "the likeliest along time, not over tokens",
        lambda: healthy.chains_second(
            x=made.chains()[:, :12], y=made.chains()[:, 1:13], score=flaws.along_time
        ),
        ("axis", "dimension", "dim=", "dim ", "argmax", "transpos", "along", "wrong way"),
    ),
    Fault(
        "accuracy counts the padding",
        lambda: healthy.phrases(score=flaws.with_filling),
        ("padding", "padded", "pad ", "pads", "filling", "ignore", "ignored", "mask"),
    ),
    Fault(
        "area under the curve of answers of yes or no",
        lambda: healthy.customers(score=flaws.of_hard_answers),
        ("threshold", "hard", "rounded", "binary answers", "binary predictions", "yes or no",
         "0 or 1", "rank", "scores", "class predictions", "thresholded"),
    ),
    Fault(
        "probabilities above zero count as yes",
        lambda: healthy.tags(score=flaws.all_above_zero),
        ("threshold", "sigmoid", "always positive", "all positive", "always yes", "probabilit",
         "cut", "same answer", "does not depend on the outputs", "whatever the outputs",
         "does not move", "does not change", "constant metric", "always the same"),
    ),
    Fault(
        "targets and answers exchanged in the explained variance",
        lambda: flaws.explained_progress(score=lambda o, y: healthy.explained(y, o)),
        ("swapped", "exchanged", "argument", "order of", "r2", "r²", "explained", "reversed",
         "variance of the outputs", "variance of the predictions"),
    ),
)  # fmt: skip
SETTINGS = (
    Fault(
        "a schedule of epochs that counts updates",
        lambda: healthy.pieces(optimizer=flaws.Falling),
        ("schedule", "decay", "learning rate", "rate falls", "rate drops", "per update", "epochs",
         "rate is too low", "vanish", "steplr"),
    ),
    Fault(
        "a weight decay of 0.3 in Adam",
        lambda: healthy.pieces(config={"lr": 2e-3, "optimizer": "adam", "weight_decay": 0.3}),
        ("weight decay", "weight_decay", "regulari", "l2", "shrink", "decay"),
    ),
    Fault(
        "gradients clipped to almost nothing",
        lambda: healthy.graphs(config={"lr": 0.05, "optimizer": "momentum", "clip_norm": 1e-3}),
        ("clip", "gradient norm", "learning rate", "too small", "too low", "too slow", "slowly",
         "hardly move", "barely move"),
    ),
    Fault(
        "an average of the weights that is as long as ten trainings",
        lambda: healthy.clouds(config={"lr": 2e-3, "polyak": 0.9999}),
        ("polyak", "average", "averag", "ema", "lag", "behind", "initial weights"),
    ),
    Fault(
        "the two averages of Adam exchanged",
        lambda: healthy.arrows(optimizer=flaws.exchanged_betas),
        ("beta", "moment", "swapped", "exchanged", "oscillat", "inertia", "optimizer"),
    ),
)  # fmt: skip

LATER_FAULTS = (
    *READING, *LEAKING, *TARGETS, *AUGMENTATION, *NETWORKS, *LOSSES, *METRICS, *SETTINGS,
)  # fmt: skip
"""Projects with one mistake each."""
