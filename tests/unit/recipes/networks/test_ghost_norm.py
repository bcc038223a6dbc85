"""Ghost batch normalisation: statistics do not depend on the size of the batch (S4.10)."""

from __future__ import annotations

import torch
from torch import nn

from tunebook.recipes.networks.ghost_norm import GhostBatchNorm2d


def spread_of_means(norm: nn.Module, n: int) -> float:
    """Return how much the normalised mean of one example moves with those beside it."""
    torch.manual_seed(0)
    fixed = torch.randn(1, 1, 2, 2)
    means = []
    for _ in range(80):
        others = torch.randn(n - 1, 1, 2, 2)
        means.append(norm.train()(torch.cat([fixed, others]))[0].mean().item())
    return torch.tensor(means).std().item()


def test_s4_10_statistics_of_64_and_512_examples_have_the_same_variance():
    small = spread_of_means(GhostBatchNorm2d(1, affine=False), 64)
    large = spread_of_means(GhostBatchNorm2d(1, affine=False), 512)
    plain = spread_of_means(nn.BatchNorm2d(1, affine=False), 512)
    assert 0.65 < large / small < 1.5
    assert plain < 0.6 * small


def test_s4_10_parts_are_normalised_by_themselves_and_evaluation_by_the_running_statistics():
    norm = GhostBatchNorm2d(3, ghost_size=8)
    parts = norm(torch.randn(20, 3, 4, 4)).split(8)
    assert [len(part) for part in parts] == [8, 8, 4]
    for part in parts:
        assert torch.allclose(part.mean((0, 2, 3)), torch.zeros(3), atol=1e-5)
    x = torch.randn(20, 3, 4, 4)
    assert torch.equal(norm.eval()(x)[:8], norm(x[:8]))
