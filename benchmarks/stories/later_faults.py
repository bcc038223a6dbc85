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
        ("normalized twice", "normalised twice", "scaled twice", "normaliz", "normalis",
         "standardi", "rescal", "centred", "centered"),
    ),
    Fault(
        "missing values stand as -999",
        flaws.with_codes_of_missing,
        ("-999", "missing", "sentinel", "placeholder", "outlier", "extreme", "not measured",
         "heavy tail", "far outside"),
    ),
    Fault(
        "most words are the unknown one",
        flaws.mostly_unknown,
        ("unknown", "out of vocabulary", "out-of-vocabulary", "vocabulary", "tokenis",
         "tokeniz", "one token", "same token", "same word"),
    ),
    Fault(
        "images that cannot be read are blank",
        flaws.blanks_for_unread,
        ("blank", "all zero", "only zeros", "empty image", "cannot be read", "identical inputs",
         "inputs are identical", "constant inputs", "duplicate"),
    ),
    Fault(
        "columns of validation in another order",
        lambda: healthy.tumours(splits=flaws.columns_in_another_order),
        ("column", "order of the features", "feature order", "permut", "features differ",
         "feature distribution", "distribution of the inputs", "inputs are distributed",
         "preprocess"),
    ),
)  # fmt: skip
LEAKING = (
    Fault(
        "the rare class was repeated before the split",
        lambda: healthy.customers(splits=flaws.copied_first),
        ("duplicate", "overlap", "leak", "in both", "same examples", "also in training",
         "identical examples", "copies", "oversampl"),
    ),
    Fault(
        "records of one patient on both sides",
        lambda: healthy.patients(splits=flaws.at_random),
        ("near-duplicate", "near duplicate", "nearly the same", "nearly identical", "group",
         "leak", "overlap", "same source", "same patient"),
    ),
    Fault(
        "overlapping windows split at random",
        flaws.windows_at_random,
        ("overlap", "near-duplicate", "near duplicate", "nearly the same", "nearly identical",
         "neighbo", "chronolog", "leak", "order of time"),
    ),
    Fault(
        "a category told by the mean target of all rows",
        flaws.encoded_by_target,
        ("leak", "target encod", "mean target", "gives away", "reveal", "from the target",
         "one feature", "single feature", "one column"),
    ),
    Fault(
        "sorted by class and split in order",
        lambda: healthy.signals(splits=flaws.as_sorted),
        ("sorted", "shuffl", "stratif", "class distribution", "distribution of the classes",
         "missing from training", "not in training", "never seen", "shares of the classes"),
    ),
)  # fmt: skip
TARGETS = (
    Fault(
        "each split numbers its classes anew",
        lambda: healthy.signals(splits=flaws.numbered_anew),
        ("encod", "mapping", "renumber", "numbered", "numbering", "permut",
         "labels differently", "shifted", "class indices"),
    ),
    Fault(
        "tokens are to be told as they are, not the next ones",
        lambda: healthy.chains(y=made.chains()[:, :-1]),
        ("shift", "copy", "copies", "next token", "same as the input", "targets are the inputs",
         "in the inputs", "leak", "identity"),
    ),
    Fault(
        "targets in pixels for a network that ends in a sigmoid",
        lambda: healthy.marks(y=16 * made.marks()[1]),
        ("range", "sigmoid", "reach", "bounded", "outside", "pixels", "scale of the targets",
         "target scale", "saturat"),
    ),
    Fault(
        "logarithms in training, prices in validation",
        lambda: healthy.houses(y=made.houses()[1], splits=flaws.log_in_training),
        ("logarithm", "log-", "log1p", "scale", "transform", "distribution of the targets",
         "target distribution", "targets differ", "differently"),
    ),
    Fault(
        "unknown prices count as zero",
        flaws.zero_for_unknown,
        ("zero", "missing", "placeholder", "fill", "default value", "sentinel", "spike",
         "same value", "one value"),
    ),
)  # fmt: skip
AUGMENTATION = (
    Fault(
        "images are flipped, their masks are not",
        lambda: healthy.scenes(augment=flaws.flipped_alone),
        ("augment", "flip", "mirror", "mask", "not moved", "not aligned", "misalign", "turned"),
    ),
    Fault(
        "images come out of the augmentation as bytes",
        lambda: healthy.photos(augment=flaws.in_bytes_again),
        ("augment", "scale", "normaliz", "normalis", "standardi", "range of the inputs", "byte",
         "255"),
    ),
    Fault(
        "arrows mirrored under the same label",
        lambda: healthy.arrows(augment=flaws.flipped_alone),
        ("augment", "flip", "mirror", "changes the class", "changes the label",
         "left and right"),
    ),
    Fault(
        "validation is augmented as well",
        lambda: healthy.arrows(splits=flaws.erased_everywhere),
        ("augment", "randomly", "randomness", "read twice", "each reading", "every reading",
         "deterministic", "changes between", "not reproducible"),
    ),
    Fault(
        "noise is added to the examples where they are kept",
        flaws.disturbed_in_place,
        ("in place", "in-place", "accumulat", "overwrit", "mutat", "modif", "drift",
         "read twice", "changed by reading"),
    ),
)  # fmt: skip
NETWORKS = (
    Fault(
        "the last state is that of the padding",
        flaws.much_filling,
        ("padding", "padded", "pad token", "pads", "filling", "last step", "last position",
         "lengths", "packed"),
    ),
    Fault(
        "attention to the padding alone",
        lambda: healthy.lists(build=partial(nets.Attentive, inverted=True)),
        ("mask", "padding", "padded", "pads", "filling", "inverted", "attend", "attention"),
    ),
    Fault(
        "dropout in evaluation too",
        lambda: healthy.moons(build=partial(nets.Dropped, 6, 2, always=True, share=0.5)),
        ("dropout", "evaluation mode", "eval mode", "eval()", "training mode", "stochastic",
         "deterministic", "same input twice"),
    ),
    Fault(
        "a sigmoid before a loss that has one",
        lambda: healthy.tags(
            build=partial(nets.Bag, 8, squash=True), score=partial(healthy.f1, above=0.5)
        ),
        ("sigmoid", "logit", "probabilit", "squash", "from 0 to 1", "between 0 and 1",
         "bounded"),
    ),
    Fault(
        "batch and time exchanged by a reshape",
        lambda: healthy.pieces(build=partial(nets.InTime, viewed=True)),
        ("reshape", ".view", "transpos", "permut", "other examples", "across the batch",
         "across examples", "mixes", "batch_first"),
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
         "(b, 1)"),
    ),
    Fault(
        "the first class is ignored by the loss",
        lambda: healthy.scenes(cost=flaws.without_the_first),
        ("ignore", "class 0", "first class", "background", "left out", "leaves out",
         "never count", "not counted", "skips"),
    ),
    Fault(
        "the rare class weighs less, not more",
        lambda: healthy.customers(cost=flaws.weighted_inversely(), maximize="f1", score=healthy.f1),
        ("pos_weight", "class weight", "weight of the positive", "weights of the classes",
         "weighs", "imbalanc", "inverse", "rare", "minority"),
    ),
    Fault(
        "the code's loss is a sum, the image's a mean",
        lambda: healthy.drawings(cost=partial(healthy.cost_of_drawing, of_code=1.0)),
        ("collapse", "kl term", "divergence", "dominat", "balance", "outweigh",
         "parts of the loss", "terms of the loss", "loss term"),
    ),
    Fault(
        "a likelihood that multiplies by the variance",
        lambda: healthy.bends(cost=flaws.likelihood_upside_down),
        ("variance", "unbounded", "without bound", "no lower bound", "wrong sign", "likelihood",
         "without limit", "minus infinity", "below zero"),
    ),
)  # fmt: skip
METRICS = (
    Fault(
        "the likeliest along time, not over tokens",
        lambda: healthy.chains_second(
            x=made.chains()[:, :12], y=made.chains()[:, 1:13], score=flaws.along_time
        ),
        ("axis", "dimension", "dim=", "argmax", "transpos", "along time", "wrong way"),
    ),
    Fault(
        "accuracy counts the padding",
        lambda: healthy.phrases(score=flaws.with_filling),
        ("padding", "padded", "pad token", "pads", "filling", "ignore_index", "mask"),
    ),
    Fault(
        "area under the curve of answers of yes or no",
        lambda: healthy.customers(score=flaws.of_hard_answers),
        ("threshold", "hard answers", "hard labels", "hard predictions", "rounded", "binary",
         "yes or no", "0 or 1", "rank"),
    ),
    Fault(
        "probabilities above zero count as yes",
        lambda: healthy.tags(score=flaws.all_above_zero),
        ("threshold", "sigmoid", "always positive", "all positive", "probabilit", "cut-off",
         "whatever the outputs", "constant metric", "always the same"),
    ),
    Fault(
        "targets and answers exchanged in the explained variance",
        lambda: flaws.explained_progress(score=lambda o, y: healthy.explained(y, o)),
        ("swapped", "exchanged", "argument", "order of", "r2", "r²", "explained", "reversed",
         "variance of the"),
    ),
)  # fmt: skip
SETTINGS = (
    Fault(
        "a schedule of epochs that counts updates",
        lambda: healthy.pieces(optimizer=flaws.Falling),
        ("schedule", "learning rate", "rate falls", "rate drops", "decays", "per update",
         "epochs", "steplr"),
    ),
    Fault(
        "a weight decay of 0.3 in Adam",
        lambda: healthy.pieces(config={"lr": 2e-3, "optimizer": "adam", "weight_decay": 0.3}),
        ("weight decay", "weight_decay", "regulari", "l2", "shrink"),
    ),
    Fault(
        "gradients clipped to almost nothing",
        lambda: healthy.graphs(config={"lr": 0.05, "optimizer": "momentum", "clip_norm": 1e-3}),
        ("clip", "learning rate", "too slow", "slowly", "hardly move", "barely move",
         "steps are too small"),
    ),
    Fault(
        "an average of the weights that is as long as ten trainings",
        lambda: healthy.clouds(config={"lr": 2e-3, "polyak": 0.9999}),
        ("polyak", "averaged", "average of the weights", "moving average", "running average",
         "weight average", "lags", "initial weights"),
    ),
    Fault(
        "the two averages of Adam exchanged",
        lambda: healthy.arrows(optimizer=flaws.exchanged_betas),
        ("beta", "moment", "swapped", "exchanged", "oscillat", "inertia"),
    ),
)  # fmt: skip

LATER_FAULTS = (
    *READING, *LEAKING, *TARGETS, *AUGMENTATION, *NETWORKS, *LOSSES, *METRICS, *SETTINGS,
)  # fmt: skip
"""Projects with one mistake each."""
