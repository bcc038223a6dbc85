"""Does a metric's name contradict the direction in which it is driven? It may be a slip."""

from __future__ import annotations

import re

from tunebook.execution.readings import word_set
from tunebook.records import Direction

_LESS_IS_BETTER = word_set(
    """
    loss losses err error errors perplexity ppl mse rmse mae mape nll wer cer fid bpb bpc bpd
    ece brier logloss regret lpips kl
    """
)
_MORE_IS_BETTER = word_set(
    """
    acc accuracy accuracies f1 auc auroc auprc map ap ap50 ap75 iou miou dice precision recall
    bleu rouge rouge1 rouge2 rougel meteor psnr ssim ndcg mrr mcc kappa r2 reward rewards return
    returns
    """
)
_TURNED = frozenset({"neg", "negative", "minus", "inverse", "reduction", "decrease", "gain"})


def usual_direction(metric: str) -> Direction | None:
    """Return the direction that the words of a metric's name suggest, None if they do not."""
    words = set(re.findall(r"[a-z]+[0-9]*", metric.lower()))
    words |= {word.rstrip("0123456789") for word in words}
    is_less, is_more = bool(words & _LESS_IS_BETTER), bool(words & _MORE_IS_BETTER)
    if is_less == is_more or words & _TURNED or metric.startswith("-"):
        return None
    return Direction.MINIMIZE if is_less else Direction.MAXIMIZE
