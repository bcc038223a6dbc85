"""The metric of real tasks, sound and with a mistake, on outputs that are made."""

from __future__ import annotations

import pytest
import torch
from benchmarks.stories.fault_tasks import Parts, binary, images, layers, regression
from torch import nn
from torch.nn import functional

from tunebook.checks.check import Ability
from tunebook.checks.examination import examine
from tunebook.checks.laboratory import Laboratory
from tunebook.checks.metric import CHECK
from tunebook.records import Configuration
from tunebook.records.finding import Finding, Verdict
from tunebook.training.task import read_task

WORDS, LENGTH = 20, 12


def told(parts) -> Finding:
    laboratory, config = Laboratory(read_task(parts)), Configuration({})
    done = examine(
        [CHECK],
        {Ability.CAN_LOOK_INSIDE},
        carry_out=laboratory.carry_out,
        config=config,
        length=300,
    )
    (finding,) = done.findings
    return finding


def words(score, *, length: int = LENGTH) -> Parts:
    """Predict a word from each word; the ends of texts are padding that the loss ignores."""
    rng = torch.Generator().manual_seed(0)
    x = torch.randint(1, WORDS, (400, length), generator=rng)
    ends = torch.randint(4, length + 1, (400, 1), generator=rng)
    y = ((3 * x + 1) % WORDS).masked_fill(torch.arange(length) >= ends, -100)
    return Parts(
        "words",
        x,
        y,
        lambda: nn.Sequential(nn.Embedding(WORDS, 16), nn.Linear(16, WORDS)),
        lambda out, y: functional.cross_entropy(out.transpose(1, 2), y),
        score=score,
    )


def right(out: torch.Tensor, y: torch.Tensor, axis: int = -1) -> torch.Tensor:
    return (out.argmax(axis) == y).float()


def rmse(out: torch.Tensor, y: torch.Tensor) -> dict[str, torch.Tensor]:
    return {"rmse": ((out - y) ** 2).mean().sqrt()}


def r2(out: torch.Tensor, y: torch.Tensor) -> dict[str, torch.Tensor]:
    return {"r2": 1 - ((out - y) ** 2).sum() / ((y - y.mean(0)) ** 2).sum()}


def pairs(out: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return (out.argmax(1, keepdim=True) == y).float().mean()


def auc(out: torch.Tensor, y: torch.Tensor) -> dict[str, torch.Tensor]:
    apart = out[y == 1].reshape(-1, 1) - out[y == 0].reshape(1, -1)
    return {"auc": ((apart > 0).float() + 0.5 * (apart == 0).float()).mean()}


def macro(guess: torch.Tensor, y: torch.Tensor) -> dict[str, torch.Tensor]:
    hits = [(guess[y == k] == k).float().sum() / (y == k).sum().clamp(min=1) for k in range(10)]
    return {"recall": torch.stack(hits).mean()}


def corners(boxes: torch.Tensor) -> torch.Tensor:
    return torch.cat([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2], 1)


def iou(a: torch.Tensor, b: torch.Tensor) -> dict[str, torch.Tensor]:
    low, high = torch.maximum(a[:, :2], b[:, :2]), torch.minimum(a[:, 2:], b[:, 2:])
    both = (high - low).clamp(min=0).prod(1)
    sizes = [(x[:, 2:] - x[:, :2]).clamp(min=0).prod(1) for x in (a, b)]
    return {"iou": (both / (sizes[0] + sizes[1] - both).clamp(min=1e-6)).mean()}


def boxes(score) -> Parts:
    """Predict the corners of boxes from numbers that tell them."""
    rng = torch.Generator().manual_seed(0)
    middle, size = torch.rand(400, 2, generator=rng), 0.2 + torch.rand(400, 2, generator=rng)
    y = corners(torch.cat([1 + middle, size], 1))
    cost, build = functional.mse_loss, lambda: layers(4, 4)
    return Parts("boxes", y - y.mean(0), y, build, cost, True, "iou", score=score)


@pytest.mark.parametrize(
    "parts",
    [
        images("mlp"),
        binary(),
        words(lambda out, y: {"accuracy": right(out, y)[y != -100].mean()}),
        regression(score=rmse, minimize="rmse"),
        regression(score=lambda o, y: {"rmse": 77 * rmse(o, y)["rmse"]}, minimize="rmse"),
        images("mlp", score=lambda o, y: {"accuracy": 100 * right(o, y).mean()}),
        regression(score=lambda o, y: r2(o, y), maximize="r2", minimize=None),
        boxes(score=lambda o, y: iou(o, y)),
        binary(score=lambda o, y: auc(o, y), maximize="auc"),
        images("mlp", score=lambda o, y: macro(o.argmax(1), y), maximize="recall"),
    ],
)
def test_sound_metric_passes(parts):
    assert told(parts).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        (images("mlp", maximize=None, minimize="accuracy"), "direction"),
        (images("mlp", score=lambda o, y: {"accuracy": right(o[:32], y[:32]).mean()}), "first"),
        (images("mlp", score=lambda o, y: {"accuracy": 1 - right(o, y).mean()}), "wrong way"),
        (words(lambda o, y: {"accuracy": right(o, y).mean()}), "padding"),
        (words(lambda o, y: {"accuracy": right(o, y, 1).mean()}), "axis 1"),
        (words(lambda o, y: {"accuracy": right(o, y, 1).mean()}, length=WORDS), "axis 1"),
        (binary(score=lambda o, y: {"accuracy": ((o > 0.5) == y).float().mean()}), "threshold"),
        (binary(score=lambda o, y: {"accuracy": (o.round() == y).float().mean()}), "logits"),
        (regression(score=lambda o, y: rmse(o.flatten(), y), minimize="rmse"), "broadcast"),
        (regression(score=lambda o, y: rmse(77 * o + 152, y), minimize="rmse"), "unit"),
        (regression(score=lambda o, y: r2(y, o), maximize="r2", minimize=None), "exchanged"),
        (regression(score=lambda o, y: {"err": ((o - y.T) ** 2).mean()}, minimize="err"), "pairs"),
        (images("mlp", score=lambda o, y: {"accuracy": pairs(o, y)}), "all pairs"),
        (boxes(score=lambda o, y: iou(corners(o), y)), "boxes of one form"),
        (boxes(score=lambda o, y: iou(corners(o), corners(y))), "boxes of one form"),
        (binary(score=lambda o, y: auc((o > 0).float(), y), maximize="auc"), "hard answers"),
        (images("mlp", score=lambda o, y: macro(y, o.argmax(1)), maximize="recall"), "exchanged"),
        (images("mlp", score=lambda o, y: {"accuracy": 0.5}), "constant"),
        (images("mlp", score=lambda o, y: {"accuracy": int(right(o, y).mean())}), "rounded"),
        (images("mlp", score=lambda o, y: {"accuracy": right(o.softmax(0), y).mean()}), "axis"),
    ],
)
def test_mistake_in_a_metric_is_the_first_cause(parts, word):
    found = told(parts)
    assert found.verdict is Verdict.PROBLEM
    assert word in found.causes[0]


class Running:
    """Adds up all that it has seen."""

    def __init__(self) -> None:
        self.n_right, self.n = 0.0, 0

    def __call__(self, out: torch.Tensor, y: torch.Tensor) -> dict[str, float]:
        self.n_right, self.n = self.n_right + float(right(out, y).sum()), self.n + len(y)
        return {"accuracy": self.n_right / self.n}


def recall(out: torch.Tensor, y: torch.Tensor) -> dict[str, torch.Tensor]:
    """Average over ten classes."""
    hits = [(right(out, y)[y == k].sum() / max(1, int((y == k).sum()))) for k in range(10)]
    return {"recall": torch.stack(hits).mean()}


@pytest.mark.parametrize(
    ("parts", "title", "cause"),
    [
        (images("mlp", score=Running()), "same outputs changes", "keeps a state"),
        (
            images("mlp", score=lambda o, y: {"accuracy": right(o, 9 - y).mean()}),
            "do not have the best value",
            "order or numbering",
        ),
        (
            images("mlp", score=lambda o, y: {"accuracy": 1 - abs((o.argmax(1) - y).sum()) / 1e6}),
            "same for shuffled targets",
            "its own target",
        ),
        (images("mlp", score=lambda o, y: {"accuracy": float("nan")}), "finite", "divides by zero"),
        (images("mlp", score=lambda o, y: {"f1": 0.5}), "'accuracy' is never reported", ""),
    ],
)
def test_other_mistakes_are_named(parts, title, cause):
    found = told(parts)
    assert found.verdict is Verdict.PROBLEM
    assert title in found.title
    assert cause in " ".join(found.causes)


def test_average_over_classes_that_no_example_has_is_named():
    parts = images("mlp", score=recall, maximize="recall")
    is_kept = parts.y < 8
    parts.x, parts.y = parts.x[is_kept], parts.y[is_kept]
    found = told(parts)
    assert found.verdict is Verdict.PROBLEM
    assert "classes that are absent" in found.causes[0]


def test_score_in_its_own_unit_may_change_with_how_sure_one_output_is():
    score = lambda o, y: {"bleu": o.amax(1).mean() * right(o, y).mean()}  # noqa: E731
    assert told(images("mlp", score=score, maximize="bleu")).verdict is Verdict.PASS


def test_name_that_tells_nothing_asks_for_a_declaration():
    score = lambda o, y: {"quality": right(o, y).mean()}  # noqa: E731
    found = told(images("mlp", score=score, maximize="quality"))
    assert found.verdict is Verdict.NOTICE
    assert "metric_kind" in found.advice


def test_loss_in_another_unit_leaves_the_metric_unknown():
    log_loss = regression(cost=lambda o, y: functional.mse_loss(o, (y + 3).log()))
    found = told(log_loss)
    assert found.verdict is Verdict.UNKNOWN
    assert "not lowest" in found.title


def test_outputs_pass_through_predict():
    class Guessing:
        maximize = "accuracy"
        network = staticmethod(lambda config: layers(64, 10))
        loss = staticmethod(functional.cross_entropy)

        def data(self, split):
            return images().data(split)

        def predict(self, outputs):
            return outputs.argmax(1).tolist()

        def metrics(self, outputs, targets):
            assert isinstance(outputs, list)
            return {"accuracy": sum(map(int.__eq__, outputs, targets.tolist())) / len(outputs)}

    assert told(Guessing()).verdict is Verdict.PASS
