"""Every hyperparameter has a kind, roles leave caveats, and names of owners stay apart."""

from __future__ import annotations

import pytest

from tunebook.errors import SpaceError
from tunebook.playbook.hyperparameters import (
    REGISTRY,
    Mark,
    Sensitivity,
    after_round,
    in_order,
    known,
    marks_on_import,
)
from tunebook.playbook.namespaces import namespaced, owner_of, pooled, resolved
from tunebook.playbook.roles import caveat_sentence, caveats, propose_roles
from tunebook.space import Kind, Role


def test_s0_28_no_hyperparameter_is_without_a_kind():
    assert all(isinstance(h.kind, Kind) for h in REGISTRY.values())
    assert {h.kind for h in REGISTRY.values()} == set(Kind)
    assert all(isinstance(h.sensitivity, Sensitivity) for h in REGISTRY.values())


def test_s2_17_the_prior_orders_until_importance_is_measured():
    names = ["batch_size", "depth", "lr"]
    assert in_order(names) == ["lr", "depth", "batch_size"]
    measured = {"batch_size": 0.8, "lr": 0.1, "depth": 0.0}
    assert in_order(names, measured=measured, n_feasible=19) == ["lr", "depth", "batch_size"]
    assert in_order(names, measured=measured, n_feasible=20)[0] == "batch_size"
    assert known("adam.lr").name == known("learning_rate").name == "lr"
    assert known("frobnication") is None


def test_s0_29_and_i10_a_recipe_on_other_data_is_borrowed_until_tuned():
    values = {"lr": 0.1, "weight_decay": 1e-4, "depth": 18}
    marks = marks_on_import(values, proven_on="digits", dataset="eyes")
    assert marks == {"lr": Mark.BORROWED, "weight_decay": Mark.BORROWED, "depth": Mark.SOURCE}
    assert after_round(marks, ["lr"])["lr"] is Mark.TUNED
    assert after_round(marks, ["lr"])["weight_decay"] is Mark.BORROWED
    same = marks_on_import(values, proven_on="digits", dataset="digits")
    assert set(same.values()) == {Mark.SOURCE}


def test_s4_15_more_layers_has_its_roles_and_caveat():
    values = {"depth": 4, "lr": 0.1, "activation": "ReLU", "optimizer": "adam"}
    proposals = propose_roles({"depth"}, values)
    roles = {p.name: p.role for p in proposals}
    assert roles["depth"] is Role.SCIENTIFIC
    assert roles["lr"] is Role.NUISANCE
    assert roles["activation"] is Role.FIXED
    sentence = caveat_sentence(proposals)
    assert sentence == "holds only for activation = ReLU, optimizer = adam"


def test_s4_15_and_i9_every_fixed_one_is_among_the_caveats():
    values = {"width": 64, "lr": 0.1, "weight_decay": 1e-4, "momentum": 0.9, "dropout": 0.1}
    proposals = propose_roles({"width"}, values, affordable=1)
    fixed = [p.name for p in proposals if p.role is Role.FIXED]
    # What interacts strongly with width is never fixed, whatever is affordable.
    assert fixed == ["momentum"]
    assert len(caveats(proposals)) == len(fixed)
    assert "short runs" in caveat_sentence(proposals, ["short runs"])


def test_s4_16_the_rates_of_two_optimizers_are_never_pooled():
    adam, nesterov = namespaced("adam", "lr"), namespaced("nesterov", "lr")
    trials = [{"optimizer": "adam", adam: 1e-3}, {"optimizer": "nesterov", nesterov: 0.1}]
    groups = pooled(trials, [adam, nesterov])
    assert groups == {"adam.lr": [(0, 1e-3)], "nesterov.lr": [(1, 0.1)]}
    assert owner_of("lr") is None
    assert resolved(trials[0], "adam") == {"optimizer": "adam", "lr": 1e-3}
    with pytest.raises(SpaceError, match=r"adam\.lr"):
        pooled(trials, ["lr", "adam.lr"])
