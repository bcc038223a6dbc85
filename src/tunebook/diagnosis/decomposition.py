"""Where the test error comes from: its terms with standard errors, and what to do first.

Shift is test-side validation minus training-side validation (the slide's figure, not the text of
2021). Negative terms are shown, never clipped. Measure the training error in evaluation mode and
without augmentation, on as many examples as validation has.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

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


@dataclass(frozen=True, slots=True)
class ErrorRate:
    """An error rate in [0, 1] and the number of examples it was measured on; None if known."""

    rate: float
    n: int | None = None

    @property
    def squared_error(self) -> float:
        """Variance of the rate: e(1-e)/n, 0 for a known one."""
        return self.rate * (1 - self.rate) / self.n if self.n else 0.0


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


@dataclass(frozen=True, slots=True)
class Decomposition:
    """The known terms in order; ``unknown`` are those whose error rates are missing."""

    terms: tuple[Term, ...]
    unknown: tuple[TermName, ...]

    def term(self, name: TermName) -> Term | None:
        """Return a term, None if it is unknown."""
        return next((term for term in self.terms if term.name is name), None)


def decompose(
    *,
    train: ErrorRate,
    train_val: ErrorRate | None = None,
    test_val: ErrorRate | None = None,
    test: ErrorRate | None = None,
    target: ErrorRate | None = None,
) -> Decomposition:
    """Return the terms of the error (S2.10). Without a target, bias is unknown, not 0 (S2.1).

    A rate that is missing hands its place on: without test-val, test is compared with train-val.
    """
    chain = (
        (TermName.BIAS, train),
        (TermName.VARIANCE, train_val),
        (TermName.SHIFT, test_val),
        (TermName.VALIDATION_OVERFITTING, test),
    )
    terms, unknown, before = list[Term](), list[TermName](), target
    if target is not None:
        error = math.sqrt(target.squared_error)
        terms.append(Term(TermName.IRREDUCIBLE, target.rate, error))
    else:
        unknown.append(TermName.IRREDUCIBLE)
    for name, rate in chain:
        if rate is None or before is None:
            unknown.append(name)
        else:
            error = math.sqrt(before.squared_error + rate.squared_error)
            terms.append(Term(name, rate.rate - before.rate, error))
        before = before if rate is None else rate
    return Decomposition(tuple(terms), tuple(unknown))


def headline(found: Decomposition, *, target: float | None = None) -> tuple[Headline, str]:
    """Return the first actionable term in order, with the sentence to show (S2.12).

    Actionable: above 2 standard errors, and above 0.5 points and 10 % of the target error. A larger
    term further on does not change the order; the sentence says so.
    """
    least = max(LEAST_GAP, TARGET_SHARE * target if target is not None else 0.0)
    order = (
        (TermName.BIAS, Headline.UNDERFITTING),
        (TermName.VARIANCE, Headline.OVERFITTING),
        (TermName.SHIFT, Headline.SHIFT),
        (TermName.VALIDATION_OVERFITTING, Headline.REBALANCE),
    )
    actionable = [
        (term, head)
        for name, head in order
        if (term := found.term(name)) is not None and term.is_sure and term.size > least
    ]
    if not actionable:
        return Headline.NOTHING, "No term is large and sure enough to act on."
    first, head = actionable[0]
    largest = max((term for term, _ in actionable), key=lambda term: term.size)
    text = f"First {head}: {first.size:.1%} of error."
    if largest is not first:
        text += f" {largest.name.capitalize()} is larger ({largest.size:.1%}) but comes later."
    return head, text


def judge_decomposition(found: Decomposition, *, target: float | None = None) -> Finding:
    """Return the headline as a finding, with what is unknown among its items."""
    head, text = headline(found, target=target)
    is_good = head is Headline.NOTHING
    return Finding(
        "decomposition",
        Verdict.PASS if is_good else Verdict.NOTICE,
        text,
        value=", ".join(f"{t.name} {t.size:.1%} (se {t.standard_error:.1%})" for t in found.terms),
        expected="each below 2 standard errors or 0.5 points",
        items=tuple(f"{name}: unknown" for name in found.unknown),
        source="S2.12",
    )


def judge_adaptation(before: Term, after: Mapping[str, Term], *, n_target: int) -> Finding:
    """Return what labelled target examples make of the shift, by how they are used (S2.15)."""
    best = min(after, key=lambda kind: after[kind].size)
    told = "; ".join(
        f"{kind} {term.size:.1%} (se {term.standard_error:.1%})" for kind, term in after.items()
    )
    helps = before.is_sure and after[best].size <= (1 - LEAST_CUT) * before.size
    return Finding(
        "adaptation",
        Verdict.NOTICE if helps else Verdict.PASS,
        f"{n_target} labelled target examples, {best}, cut the shift by half or more."
        if helps
        else f"{n_target} labelled target examples do not cut the shift by half.",
        value=f"shift {before.size:.1%} (se {before.standard_error:.1%}); {told}",
        expected="a cut of 50 % or more, if it is to be worth their labels",
        advice=f"Label more of them; the best use was: {best}." if helps else "",
        source="S2.15",
    )
