"""Every network of the image recipes with every pooling: scores of classes, and gradients."""

from __future__ import annotations

import itertools

import pytest
import torch

from tunebook.errors import ConfigurationError
from tunebook.recipes.image_classification import FINE_GRAINED as FINE
from tunebook.recipes.image_classification import RECIPE, ImageClassificationTask
from tunebook.recipes.networks.bilinear import POOLINGS
from tunebook.recipes.networks.convolutional import STEMS
from tunebook.records import Configuration


@pytest.fixture
def task() -> ImageClassificationTask:
    scale = {"mean": [0.5] * 3, "deviation": [0.2] * 3}
    images = {"resolution": 32, "scale": scale}
    return ImageClassificationTask("birds", "home", labels=["wren", "tit", "jay"], **images)


@pytest.mark.parametrize(("network", "pooling"), list(itertools.product(STEMS, POOLINGS)))
def test_network_scores_classes_and_every_tensor_has_a_gradient(task, network, pooling):
    torch.manual_seed(0)
    config = {**RECIPE.defaults, "width": 4, "network": network, "pooling": pooling}
    made = task.network(Configuration({**config, "features": 64}))
    inputs = torch.randn(4, 3, 32, 32)
    for _ in range(2):
        outputs = made(inputs)
        assert outputs.shape == (4, 3)
        made.zero_grad()
        task.loss(outputs, torch.tensor([0, 1, 2, 0])).backward()
        with torch.no_grad():
            for parameter in made.parameters():
                parameter -= 0.01 * parameter.grad
    assert all(bool(p.grad.any()) for p in made.parameters())


def test_fine_grained_recipe_pools_bilinearly(task):
    made = task.network(Configuration(dict(FINE.defaults)))
    assert type(made[1]).__name__ == "CompactBilinear"


def test_s3_6_network_sees_images_of_the_size_that_is_asked_for(task):
    inputs = torch.randn(2, 3, 32, 32)
    small = task.network(Configuration({**RECIPE.defaults, "width": 4, "size": 16}))
    assert small[0](inputs).shape == (2, 3, 16, 16)
    assert small(inputs).shape == (2, 3)
    with pytest.raises(ConfigurationError, match="--set resolution"):
        task.network(Configuration({**RECIPE.defaults, "size": 48}))


@pytest.mark.parametrize(("name", "near"), [("network", "resnet"), ("pooling", "bilinear")])
def test_unknown_network_or_pooling_is_refused_with_the_nearest(task, name, near):
    with pytest.raises(ConfigurationError, match=near):
        task.network(Configuration({**RECIPE.defaults, name: near + "x"}))
