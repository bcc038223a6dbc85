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

from tunebook.errors import TaskError
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

    def amount(self, size: float) -> str:
        """Return a size as it is shown: a share in percent, or a number with its unit."""
        return f"{size:.4g} {self.unit}" if self.unit else f"{size:.1%}"


def decompose(
    *,
    train: SplitError,
    train_val: SplitError | None = None,
    test_val: SplitError | None = None,
    test: SplitError | None = None,
    target: SplitError | None = None,
    unit: str = "",
) -> Decomposition:
    """Return the terms of the error (S2.10). Without a target, bias is unknown, not 0 (S2.1).

    An error that is missing hands its place on: without test-val, test is compared with train-val.
    """
    chain = (
        (TermName.BIAS, train),
        (TermName.VARIANCE, train_val),
        (TermName.SHIFT, test_val),
        (TermName.VALIDATION_OVERFITTING, test),
    )
    terms, unknown, before = list[Term](), list[TermName](), target
    if target is not None:
        error = math.sqrt(target.variance)
        terms.append(Term(TermName.IRREDUCIBLE, target.size, error))
    else:
        unknown.append(TermName.IRREDUCIBLE)
    for name, found in chain:
        if found is None or before is None:
            unknown.append(name)
        else:
            error = math.sqrt(before.variance + found.variance)
            terms.append(Term(name, found.size - before.size, error))
        before = before if found is None else found
    # A unit has no points: there 10 % of the training error stand in for a missing target (ours).
    scale = target or (train if unit else None)
    least = TARGET_SHARE * abs(scale.size) if scale is not None else 0.0
    least = least if unit else max(LEAST_GAP, least)
    return Decomposition(tuple(terms), tuple(unknown), unit, least)


def headline(found: Decomposition) -> tuple[Headline, str]:
    """Return the first actionable term in order, with the sentence to show (S2.12).

    Actionable: above 2 standard errors, and above 0.5 points and 10 % of the target error. A larger
    term further on does not change the order; the sentence says so.
    """
    order = (
        (TermName.BIAS, Headline.UNDERFITTING),
        (TermName.VARIANCE, Headline.OVERFITTING),
        (TermName.SHIFT, Headline.SHIFT),
        (TermName.VALIDATION_OVERFITTING, Headline.REBALANCE),
    )
    actionable = [
        (term, head)
        for name, head in order
        if (term := found.term(name)) is not None and term.is_sure and term.size > found.least
    ]
    if not actionable:
        return Headline.NOTHING, "No term is large and sure enough to act on."
    first, head = actionable[0]
    largest = max((term for term, _ in actionable), key=lambda term: term.size)
    text = f"First {head}: {found.amount(first.size)} of error."
    if largest is not first:
        size = found.amount(largest.size)
        text += f" {largest.name.capitalize()} is larger ({size}) but comes later."
    return head, text


def judge_decomposition(found: Decomposition) -> Finding:
    """Return the headline as a finding, with what is unknown among its items."""
    head, text = headline(found)
    return Finding(
        "decomposition",
        Verdict.PASS if head is Headline.NOTHING else Verdict.NOTICE,
        text,
        value=", ".join(f"{t.name} {_size(found, t)}" for t in found.terms),
        expected=f"each below 2 standard errors or {found.amount(found.least)}",
        items=tuple(f"{name}: unknown" for name in found.unknown),
        source="S2.12",
    )


def judge_adaptation(
    before: Decomposition, after: Mapping[str, Decomposition], *, n_target: int
) -> Finding:
    """Return what labelled target examples make of the shift, by how they are used (S2.15)."""
    shift = _shift(before)
    sizes = {kind: _shift(found) for kind, found in after.items()}
    best = min(sizes, key=lambda kind: sizes[kind].size)
    told = "; ".join(f"{kind} {_size(before, term)}" for kind, term in sizes.items())
    helps = shift.is_sure and sizes[best].size <= (1 - LEAST_CUT) * shift.size
    return Finding(
        "adaptation",
        Verdict.NOTICE if helps else Verdict.PASS,
        f"{n_target} labelled target examples, {best}, cut the shift by half or more."
        if helps
        else f"{n_target} labelled target examples do not cut the shift by half.",
        value=f"shift {_size(before, shift)}; {told}",
        expected="a cut of 50 % or more, if it is to be worth their labels",
        advice=f"Label more of them; the best use was: {best}." if helps else "",
        source="S2.15",
    )


def _shift(found: Decomposition) -> Term:
    term = found.term(TermName.SHIFT)
    if term is None:
        raise TaskError("The task has no test-side validation set: its shift is unknown")
    return term


def _size(found: Decomposition, term: Term) -> str:
    return f"{found.amount(term.size)} (se {found.amount(term.standard_error)})"
