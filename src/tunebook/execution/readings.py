"""What one line or row says: metrics, and counters such as ``epoch`` that tell where it belongs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache


def word_set(words: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(words.split())


COUNTERS = ("epoch", "global_step", "step", "update", "iteration", "iter")
"""Names that count progress; the first that a script prints is its step."""

_NO_METRICS = frozenset({*COUNTERS, "batch", "self"})
LESS_IS_BETTER = word_set(
    """
    loss losses err error errors perplexity ppl mse rmse mae mape nll wer cer fid bpb bpc
    bpd ece brier logloss regret lpips kl
    """
)
MORE_IS_BETTER = word_set(
    """
    acc accuracy accuracies f1 auc auroc auprc map ap ap50 ap75 iou miou dice precision
    recall bleu rouge rouge1 rouge2 rougel meteor psnr ssim ndcg mrr mcc kappa r2 reward
    rewards return returns
    """
)
_METRIC_WORDS = LESS_IS_BETTER | MORE_IS_BETTER
_METRIC_WORDS |= word_set(
    """
    fscore roc map50 map75 ar giou jaccard specificity sensitivity prec rec sacrebleu chrf
    per nelbo elbo kld rmsle ce bce xent inception hits hit corr correlation pearson
    spearman score scores top1 top5 acc1 acc5 correct solved nrmse cider em exact gap
    logprob likelihood likelihoods rank1 pck pq sq rq deviance fitness mos winrate
    """
)
_TURNED = frozenset({"neg", "negative", "minus", "inverse", "reduction", "decrease", "gain"})
_SETTINGS = word_set(
    """
    lr learning_rate base_lr max_lr min_lr lr0 lrf batch_size bs train_batch_size
    eval_batch_size test_batch_size val_batch_size epochs n_epochs num_epochs max_epochs
    max_steps total_steps max_iters num_steps weight_decay wd momentum nesterov dampening
    dropout seed num_workers workers hidden_size hidden_dim hidden embed_dim n_embd n_head
    n_layer n_layers num_layers layers num_heads num_classes image_size img_size gamma tau beta1
    beta2 betas eps epsilon warmup warmup_steps warmup_epochs warmup_ratio patience
    label_smoothing clip grad_clip max_grad_norm block_size vocab_size log_interval
    eval_interval eval_iters step_size depth width alpha l1 l2 n_estimators max_depth num_leaves
    ngpus world_size params n_params
    """
)
_PARTS = re.compile(r"[^\W_]+(?:'s)?")
_HEADINGS = re.compile(r"[:\uff1a]\s|\s[-\u2013\u2014]\s")
_NAME_ENDS = " \t.,;:!?'\"`*#|-/=()[]{}"


def usual_direction(metric: str) -> str | None:
    """Return the direction that the words of a metric's name suggest, None if they do not."""
    words = set(re.findall(r"[a-z]+[0-9]*", metric.lower()))
    words |= {word.rstrip("0123456789") for word in words}
    is_less, is_more = bool(words & LESS_IS_BETTER), bool(words & MORE_IS_BETTER)
    if is_less == is_more or words & _TURNED or metric.startswith("-"):
        return None
    return "minimize" if is_less else "maximize"


@dataclass(frozen=True, slots=True)
class Reading:
    """Numbers in the order of the line; a name may come more than once.

    A counter is an int where it was written as one, such as ``epoch=3``. ``progress`` are the
    figures beside the counters that rise within an epoch, such as the 100 of ``[100/400]``.
    ``is_bar``: the line is a progress bar. ``text`` is the line, for messages.
    """

    values: Sequence[tuple[str, float]] = ()
    counters: Mapping[str, float] = field(default_factory=dict)
    progress: Mapping[str, float] = field(default_factory=dict)
    is_bar: bool = False
    text: str = field(default="", compare=False)

    @property
    def metrics(self) -> dict[str, float]:
        """The numbers by name; the last of one name."""
        return dict(self.values)

    def __bool__(self) -> bool:
        """Whether anything was found."""
        return bool(self.values or self.counters)


def reading_of(values: Mapping[str, float]) -> Reading:
    """Return named numbers as metrics and counters."""
    return Reading(
        tuple((n, float(v)) for n, v in values.items() if n.lower() not in _NO_METRICS),
        {name.lower(): value for name, value in values.items() if name.lower() in COUNTERS},
    )


def number_in(text: str) -> float | None:
    """Return the number that a text is, an int for a whole one; 93% is 93, None if it is none.

    ``1,234.5`` is 1234.5. ``0,5`` is 0.5: nothing else can be meant. ``1,234`` may be either.
    """
    text = text.strip().removesuffix("%").rstrip()
    if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+\.\d+|[-+]?\d{1,3}(,\d{3}){2,}", text, re.ASCII):
        text = text.replace(",", "")
    elif re.fullmatch(r"[-+]?(0,\d+|\d+,(\d{1,2}|\d{4,}))", text, re.ASCII):
        text = text.replace(",", ".")
    try:
        return int(text) if text.isascii() and text.isdecimal() else float(text)
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def normal_name(printed: str) -> str:
    """Return words as a metric's name: ``Test set: Average loss`` is ``test_set.average_loss``."""
    parts = (name_of_words(part.split()) for part in _HEADINGS.split(printed))
    return ".".join(filter(None, parts))


def name_of_words(words: Sequence[str]) -> str:
    """Return the words left of a number as a name: lower case, joined by ``_``."""
    clean = (word.replace("'s", "").strip(_NAME_ENDS) for word in words)
    return "_".join(word.lower() for word in clean if word)


@lru_cache(maxsize=4096)
def is_metric_name(name: str) -> bool:
    """Whether a part of the name is a usual word for a metric."""
    return any(part in _METRIC_WORDS for part in _PARTS.findall(name.lower()))


def is_setting(name: str) -> bool:
    """Whether the name is one of a usual hyperparameter."""
    return name.lower().rpartition(".")[2].replace("-", "_") in _SETTINGS


def are_settings(names: Sequence[str]) -> bool:
    """Whether names beside no counter list a configuration: most are settings, or no metrics."""
    n_settings = sum(map(is_setting, names))
    return n_settings > 0 and (2 * n_settings > len(names) or not any(map(is_metric_name, names)))
