"""What predictions are worth: metrics by torchmetrics, for recipes and for tasks of one's own.

Each function is what a task's ``metrics`` may return. ``NAME/CLASS`` is a metric of one class; a
class without examples has none and is left out of means, never counted as 0. What cannot be
measured, such as the AUC of one class, is left out. torchmetrics is imported at first use: 0.6 s.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

import torch

from tunebook.records.measurement import CLASS

MAX_CLASSES, MAX_AUC_CLASSES = 100, 10
"""More classes have no metric each, and no AUC, whose time grows with them."""


def class_scores(
    outputs: torch.Tensor, targets: torch.Tensor, labels: Sequence[str]
) -> dict[str, float]:
    """Return accuracy, F1 (macro), both per class, and AUC, of scores (N, K) before softmax."""
    from torchmetrics.functional import classification as metrics

    n = outputs.shape[1]
    present = torch.bincount(targets, minlength=n).nonzero().flatten().tolist()
    guesses = outputs.argmax(1)
    of: Any = {"num_classes": max(n, 2), "validate_args": False}
    accuracy = metrics.multiclass_accuracy(guesses, targets, average="micro", **of)
    recalls = metrics.multiclass_accuracy(guesses, targets, average="none", **of).tolist()
    f1 = metrics.multiclass_f1_score(guesses, targets, average="none", **of).tolist()
    found = {"accuracy": float(accuracy), "f1": fmean([f1[k] for k in present])}
    if len(present) > 1 and n <= MAX_AUC_CLASSES and bool(outputs.isfinite().all()):
        shares = outputs.softmax(1)
        # Of two classes both have the same.
        sides = [(shares[:, k], (targets == k).long()) for k in present[n == 2 :]]
        auc = [metrics.binary_auroc(*side, validate_args=False) for side in sides]
        found["auc"] = fmean([float(value) for value in auc])
    if n <= MAX_CLASSES:
        found |= {f"accuracy{CLASS}{labels[k]}": recalls[k] for k in present}
        found |= {f"f1{CLASS}{labels[k]}": f1[k] for k in present}
    return found


def number_scores(
    outputs: torch.Tensor, targets: torch.Tensor, *, unit: float = 1.0
) -> dict[str, float]:
    """Return RMSE and MAE times ``unit``, and R2 of predicted numbers: (N) or (N, 1), and (N)."""
    from torchmetrics.functional import mean_absolute_error, mean_squared_error, r2_score

    outputs = outputs.reshape(targets.shape)
    found = {
        "rmse": float(mean_squared_error(outputs, targets, squared=False)) * unit,
        "mae": float(mean_absolute_error(outputs, targets)) * unit,
    }
    if len(targets) > 1 and bool((targets != targets[0]).any()):
        found["r2"] = float(r2_score(outputs, targets))
    return found
