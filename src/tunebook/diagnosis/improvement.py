"""What to try in order once the headline is known, and the table of error kinds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tunebook.diagnosis.decomposition import Headline

MIN_ERRORS = 100
"""Look at this many errors at least before the table says anything (S2.14)."""

_HIGH_GAP, _MEDIUM_SHARE = 0.005, 0.002


@dataclass(frozen=True, slots=True)
class Improvement:
    """An entry of a prioritized list. ``term`` is what it should lower in the waterfall."""

    key: str
    text: str
    term: Headline
    is_recommended: bool = True


def _listed(term: Headline, *texts: str, last_resorts: Sequence[str] = ()) -> list[Improvement]:
    names = [*((t, True) for t in texts), *((t, False) for t in last_resorts)]
    return [Improvement(chr(65 + i), text, term, good) for i, (text, good) in enumerate(names)]


IMPROVEMENTS: dict[Headline, tuple[Improvement, ...]] = {
    Headline.UNDERFITTING: tuple(
        _listed(
            Headline.UNDERFITTING,
            "a bigger model: more layers or units",
            "less regularization",
            "error analysis",
            "an architecture closer to the state of the art; it risks new bugs",
            "tune hyperparameters, the learning rate first",
            "add features; rare in deep learning",
        )
    ),
    Headline.OVERFITTING: tuple(
        _listed(
            Headline.OVERFITTING,
            "more training data",
            "normalization: batch or layer norm",
            "data augmentation",
            "more regularization: dropout, L2, weight decay",
            "error analysis",
            "an architecture closer to the state of the art",
            "tune hyperparameters",
            last_resorts=("early stopping", "remove features", "a smaller model"),
        )
    ),
    Headline.SHIFT: tuple(
        _listed(
            Headline.SHIFT,
            "look at errors on test-side validation, and collect data to cover them",
            "look at errors on test-side validation, and synthesize such data",
            "domain adaptation: fine-tune on labelled data of the target",
        )
    ),
    Headline.REBALANCE: tuple(
        _listed(Headline.REBALANCE, "draw a fresh validation set from the test distribution")
    ),
    Headline.NOTHING: (),
}
"""The lists in the order to try (S2.13). The last three against overfitting are not recommended."""


def next_improvement(head: Headline, done: Collection[str] = ()) -> Improvement | None:
    """Return the first recommended entry not tried nor ruled out, None when all are (S2.13)."""
    left = [entry for entry in IMPROVEMENTS[head] if entry.key not in done]
    return next((entry for entry in left if entry.is_recommended), None)


SUSPECTS: dict[str, str] = {
    "implementation": "Fit a single batch; it takes a minute (S2.8).",
    "hyperparameters": "Sweep the learning rate over decades (S1.9).",
    "data and model do not match": "Compare with a linear baseline on the same data (S2.9).",
    "construction of the dataset": "Read the quality report, and look at 20 errors (S0.3).",
}
"""The four families of causes of a poor result, each with its cheapest test (S2.2)."""


class Priority(StrEnum):
    """How much a kind of error deserves work."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """A tag of errors: the share of examples it costs on both validation sets, in [0, 1]."""

    name: str
    train_val_share: float
    test_val_share: float
    remedies: tuple[str, ...] = ()

    @property
    def shift(self) -> float:
        """How much more it costs on the test side."""
        return self.test_val_share - self.train_val_share

    @property
    def priority(self) -> Priority:
        """High if the test side adds half a point, medium above 0.2 % of the examples."""
        if self.test_val_share >= 2 * _HIGH_GAP or self.shift >= _HIGH_GAP:
            return Priority.HIGH
        return Priority.MEDIUM if self.test_val_share > _MEDIUM_SHARE else Priority.LOW


def error_table(kinds: Sequence[ErrorKind]) -> list[ErrorKind]:
    """Return the kinds by test-side share, then by how much worse the test side is (S2.14)."""
    return sorted(kinds, key=lambda kind: (-kind.test_val_share, -kind.shift, kind.name))


def tagged_shares(tags: Sequence[Collection[str]], n_examples: int) -> dict[str, float]:
    """Return the share of examples each tag costs; an error may have several tags (S2.14)."""
    names = sorted({tag for several in tags for tag in several})
    return {name: sum(name in several for several in tags) / n_examples for name in names}
