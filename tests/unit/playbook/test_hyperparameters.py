"""Every hyperparameter has a kind, and is known by its other names."""

from __future__ import annotations

from tunebook.playbook.hyperparameters import REGISTRY, known
from tunebook.space import Kind


def test_s0_28_no_hyperparameter_is_without_a_kind():
    assert {h.kind for h in REGISTRY.values()} == set(Kind)
    assert (known("lr").kind, known("width").kind) == (Kind.OPTIMIZATION, Kind.STRUCTURE)


def test_names_of_owners_and_other_words_are_known():
    names = ("adam.lr", "adam_lr", "learning_rate", "wd", "sgd.wd", "image_size", "shoe_size")
    found = [h.name if (h := known(name)) is not None else None for name in names]
    assert found == ["lr", "lr", "lr", "weight_decay", "weight_decay", "resolution", None]
