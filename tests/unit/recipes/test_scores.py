"""Metrics by hand and by scikit-learn: classes without examples are left out, never 0."""

from __future__ import annotations

import math

import pytest
import torch
from sklearn import metrics as sklearn

from tunebook.recipes.scores import MAX_AUC_CLASSES, MAX_CLASSES, class_scores, number_scores


def outputs_for(guesses: list[int], n_classes: int) -> torch.Tensor:
    """Scores that are sure of these classes."""
    return 5.0 * torch.eye(n_classes)[guesses]


def test_classes_by_hand_with_one_that_is_absent():
    # cat: 2 of 3 right, one cat called dog; the only dog is called owl, of which there is none.
    found = class_scores(
        outputs_for([0, 0, 1, 2], 3), torch.tensor([0, 0, 0, 1]), ["cat", "dog", "owl"]
    )
    assert found.pop("auc") == pytest.approx((5 / 6 + 1 / 3) / 2)
    assert found == pytest.approx(
        {
            "accuracy": 0.5,
            "f1": (0.8 + 0.0) / 2,  # precision 1 and recall 2/3 give 0.8; a third 0 would not count
            **{"accuracy/cat": 2 / 3, "accuracy/dog": 0.0, "f1/cat": 0.8, "f1/dog": 0.0},
        }
    )


@pytest.mark.parametrize("n_classes", [2, 3, 7])
def test_classes_as_scikit_learn_has_them(n_classes: int):
    generator = torch.Generator().manual_seed(n_classes)
    targets = torch.randint(n_classes, (200,), generator=generator)
    outputs = torch.randn(200, n_classes, generator=generator) + torch.eye(n_classes)[targets]
    labels = [f"kind {k}" for k in range(n_classes)]
    found = class_scores(outputs, targets, labels)
    guesses, shares = outputs.argmax(1), outputs.double().softmax(1).numpy()
    assert found["accuracy"] == pytest.approx(sklearn.accuracy_score(targets, guesses))
    assert found["f1"] == pytest.approx(sklearn.f1_score(targets, guesses, average="macro"))
    auc = sklearn.roc_auc_score(
        targets, shares[:, 1] if n_classes == 2 else shares, multi_class="ovr"
    )
    assert found["auc"] == pytest.approx(auc, abs=1e-5)
    by_class = sklearn.precision_recall_fscore_support(targets, guesses)
    for k, label in enumerate(labels):
        assert found[f"accuracy/{label}"] == pytest.approx(by_class[1][k])
        assert found[f"f1/{label}"] == pytest.approx(by_class[2][k])


def test_s1_1_a_constant_answer_to_imbalanced_classes_has_a_low_f1():
    targets = torch.tensor([0] * 100 + [1] * 10)
    found = class_scores(outputs_for([0] * 110, 2), targets, ["common", "rare"])
    assert found["accuracy"] == pytest.approx(100 / 110)
    assert found["f1"] == pytest.approx(0.476, abs=1e-3)
    assert found["auc"] == pytest.approx(0.5)


@pytest.mark.parametrize("n_classes", [1, 2, 4])
def test_single_example_has_no_auc_and_one_class(n_classes: int):
    labels = ["a", "b", "c", "d"][:n_classes]
    found = class_scores(outputs_for([0], n_classes), torch.tensor([0]), labels)
    assert found == {"accuracy": 1.0, "f1": 1.0, "accuracy/a": 1.0, "f1/a": 1.0}


def test_outputs_that_are_nan_have_no_auc():
    outputs = torch.full((4, 2), math.nan)
    found = class_scores(outputs, torch.tensor([0, 1, 0, 1]), ["a", "b"])
    assert "auc" not in found
    assert found["accuracy"] == 0.5


def test_many_classes_have_no_auc_and_no_metric_each():
    for n, names in (
        (MAX_AUC_CLASSES, {"accuracy", "f1", "auc"}),
        (MAX_CLASSES + 1, {"accuracy", "f1"}),
    ):
        found = class_scores(
            outputs_for(list(range(n)), n), torch.arange(n), list(map(str, range(n)))
        )
        assert {name for name in found if "/" not in name} == names
        assert ("f1/0" in found) == (n <= MAX_CLASSES)


def test_numbers_by_hand_and_as_scikit_learn_has_them():
    outputs, targets = torch.tensor([1.0, 2.0, 4.0]), torch.tensor([1.0, 3.0, 2.0])
    found = number_scores(outputs, targets, unit=10.0)
    assert found["rmse"] == pytest.approx(10 * math.sqrt(5 / 3))
    assert found["mae"] == pytest.approx(10.0)
    assert found["r2"] == pytest.approx(sklearn.r2_score(targets, outputs))


@pytest.mark.parametrize("targets", [[3.0], [3.0, 3.0]])
def test_targets_that_do_not_differ_have_no_r2(targets: list[float]):
    found = number_scores(torch.ones(len(targets)), torch.tensor(targets))
    assert found == {"rmse": 2.0, "mae": 2.0}


def test_numbers_that_are_nan_have_errors_that_are():
    found = number_scores(torch.tensor([math.nan, 1.0]), torch.tensor([1.0, 2.0]))
    assert all(math.isnan(value) for value in found.values())
