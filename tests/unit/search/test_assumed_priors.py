"""Priors from the playbook: where they apply, and where they keep out."""

from __future__ import annotations

import pytest

from tunebook.search.assumed_priors import assumed_priors, with_assumed_priors
from tunebook.space import Choice, Constant, Float, Int, Parameter, Space


def lr(**common: object) -> Float:
    return Float(1e-6, 1.0, log=True, **common)  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize(
    ("name", "parameter", "value"),
    [
        ("momentum", Float(0.5, 0.999, log="1-x"), 0.9),
        ("optimizer.beta1", Float(0.5, 0.999), 0.9),
        ("one_minus_beta2", Float(1e-4, 0.1, log=True), 0.001),
        ("adam.lr", lr(), 3e-4),
        ("adamLearningRate", lr(), 3e-4),
        ("sgd_lr", lr(), 0.1),
        ("adamw.weight_decay", Float(1e-4, 1.0, log=True), 0.07),
        ("head_dropout", Float(0.0, 0.5), 0.1),
    ],
)
def test_parameters_of_known_names_have_a_prior(
    name: str, parameter: Parameter, value: float
) -> None:
    prior = assumed_priors(Space({name: parameter}))[name]
    assert prior.value == value
    assert prior.source


@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        ("width", Int(1, 100)),
        ("lr", lr()),
        ("color", Float(0.0, 1.0)),
        ("momentum", Float(0.95, 0.999)),
        ("momentum", Float(0.5, 0.999, prior=0.7)),
        ("momentum", Choice(0.8, 0.9)),
        ("momentum", Constant(0.9)),
    ],
)
def test_nothing_is_assumed_where_nothing_is_known(name: str, parameter: Parameter) -> None:
    assert assumed_priors(Space({name: parameter})) == {}


def test_the_optimizer_decides_what_a_learning_rate_should_be() -> None:
    space = Space(
        optimizer=Choice("adamw", "sgd"),
        fast=Float(0.0, 1.0),
        a_lr=lr(when={"optimizer": "adamw"}),
        b_lr=lr(when={"optimizer": "sgd"}),
        c_lr=lr(),
    )
    assert {name: prior.value for name, prior in assumed_priors(space).items()} == {
        "a_lr": 3e-4,
        "b_lr": 0.1,
    }
    only = Space(optimizer=Constant("Adam"), lr=lr())
    assert assumed_priors(only)["lr"].value == 3e-4


def test_assumed_priors_change_no_configuration() -> None:
    space = Space(momentum=Float(0.5, 0.999, log="1-x"), width=Int(1, 9), constraints=["width < 7"])
    with_priors = with_assumed_priors(space)
    assert with_priors.default()["momentum"] == 0.9
    assert with_priors.parameters["momentum"].confidence == "low"  # type: ignore[union-attr]  # a Float
    assert with_priors.decode([0.2, 0.3]) == space.decode([0.2, 0.3])
    assert with_priors.constraints == space.constraints


def test_a_space_without_known_names_stays_itself() -> None:
    space = Space(width=Int(1, 9))
    assert with_assumed_priors(space) is space
