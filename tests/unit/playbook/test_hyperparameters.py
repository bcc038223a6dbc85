"""Every hyperparameter has a kind, roles leave caveats, and names of owners stay apart."""

from __future__ import annotations

from tunebook.playbook.hyperparameters import (
    REGISTRY,
    Sensitivity,
)
from tunebook.playbook.roles import caveat_sentence, caveats, propose_roles
from tunebook.space import Kind, Role


def test_s0_28_no_hyperparameter_is_without_a_kind():
    assert all(isinstance(h.kind, Kind) for h in REGISTRY.values())
    assert {h.kind for h in REGISTRY.values()} == set(Kind)
    assert all(isinstance(h.sensitivity, Sensitivity) for h in REGISTRY.values())


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
