"""T-BATCH: a small network on one random batch, with faults planted, many seeds at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SIZES = ((32, 20, 5), (64, 50, 10), (16, 10, 2))
"""Examples, inputs and classes of the three batches (S2.8)."""

FAULTS = (
    "healthy",
    "sign flip",
    "rate x1000",
    "labels reshuffled",
    "rate /10000",
    "everything frozen",
    "zero inputs",
    "conflicting labels",
    "strong weight decay",
    "double softmax",
    "wrong axis",
    "frozen hidden layer",
)
"""What can be planted."""

_HIDDEN, _N_STEPS, _RATE = 64, 500, 0.1


@dataclass(frozen=True, slots=True)
class BatchRun:
    """Losses and training errors of one seed, and the entropy of its labels, in nats."""

    losses: list[float]
    errors: list[float]
    label_entropy: float


def fit_single_batches(
    fault: str, size: tuple[int, int, int], *, n_seeds: int, seed: int = 0
) -> list[BatchRun]:
    """Train 500 full-batch steps at rate 0.1 with a fault planted; one run for each seed."""
    rng = np.random.default_rng(seed)
    n, n_in, k = size
    x = rng.normal(size=(n_seeds, n, n_in))
    labels = rng.integers(k, size=(n_seeds, n))
    if fault == "zero inputs":
        x[:] = 0.0
    if fault == "conflicting labels":
        x[:, n // 2 :] = x[:, : n - n // 2]
    hidden = rng.normal(size=(n_seeds, n_in, _HIDDEN)) * np.sqrt(2 / n_in)
    out = rng.normal(size=(n_seeds, _HIDDEN, k)) * np.sqrt(1 / _HIDDEN)
    weights = [hidden, np.zeros((n_seeds, 1, _HIDDEN)), out, np.zeros((n_seeds, 1, k))]
    rate = _RATE * {"rate x1000": 1e3, "rate /10000": 1e-4, "sign flip": -1.0}.get(fault, 1.0)
    held = {"everything frozen": (0, 1, 2, 3), "frozen hidden layer": (0, 1)}.get(fault, ())
    shares = np.stack([(labels == c).mean(axis=1) for c in range(k)], axis=1)
    losses, errors = np.empty((2, _N_STEPS + 1, n_seeds))
    with np.errstate(all="ignore"):
        for step in range(_N_STEPS + 1):
            if fault == "labels reshuffled":
                labels = rng.permuted(labels, axis=1)
            losses[step], errors[step], gradients = _pass(x, labels, weights, fault)
            for i, gradient in enumerate(gradients):
                if i not in held:
                    pull = weights[i] if fault == "strong weight decay" else 0.0
                    weights[i] = weights[i] - rate * (gradient + pull)
        entropies = -np.sum(shares * np.log(np.where(shares > 0, shares, 1)), axis=1)
    return [
        BatchRun(losses[:, s].tolist(), errors[:, s].tolist(), float(entropies[s]))
        for s in range(n_seeds)
    ]


def _softmax(z: Array, axis: int = -1) -> Array:
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return np.asarray(e / e.sum(axis=axis, keepdims=True))


def _softmax_gradient(p: Array, upstream: Array, axis: int = -1) -> Array:
    return np.asarray(p * (upstream - (p * upstream).sum(axis=axis, keepdims=True)))


def _pass(
    x: Array, labels: NDArray[np.int64], weights: list[Array], fault: str
) -> tuple[Array, Array, list[Array]]:
    """Return losses and errors of all seeds, and the gradients of their losses."""
    w1, b1, w2, b2 = weights
    before = x @ w1 + b1
    h = np.maximum(before, 0)
    z = h @ w2 + b2
    wanted = np.eye(z.shape[-1])[labels]
    axis = 1 if fault == "wrong axis" else -1
    given = _softmax(z) if fault == "double softmax" else z
    p = _softmax(given, axis)
    picked = (p * wanted).sum(axis=-1)
    loss = -np.log(np.maximum(picked, 1e-300)).mean(axis=1)
    loss = np.where(np.isfinite(z).all(axis=(1, 2)), loss, np.nan)
    error = (z.argmax(axis=-1) != labels).mean(axis=1)
    upstream = -wanted / np.maximum(p, 1e-300) / x.shape[1]
    dz = _softmax_gradient(p, upstream, axis) if axis == 1 else (p - wanted) / x.shape[1]
    if fault == "double softmax":
        dz = _softmax_gradient(given, dz)
    dh = (dz @ w2.swapaxes(1, 2)) * (before > 0)
    gradients = [
        x.swapaxes(1, 2) @ dh,
        dh.sum(axis=1, keepdims=True),
        h.swapaxes(1, 2) @ dz,
        dz.sum(axis=1, keepdims=True),
    ]
    return loss, error, gradients
