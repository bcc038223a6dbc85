"""The kind of a metric is told by its name, or declared."""

from __future__ import annotations

import pytest

from tunebook.checks.metric_kind import MetricKind, best_of, is_best, kind_of


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("accuracy", MetricKind.RATE),
        ("valAccuracy", MetricKind.RATE),
        ("top5", MetricKind.RATE),
        ("f1_score", MetricKind.RATE),
        ("roc_auc", MetricKind.RATE),
        ("mAP@50", MetricKind.RATE),
        ("mIoU", MetricKind.RATE),
        ("true_positive_rate", MetricKind.RATE),
        ("wer", MetricKind.ERROR),
        ("error_rate", MetricKind.ERROR),
        ("top1_error", MetricKind.ERROR),
        ("false_positive_rate", MetricKind.ERROR),
        ("r2", MetricKind.SCORE),
        ("bleu", MetricKind.SCORE),
        ("log_likelihood", MetricKind.SCORE),
        ("neg_mse", MetricKind.SCORE),
        ("rmse", MetricKind.LOSS),
        ("mean_squared_error", MetricKind.LOSS),
        ("perplexity", MetricKind.LOSS),
        ("dice_loss", MetricKind.LOSS),
        ("error", MetricKind.LOSS),
        ("quality", MetricKind.UNKNOWN),
    ],
)
def test_name_tells_the_kind(name, kind):
    assert kind_of(name) is kind


def test_declared_kind_wins_over_the_name_and_an_unknown_one_does_not():
    assert kind_of("error", "error rate") is MetricKind.ERROR
    assert kind_of("accuracy", "percentage") is MetricKind.RATE


def test_only_some_kinds_have_a_best_value():
    assert best_of("accuracy", MetricKind.RATE) == (1.0, 100.0)
    assert best_of("precision_at_5", MetricKind.RATE) == ()
    assert best_of("rmse", MetricKind.LOSS) == (0.0,)
    assert best_of("perplexity", MetricKind.LOSS) == ()
    assert best_of("r2", MetricKind.SCORE) == (1.0,)
    assert best_of("bleu", MetricKind.SCORE) == ()


def test_how_near_the_best_value_is_depends_on_how_bad_others_are():
    assert is_best(0.009, (0.0,), spread=2.0)
    assert not is_best(0.009, (0.0,), spread=0.1)
    assert is_best(99.5, (1.0, 100.0), spread=90.0)
