"""Where the test error comes from: its terms with standard errors, and what to do first.

Shift is test-side validation minus training-side validation (the slide's figure, not the text of
2021). Negative terms are shown, never clipped. An error is a share where the metric is a rate, and
otherwise the metric in its own unit, turned so that lower is better.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tunebook.checks.one_look import Lines
from tunebook.records.finding import Finding, Verdict

SURE, LEAST_GAP, TARGET_SHARE, LEAST_CUT = 2.0, 0.005, 0.1, 0.5


class TermName(StrEnum):
    """The terms of the test error; all but the first are avoidable (S2.10)."""

    IRREDUCIBLE = "irreducible error"
    BIAS = "avoidable bias"
    VARIANCE = "variance"
    SHIFT = "distribution shift"
    VALIDATION_OVERFITTING = "validation overfitting"


class Headline(StrEnum):
    """What to work on first (S2.12)."""

    UNDERFITTING = "underfitting"
    OVERFITTING = "overfitting"
    SHIFT = "distribution shift"
    REBALANCE = "validation overfitting"
    NOTHING = "nothing is clearly left to mend"


_ADAPTATION = Lines("adaptation", {
    "helps": ("{n} labelled target examples, {best}, cut the shift by half or more.", "",
              "Label more of them; the best use was: {best}."),
}, "S2.15")  # fmt: skip

_CHAIN = (
    (TermName.BIAS, "train", Headline.UNDERFITTING),
    (TermName.VARIANCE, "train-val", Headline.OVERFITTING),
    (TermName.SHIFT, "test-val", Headline.SHIFT),
    (TermName.VALIDATION_OVERFITTING, "test", Headline.REBALANCE),
)
"""The avoidable terms in order: how much the error of a split exceeds the one before."""


@dataclass(frozen=True, slots=True)
class SplitError:
    """An error and the number of examples it was measured on; None if it is known.

    ``standard_error`` is given where the error is not a rate: a rate has that of its examples.
    """

    size: float
    n: int | None = None
    standard_error: float | None = None

    @property
    def variance(self) -> float:
        """Squared standard error: e(1-e)/n for a rate, 0 for a known error."""
        if self.standard_error is not None:
            return self.standard_error**2
        return self.size * (1 - self.size) / self.n if self.n else 0.0


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the waterfall with its standard error."""

    name: TermName
    size: float
    standard_error: float

    @property
    def is_sure(self) -> bool:
        """Whether it lies more than two standard errors above zero."""
        return self.size > SURE * self.standard_error

    def told(self, unit: str) -> str:
        """Return the size with its standard error."""
        return f"{amount(self.size, unit)} (se {amount(self.standard_error, unit)})"


def amount(size: float, unit: str) -> str:
    """Return a size as it is shown: a share in percent, or a number with its unit."""
    return f"{size:.4g} {unit}" if unit else f"{size:.1%}"


@dataclass(frozen=True, slots=True)
class Decomposition:
    """The known terms in order; ``unknown`` are those whose errors are missing.

    ``unit`` is what sizes are counted in, such as ``rmse``; nothing for rates. ``least`` is the
    smallest size to act on (S2.12).
    """

    terms: tuple[Term, ...]
    unknown: tuple[TermName, ...]
    unit: str = ""
    least: float = LEAST_GAP

    def term(self, name: TermName) -> Term | None:
        """Return a term, None if it is unknown."""
        return next((term for term in self.terms if term.name is name), None)


def decompose(
    errors: Mapping[str, SplitError], target: SplitError | None = None, *, unit: str = ""
) -> Decomposition:
    """Return the terms of the error (S2.10). Without a target, bias is unknown, not 0 (S2.1).

    A split that is missing hands its place on: without test-val, test is compared with train-val.
    """
    terms, before = list[Term](), target
    if target is not None:
        terms.append(Term(TermName.IRREDUCIBLE, target.size, math.sqrt(target.variance)))
    for name, split, _ in _CHAIN:
        found = errors.get(split)
        if found is not None and before is not None:
            error = math.sqrt(before.variance + found.variance)
            terms.append(Term(name, found.size - before.size, error))
        before = found or before
    unknown = tuple(name for name in TermName if name not in [term.name for term in terms])
    # A unit has no points: there 10 % of the training error stand in for a missing target (ours).
    scale = target or (errors["train"] if unit else None)
    least = TARGET_SHARE * abs(scale.size) if scale is not None else 0.0
    return Decomposition(tuple(terms), unknown, unit, least if unit else max(LEAST_GAP, least))


def headline(found: Decomposition) -> tuple[Headline, str]:
    """Return the first actionable term in order, with the sentence to show (S2.12).

    Actionable: above 2 standard errors, and above 0.5 points and 10 % of the target error. A larger
    term further on does not change the order; the sentence says so.
    """
    heads = {name: head for name, _, head in _CHAIN}
    terms = [t for t in found.terms if t.name in heads and t.is_sure and t.size > found.least]
    if not terms:
        return Headline.NOTHING, "No term is large and sure enough to act on."
    first, largest = terms[0], max(terms, key=lambda term: term.size)
    text = f"First {heads[first.name]}: {amount(first.size, found.unit)} of error."
    if largest is not first:
        size = amount(largest.size, found.unit)
        text += f" {largest.name.capitalize()} is larger ({size}) but comes later."
    return heads[first.name], text


def judge_decomposition(found: Decomposition) -> Finding:
    """Return the headline as a finding, with what is unknown among its items."""
    head, text = headline(found)
    verdict = Verdict.PASS if head is Headline.NOTHING else Verdict.NOTICE
    value = ", ".join(f"{term.name} {term.told(found.unit)}" for term in found.terms)
    expected = f"each below 2 standard errors or {amount(found.least, found.unit)}"
    unknown = tuple(f"{name}: unknown" for name in found.unknown)
    return Finding("decomposition", verdict, text, value, expected, items=unknown, source="S2.12")


def judge_adaptation(shift: Term, left: Mapping[str, Term], *, n_target: int, unit: str) -> Finding:
    """Return what labelled target examples leave of the shift, by how they are used (S2.15)."""
    best = min(left, key=lambda kind: left[kind].size)
    helps = shift.is_sure and left[best].size <= (1 - LEAST_CUT) * shift.size
    value = "; ".join(f"{k} {t.told(unit)}" for k, t in {"shift": shift, **left}.items())
    expected = "a cut of 50 % or more, if it is to be worth their labels"
    if helps:
        return _ADAPTATION.found("helps", value, expected, is_bad=False, n=n_target, best=best)
    title = f"{n_target} labelled target examples do not cut the shift by half."
    return _ADAPTATION.passed(title, value, expected)
