"""Conflict cards: where the sources disagree, why, what is done by default, and how to override.

Opposing advice is never blended. The choice is stored with the project and printed in its report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class ConflictCard:
    """One disagreement. ``overrides`` are other choices by key, each with what it brings."""

    key: str
    title: str
    positions: tuple[str, ...]
    why: str
    default: str
    overrides: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ConflictChoice:
    """What a project chose on a card, and why; the default needs no reason."""

    card: str
    choice: str = DEFAULT
    reason: str = ""


def _card(
    key: str, title: str, positions: Sequence[str], why: str, default: str, **overrides: str
) -> ConflictCard:
    choices = {name.replace("_", "-"): text for name, text in overrides.items()}
    return ConflictCard(key, title, tuple(positions), why, default, choices)


_CARDS = (
    _card(
        "C1",
        "Batch size",
        (
            "search it together with momentum, for quality",
            "choose it by learning speed on the clock, nearly independent of the rest",
            "never tune it for validation quality; take the largest useful one",
        ),
        "With learning rate and regularization fixed it changes results; with both tuned again it "
        "largely stops to matter.",
        "chosen by throughput, ties by learning speed, then fixed",
        scientific="learning rate, momentum and weight decay tuned for each size, with equal "
        "trials, seen by step budget and by epoch budget",
        search="searched like any other; the learning rate is scaled with it, and the report says "
        "that the batch effect is confounded with the learning rate",
    ),
    _card(
        "C2",
        "Adam or SGD",
        (
            "start with Adam at 3e-4",
            "tuned SGD ends better",
            "the most popular one for the problem; a more general one never loses if all its "
            "values are tuned",
        ),
        "The ranking follows tuning effort and ranges.",
        "the preset's own optimizer, else Adam up to the evaluation, then fixed",
        round="a round of its own, with equal trials and edges checked",
    ),
    _card(
        "C3",
        "Momentum",
        ("tune it early, with the batch size", "fix it early", "0.9 throughout"),
        "Its effect is small near a good value, and large when the rest changes.",
        "0.9 until exploration; then 1 - m on a log scale in studies of 10 trials and more",
        fixed="0.9 throughout",
    ),
    _card(
        "C4",
        "How long to train",
        (
            "stop early, by patience or at a target loss",
            "1.5 times the steps to convergence, trimmed later",
            "one number of steps for all trials, and the best checkpoint afterwards",
        ),
        "Stopping saves money, but makes runs incomparable and breaks schedules.",
        "a fixed number per study with the best checkpoint kept; patience only observes",
        stopping="early stopping for single runs and reduced problems",
    ),
    _card(
        "C5",
        "Signal for the learning rate",
        ("training loss", "validation"),
        "The rate governs step size, which training shows; later it acts with regularization.",
        "training loss in the sweep, validation from exploration on",
        validation="validation from the start",
    ),
    _card(
        "C6",
        "Decay of the learning rate",
        (
            "constant first",
            "linear to zero from the first step",
            "from 0.9 of the peak's step",
            "halved when validation stalls",
            "linear or cosine, tuned",
        ),
        "Each suits another stage.",
        "constant up to the sweep, then linear against constant, then cosine or linear with a "
        "tuned end",
        plateau="halving when validation stalls: allowed, because it is automated",
        classical="drops from 0.9 of the peak's step",
    ),
    _card(
        "C7",
        "Regularization at the start",
        ("off", "the recipe's value"),
        "It bends the curves that other choices are made by, yet belongs to proven recipes.",
        "off up to the sweep; presets keep theirs, but the sweep for steps runs without",
        recipe="the recipe's value in every stage",
    ),
    _card(
        "C8",
        "Search algorithm",
        (
            "grid or random",
            "coarse-to-fine random, then Bayesian",
            "evolutionary is best",
            "quasi-random for exploring, Bayesian for the end",
        ),
        "The claims rest on single runs, or on other goals.",
        "quasi-random while exploring; Bayesian to exploit or with few trials at once; "
        "evolution only if the trained model is the product",
        random="random throughout",
        bayesian="Bayesian throughout, with the warning on axis plots",
    ),
    _card(
        "C9",
        "Sampled data and short runs",
        ("sample to save", "conclusions may not carry over"),
        "What transfers depends on the hyperparameter.",
        "allowed early; the best 3 and the baseline run again at full size, with rank correlation",
        full="full data and full length always",
    ),
    _card(
        "C10",
        "Start simple or pre-trained",
        ("a small network on 10 000 examples", "never from scratch", "reuse what works"),
        "One is for finding bugs, the other for results.",
        "a pre-trained preset if there is one, its last layer first; the small one for debugging",
        scratch="from scratch",
    ),
    _card(
        "C11",
        "The test set",
        ("shown while tuning", "kept apart"),
        "What guides choices cannot judge them.",
        "locked until the confirmation; every look is counted",
        published="shown for reproductions, as used for selection by its authors",
    ),
    _card(
        "C12",
        "Prior sensitivity or interaction",
        ("optimizer and batch size matter little", "optimizer values interact most"),
        "A small effect given good defaults, large damage when the rest changes.",
        "the prior orders exploration, staleness governs tuning again",
        prior="the prior alone",
    ),
    _card(
        "C13",
        "Stop at a target or learn",
        ("the target metric ends the search", "exploration wants the whole picture"),
        "One saves, the other explains.",
        "the target stops exploitation; in exploration it is only noticed",
        always="the target always stops",
        never="the target never stops",
    ),
    _card(
        "C14",
        "One run or seeds",
        ("single runs", "retraining with seeds"),
        "Differences of single runs are often those of seeds.",
        "5 seeds for adoption",
        single="single runs; every sentence weakens",
    ),
    _card(
        "C15",
        "The first learning rate",
        ("3e-4 for Adam", "a grid from 1 to 1e-5", "0.01, then up or down by ten"),
        "They are starts of different procedures.",
        "3e-4 (Adam) or 0.1 * batch / 256 (SGD) for the first run only; then the sweep",
        keep="the first rate kept without a sweep: needs a waiver",
    ),
    _card(
        "C16",
        "Gradient accumulation",
        ("used, 4 batches", "avoid it"),
        "It gives no throughput; it reproduces recipes whose batch does not fit.",
        "off",
        on="on, to reproduce a recipe: no speed benefit",
    ),
    _card(
        "C17",
        "Normalization layers",
        ("none at first", "add them against overfitting", "needed for stability"),
        "They serve different ends.",
        "as in the chosen architecture; none in custom ones, then a scientific hyperparameter",
        batch="batch norm",
        layer="layer norm",
    ),
    _card(
        "C18",
        "Weight decay's direction",
        ("lower looked better", "useless, and harmful at 1e-3", "a remedy"),
        "All depend on the data.",
        "only isolation plots of this project speak",
        off="off",
    ),
    _card(
        "C19",
        "Image size",
        ("smaller at first", "larger to win"),
        "One is for speed, the other for results.",
        "small while debugging, then a scientific hyperparameter with its cost",
        full="full size throughout",
    ),
    _card(
        "C20",
        "A time limit",
        ("an unfinished search has failed", "limits stop, and results are kept"),
        "Failing throws finished trials away.",
        "the limit stops; every finished trial is kept",
    ),
)

CARDS: dict[str, ConflictCard] = {card.key: card for card in _CARDS}
"""The twenty cards by key, C1 to C20."""


def choice_lines(choices: Sequence[ConflictChoice]) -> list[str]:
    """Return a line for every card for the report: what was done, and why if overridden."""
    chosen = {c.card: c for c in choices}
    lines = []
    for key, card in CARDS.items():
        choice = chosen.get(key, ConflictChoice(key))
        done = card.default if choice.choice == DEFAULT else card.overrides[choice.choice]
        why = f" (override: {choice.reason})" if choice.reason else ""
        lines.append(f"{key} {card.title}: {done}{why}")
    return lines
