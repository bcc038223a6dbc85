"""Compact bilinear pooling: the sketch is exact, unbiased, and of length 1 (S3.2)."""

from __future__ import annotations

import pytest
import torch

from tunebook.recipes.networks.bilinear import (
    ROOT_SOFTENING,
    Bilinear,
    CompactBilinear,
    SignedRoot,
    pooling,
)


def test_s3_2_sketch_is_the_count_sketch_of_the_outer_product():
    torch.manual_seed(0)
    pool = CompactBilinear(6, 11).double()
    x = torch.randn(1, 6, 1, 1, dtype=torch.float64)
    wanted = torch.zeros(11, dtype=torch.float64)
    for a in range(6):
        for b in range(6):
            place = int(pool.hashes[0, a] + pool.hashes[1, b]) % 11
            wanted[place] += pool.signs[0, a] * pool.signs[1, b] * x[0, a, 0, 0] * x[0, b, 0, 0]
    assert torch.allclose(pool.sketches(x)[0, 0], wanted, atol=1e-10)


@pytest.mark.parametrize("n_positions", [1, 9])
def test_s3_2_both_ways_to_a_sketch_agree_and_so_do_their_gradients(n_positions):
    torch.manual_seed(3)
    pool = CompactBilinear(6, 11).double()
    x = torch.randn(2, 6, n_positions, 1, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(2, 11, dtype=torch.float64)
    ways = [pool.sketches(x).sum(1), pool.of_products(x)]
    assert torch.allclose(*ways, atol=1e-10)
    one, other = (torch.autograd.grad((way * weight).sum(), x)[0] for way in ways)
    assert torch.allclose(one, other, atol=1e-10)
    wanted = ways[0].sign() * ways[0].abs().sqrt()
    assert torch.allclose(pool(x), wanted / wanted.norm(dim=1, keepdim=True), atol=1e-5)


@pytest.mark.parametrize(("n_out", "deviation"), [(1024, 0.048), (4096, 0.024)])
def test_s3_2_products_of_sketches_are_right_on_average(n_out, deviation):
    torch.manual_seed(1)
    x, y = torch.nn.functional.normalize(torch.randn(2, 512), dim=1)
    y = torch.nn.functional.normalize(0.64 * x + 0.77 * y, dim=0)
    true = float((x @ y) ** 2)
    maps = torch.stack([x, y])[:, :, None, None]
    found = []
    for seed in range(60):
        a, b = CompactBilinear(512, n_out, seed=seed).sketches(maps)[:, 0]
        found.append(float(a @ b))
    values = torch.tensor(found)
    assert float(values.mean()) == pytest.approx(true, abs=4 * deviation / 60**0.5)
    assert float(values.std()) == pytest.approx(deviation, rel=0.3)


@pytest.mark.parametrize("kind", ["bilinear", "compact-bilinear"])
def test_s3_2_pooled_features_have_length_1(kind):
    pool, n_out = pooling(kind, 5, 64)
    y = pool(torch.randn(3, 5, 4, 4))
    assert y.shape == (3, n_out)
    assert torch.allclose(y.norm(dim=1), torch.ones(3), atol=1e-4)


def test_s3_2_gradient_of_the_root_is_softened():
    y = torch.tensor([4.0, 0.0, -9.0], requires_grad=True)
    SignedRoot.apply(y).sum().backward()
    wanted = [0.5 / (root + ROOT_SOFTENING) for root in (2.0, 0.0, 3.0)]
    assert y.grad is not None
    assert torch.allclose(y.grad, torch.tensor(wanted))


def test_whole_product_ranks_pairs_as_its_sketch_does():
    torch.manual_seed(2)
    maps = torch.relu(torch.randn(6, 16, 3, 3))
    whole, sketch = Bilinear()(maps), CompactBilinear(16, 4096)(maps)
    exact, near = whole @ whole.T, sketch @ sketch.T
    apart = ~torch.eye(6, dtype=torch.bool)
    assert torch.corrcoef(torch.stack([exact[apart], near[apart]]))[0, 1] > 0.9


def test_same_seed_draws_the_same_sketch():
    one, other = CompactBilinear(7, 32), CompactBilinear(7, 32)
    assert torch.equal(one.hashes, other.hashes)
    assert torch.equal(one.signs, other.signs)
