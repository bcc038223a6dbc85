"""Are inputs scaled, and alike in every split (S2.5, S0.3)?"""

from __future__ import annotations

from collections.abc import Iterator

from tunebook.checks.data import TRAIN, VALIDATION, Splits, Values, data_check
from tunebook.checks.one_look import Lines
from tunebook.records.finding import Finding

MEAN, DEVIATION = 0.05, 0.1
"""How far standardized inputs may be from mean 0 and deviation 1 in each feature (S2.5)."""

FAR, FLAT, MOST = 10.0, 0.05, 0.7
_USUAL, _ALIKE = "mean 0 and deviation 1, or a range of 1", "about the same"
_ONCE = "Normalize once, with statistics of the training data alone, and every split alike."
_LINES = Lines("inputs", {
    "zero": ("All {name} are the same.", "the inputs are zeroed", _ONCE),
    "flat": ("The {name} have almost no spread: they look normalized twice.",
             "scaling by 255 is applied twice", _ONCE),
    "far": ("The {name} are not normalized.", "a normalization is missing", _ONCE),
    "other": ("The {name} of {split} are scaled differently than those of training.",
              "the splits are preprocessed differently: a normalization is missing in one", _ONCE),
    "moved": ("Some features of the {name} of {split} lie elsewhere than in training.",
              "the data drift, or these features are preprocessed differently", ""),
    "order": ("The columns of the {name} of {split} stand in another order than in training.",
              "the columns (features) are permuted: in another order than in training",
              "Select the columns of every split by the same list of names."),
    "filler": ("Many of the {name} are one value far from all others.",
               "missing values are stored as a constant: a sentinel such as -999",
               "Fill missing values in with what is usual, and mark them in a column."),
    "unknown": ("Most words of the {name} of {split} are one and the same.",
                "most words (tokens) are unknown to the vocabulary: they became one value",
                "Make the vocabulary of the training texts, and prepare every split alike."),
    "own": ("The {name} of each split are scaled by statistics of that split.",
            "each split is standardized separately, by its own statistics", _ONCE),
}, source="S2.5")  # fmt: skip


def judge(seen: Splits) -> Iterator[Finding]:
    """Yield the scale of training inputs, then splits that are scaled in another way."""
    for name, by_split in seen.named("inputs").items():
        train = by_split[TRAIN]
        common = {s: by_split[s].common for s in (TRAIN, VALIDATION) if s in by_split}
        for split in [s for s in common if seen.has_words and common[s] > MOST][:1]:
            told, expected = f"{common[split]:.0%} of all", f"at most {MOST:.0%}"
            yield _LINES.found("unknown", told, expected, name=name, split=split)
        if not train.n_features or "int" in train.dtype.replace("uint8", ""):
            continue
        if train.filled[1]:
            told = f"{train.filled[0]:g}: {train.filled[1]:.0%} of a feature"
            yield _LINES.found("filler", told, "values like the others", name=name)
        else:
            yield _scale(name, train, seen.reaches)
        shifted = {s: v for s, v in by_split.items() if v.moved or v.is_other or v.order}
        for split, values in shifted.items():
            key, expected = "other" if values.is_other else "moved", _ALIKE
            told = f"{values}, in training {train}"
            if values.order:
                key, expected = "order", "the same order"
                told = f"those of training are {', '.join(map(str, values.order[:20]))}"
            elif values.moved and values.n_features > 1:
                told += f"; features {', '.join(map(str, values.moved[:10]))}"
            # Test data may come from elsewhere.
            is_bad = key == "order" or (key == "other" and split == VALIDATION)
            yield _LINES.found(key, told, expected, is_bad=is_bad, name=name, split=split)
        exact = [split for split, values in by_split.items() if values.is_exact]
        if TRAIN in exact and len(exact) > 1 and not shifted:
            told = "; ".join(f"{split}: {values}" for split, values in by_split.items())
            yield _LINES.found("own", told, "exact in training alone", name=name)


def _scale(name: str, train: Values, reaches: float | None) -> Finding:
    low, high = train.range
    least, most = train.deviations
    key, title = "", f"The {name} are of a usual size."
    if train.n_constant == train.n_features:
        key = "zero"
    elif max(train.mean, most) > FAR:
        key = "far"
    elif high - low < FLAT:
        key = "flat"
    is_sized_inside = reaches is not None and FLAT < reaches <= FAR
    if key and (key == "zero" or not is_sized_inside):
        return _LINES.found(key, str(train), _USUAL, name=name)
    if key:
        title = f"The network itself scales the {name}."
    elif train.mean <= MEAN and 1 - DEVIATION <= least <= most <= 1 + DEVIATION:
        title = f"The {name} are standardized."
    return _LINES.passed(title, str(train), _USUAL)


CHECK = data_check(
    "inputs", "Are inputs scaled, and alike in every split?", Splits, judge, rules=("S2.5", "S0.3")
)
