"""What augmentation does to a batch, and whether targets go along (S2.7, S2.8)."""

from __future__ import annotations

from tunebook.checks.one_look import Lines, symptoms_check

LINES = Lines("augmentation", {
    "nan": ("Augmentation makes numbers that are not finite.",
            "augmentation makes NaN or infinity",
            "Look at its divisions, logarithms and roots."),
    "nothing": ("Augmentation changes nothing.",
                "augmentation has no effect: its result is not returned",
                "Return what it makes, or leave it out."),
    "exchanges": ("Augmentation gives inputs the targets of others.",
                  "augmentation exchanges examples without their labels, and makes wrong labels",
                  "Take targets in the same order as inputs."),
    "turned": ("Masks do not lie on their images.",
               "masks are {name} against their images", "Load masks with the axes of the images."),
    "masks": ("Augmentation flips, turns or shifts inputs or their masks alone.",
              "augmentation moves the inputs without their masks",
              "Do the same flip, turn or shift to targets that have places."),
    "blank": ("Augmentation blanks the inputs.",
              "augmentation blanks the inputs: nothing is left of them", "Look at its results."),
    "scale": ("Augmentation changes the scale of the inputs.",
              "augmentation scales inputs to another range than evaluation sees",
              "Normalize in data(split), for all splits alike."),
})  # fmt: skip
CHECK = symptoms_check(
    "Do masks lie on their images, and does augmentation keep targets with their inputs?",
    LINES,
    passed="Augmentation changes inputs, and keeps them with their targets.",
    after=("parts",),
)
