"""Where the sources disagree, and what is done: opposing advice is never blended (C1 to C20)."""

from __future__ import annotations

_CARDS = {
    "C1 Batch size": "chosen by throughput, ties by learning speed, then fixed",
    "C2 Adam or SGD": "the preset's own optimizer, else Adam up to the evaluation, then fixed",
    "C3 Momentum": (
        "0.9 until exploration; then 1 - m on a log scale in studies of 10 trials and more"
    ),
    "C4 How long to train": (
        "a fixed number per study with the best checkpoint kept; patience only observes"
    ),
    "C5 Signal for the learning rate": "training loss in the sweep, validation from exploration on",
    "C6 Decay of the learning rate": (
        "constant up to the sweep, then linear against constant, then cosine or linear with a "
        "tuned end"
    ),
    "C7 Regularization at the start": (
        "off up to the sweep; presets keep theirs, but the sweep for steps runs without"
    ),
    "C8 Search algorithm": (
        "quasi-random while exploring; Bayesian to exploit or with few trials at once; "
        "evolution only if the trained model is the product"
    ),
    "C9 Sampled data and short runs": (
        "allowed early; the best 3 and the baseline run again at full size, with rank correlation"
    ),
    "C10 Start simple or pre-trained": (
        "a pre-trained preset if there is one, its last layer first; the small one for debugging"
    ),
    "C11 The test set": "locked until the confirmation; every look is counted",
    "C12 Prior sensitivity or interaction": (
        "the prior orders exploration, staleness governs tuning again"
    ),
    "C13 Stop at a target or learn": (
        "the target stops exploitation; in exploration it is only noticed"
    ),
    "C14 One run or seeds": "5 seeds for adoption",
    "C15 The first learning rate": (
        "3e-4 (Adam) or 0.1 * batch / 256 (SGD) for the first run only; then the sweep"
    ),
    "C16 Gradient accumulation": "off",
    "C17 Normalization layers": (
        "as in the chosen architecture; none in custom ones, then a scientific hyperparameter"
    ),
    "C18 Weight decay's direction": "only isolation plots of this project speak",
    "C19 Image size": "small while debugging, then a scientific hyperparameter with its cost",
    "C20 A time limit": "the limit stops; every finished trial is kept",
}


def choice_lines() -> list[str]:
    """Return a line for every conflict: what is done by default."""
    return [f"{title}: {done}" for title, done in _CARDS.items()]
