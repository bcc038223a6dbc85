"""The waterfall has the known terms, and its headline follows the order."""

from __future__ import annotations

import pytest

from tunebook.checks.decomposition import (
    Headline,
    SplitError,
    TermName,
    decompose,
    headline,
    judge_decomposition,
)

SPLITS = ("train", "train-val", "test-val", "test")


def decomposed(target: float | None, *percents: float | None, n: int = 10_000):
    pairs = zip(SPLITS, percents, strict=True)
    errors = {split: SplitError(p / 100, n) for split, p in pairs if p is not None}
    return decompose(errors, None if target is None else SplitError(target / 100))


def test_s2_10_the_slide_s_terms_are_exact():
    found = decomposed(25, 27, 29, 32, 34)
    assert [term.size for term in found.terms] == pytest.approx([0.25, 0.02, 0.02, 0.03, 0.02])
    assert abs(sum(t.size for t in found.terms) - 0.34) < 1e-12


def test_s2_10_without_test_side_validation_the_test_is_compared_with_the_other():
    found = decomposed(1, 20, 27, None, 28)
    assert [t.size for t in found.terms[1:]] == pytest.approx([0.19, 0.07, 0.01])
    assert found.unknown == (TermName.SHIFT,)
    assert abs(sum(t.size for t in found.terms) - 0.28) < 1e-12


def test_s2_10_gaps_have_standard_errors_and_are_not_clipped():
    found = decompose({"train": SplitError(0.2, 100), "train-val": SplitError(0.1, 400)})
    term = found.term(TermName.VARIANCE)
    assert term.size == pytest.approx(-0.1)
    assert term.standard_error == pytest.approx((0.16 / 100 + 0.09 / 400) ** 0.5)


def test_s2_1_without_a_target_bias_is_unknown_not_zero():
    found = decomposed(None, 20, 27, 28, 29)
    assert found.term(TermName.BIAS) is None
    assert TermName.BIAS in found.unknown
    assert "avoidable bias: unknown" in judge_decomposition(found).items


@pytest.mark.parametrize(
    ("percents", "expected"),
    [
        ((1, 20, 27, 28, 29), Headline.UNDERFITTING),
        ((1, 1.2, 12, 12.1, 12.2), Headline.OVERFITTING),
        ((1, 1.2, 1.4, 15, 15.2), Headline.SHIFT),
        ((1, 1.2, 1.4, 1.5, 6), Headline.REBALANCE),
        ((1, 1.2, 1.4, 1.5, 1.6), Headline.NOTHING),
    ],
)
def test_s2_12_profiles_have_their_headline(percents, expected):
    assert headline(decomposed(*percents))[0] is expected


def test_s2_12_a_larger_later_term_is_named_but_does_not_lead():
    head, text = headline(decomposed(1, 4, 20, 20, 20))
    assert head is Headline.UNDERFITTING
    assert "Variance is larger" in text


def test_s2_12_a_gap_within_its_error_is_not_acted_on():
    assert headline(decomposed(1, 4, 8, 8, 8, n=50))[0] is Headline.NOTHING


def test_error_in_a_unit_is_never_shown_in_percent():
    errors = {"train": SplitError(0.745, 400, 0.01), "train-val": SplitError(1.2, 400, 0.05)}
    found = decompose(errors, unit="rmse")
    told = judge_decomposition(found)
    assert told.title == "First overfitting: 0.455 rmse of error."
    assert told.value == "variance 0.455 rmse (se 0.05099 rmse)"
    assert "%" not in told.title + told.value + told.expected


@pytest.mark.parametrize(("size", "head"), [(1.07, Headline.NOTHING), (1.11, Headline.OVERFITTING)])
def test_in_a_unit_a_tenth_of_the_training_error_is_worth_acting_on(size, head):
    errors = {"train": SplitError(1.0, 400, 0.01), "train-val": SplitError(size, 400, 0.01)}
    found = decompose(errors, unit="rmse")
    assert headline(found)[0] is head
