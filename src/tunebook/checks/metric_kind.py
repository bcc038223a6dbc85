"""What a metric is, by what the task declares or by its name: a rate, a score or a loss.

Only rates are shares of examples: they alone have percent, and errors that are 1 minus them.
"""

from __future__ import annotations

import re
from enum import StrEnum

from tunebook.records import Direction


class MetricKind(StrEnum):
    """The kinds of metrics; a task may declare one as ``metric_kind``."""

    RATE = "rate"
    """From 0 to 1, higher is better: accuracy."""

    ERROR = "error rate"
    """From 0 to 1, lower is better: the share of wrong words."""

    SCORE = "score"
    """Higher is better, in its own unit: R2, BLEU."""

    LOSS = "loss"
    """A loss or distance, in its own unit: RMSE, perplexity."""

    UNKNOWN = "unknown"

    @property
    def is_rate(self) -> bool:
        """Whether it is a share of examples."""
        return self in {MetricKind.RATE, MetricKind.ERROR}

    @property
    def direction(self) -> Direction | None:
        """Which way is better, None if unknown."""
        if self is MetricKind.UNKNOWN:
            return None
        is_high = self in {MetricKind.RATE, MetricKind.SCORE}
        return Direction.MAXIMIZE if is_high else Direction.MINIMIZE


_WORDS = {
    MetricKind.RATE: "acc accuracy top f f1 f2 fbeta macrof1 microf1 auc auroc auprc aucroc rocauc "
    "ap map aps precision recall sensitivity specificity iou miou jaccard dice mdice ndcg mrr em "
    "tpr tnr ppv npv pck hit hits success match",
    MetricKind.ERROR: "wer cer ter eer per misclassification fpr fnr miss ece",
    MetricKind.SCORE: "r2 rsquared explained bleu rouge rougel meteor chrf kappa mcc matthews "
    "correlation corr pearson spearman psnr ssim likelihood elbo reward return",
    MetricKind.LOSS: "loss mse rmse msle rmsle mae medae mape smape error err errors perplexity "
    "ppl nll bce ce crossentropy entropy distance deviation residual brier fid lpips bpc bpd huber "
    "pinball divergence kl kld cost chamfer epe",
}
_KINDS = {word: kind for kind, words in _WORDS.items() for word in words.split()}
_OPPOSITE = {MetricKind.LOSS: MetricKind.SCORE, MetricKind.SCORE: MetricKind.LOSS}
_OF_EXAMPLES = r"\b(rate|classification|zero|top\d*|word|character)\b"
_DISTANCES = r"\b(r?mse|r?msle|mae|medae|s?mape|squared|absolute|rms)\b"
_UP_TO_ONE = r"\b(r2|rsquared|explained|kappa|mcc|matthews|pearson|spearman)\b"
_NEAR = 0.01


def kind_of(metric: str, declared: str | None = None) -> MetricKind:
    """Return what a metric is; the last word of its name that tells something decides."""
    if declared in set(MetricKind):
        return MetricKind(declared)
    words = words_of(metric)
    known = [_KINDS.get(word, _KINDS.get(word.rstrip("0123456789"))) for word in words.split()]
    kind = next(filter(None, reversed(known)), MetricKind.UNKNOWN)
    if re.search(r"\b(false|true)\b.*\brate\b", words):
        return MetricKind.ERROR if "false" in words else MetricKind.RATE
    if re.search(r"\berr(or|ors)?\b", words) and re.search(_OF_EXAMPLES, words):
        return MetricKind.ERROR
    if re.search(r"\bneg(ative)?\b", words) and kind in _OPPOSITE:
        return _OPPOSITE[kind]
    return MetricKind.SCORE if kind is MetricKind.UNKNOWN and "score" in words else kind


def best_of(metric: str, kind: MetricKind) -> tuple[float, ...]:
    """Return the values that perfect outputs may give, none where the name does not tell.

    A precision at 5 or a hit rate at 10 need not reach 1.
    """
    words = words_of(metric)
    if re.search(r"@|_at_?\d", metric.lower()):
        return ()
    if kind is MetricKind.RATE:
        return (1.0, 100.0)
    if kind is MetricKind.ERROR or (kind is MetricKind.LOSS and re.search(_DISTANCES, words)):
        return (0.0,)
    return (1.0,) if kind is MetricKind.SCORE and re.search(_UP_TO_ONE, words) else ()


def is_best(value: float, best: tuple[float, ...], spread: float) -> bool:
    """Whether a value is one of the best ones; ``spread`` is how far bad outputs are from it."""
    return any(abs(value - b) <= _NEAR * max(b, min(1.0, spread)) for b in best)


def words_of(metric: str) -> str:
    """Return the words of a name, apart: of ``valAccuracy``, ``val_accuracy`` or ``mAP@50``."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", metric).lower()
    return " ".join(re.findall(r"[a-z]+\d*", apart))
