"""Which number is the objective: names as they are typed, plain lines before bars, no guess."""

from __future__ import annotations

import pytest

from tunebook.execution.metric_lines import MetricLines
from tunebook.execution.script_steps import ScriptSteps

TRAIN_AND_VALIDATION = (
    "Epoch {e} [=====================] Loss: 0.5 | Acc: {t}% (96/100)",
    "Epoch {e} [=====================] Loss: 0.6 | Acc: {v}% (45/50)",
)


class Script:
    """What a script reported for the objective that was typed."""

    def __init__(self, typed: str, **options: object) -> None:
        self.typed = typed
        self.curve: list[tuple[int, float]] = []
        self.steps = ScriptSteps(typed, self._report, **options)
        self.lines = MetricLines((), typed)

    def _report(self, step: int, metrics) -> None:
        if self.typed in metrics:
            self.curve.append((step, metrics[self.typed]))

    def says(self, *lines: str, is_settled: bool = True) -> Script:
        for line in lines:
            self.steps.take(self.lines.read(line), is_settled=is_settled)
        return self

    def ends(self) -> list[tuple[int, float]]:
        self.steps.finish()
        return self.curve

    def typed_choices(self) -> list[str]:
        self.ends()
        return [choice.typed for choice in self.steps.choices]


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("val_acc", "Val. Acc: 0.5"),
        ("Val. Acc", "Val. Acc: 0.5"),
        ("val acc", "epoch 1 val_acc=0.5"),
        ("acc", "Val. Acc: 0.5"),
        ("accuracy", "Test set: Average loss: 2.0, Accuracy: 250/500 (50%)"),
        ("Test set: Accuracy", "Test set: Average loss: 2.0, Accuracy: 250/500 (50%)"),
        ("Validation Results - Avg accuracy", "Validation Results - Epoch: 1 Avg accuracy: 0.5"),
        ("loss", "Epoch 1 done, mean loss: 0.5"),
        ("Acc@1", " * Acc@1 0.5 Acc@5 0.9"),
        ("quality", "quality 0.5"),
        ("quality", "image quality 0.5"),
        ("eval_logloss", "[3] train-logloss:0.7 eval-logloss:0.5"),
    ],
)
def test_metric_is_found_by_its_name_its_words_and_its_last_words(typed: str, line: str):
    script = Script(typed).says(line)
    assert script.ends() == [(1, 0.5)]
    assert script.typed_choices() == []


def test_name_that_fits_exactly_stands_before_longer_ones():
    script = Script("acc")
    for e in (1, 2):
        script.says(f"epoch {e} train_acc=0.9 acc=0.{e} val_acc=0.8")
    assert script.ends() == [(1, 0.1), (2, 0.2)]
    assert script.typed_choices() == []


def test_words_that_were_typed_are_not_left_out():
    script = Script("average loss").says("epoch 1", "loss: 2.0", "Test set: Average loss: 0.5")
    assert script.ends() == [(1, 0.5)]


def test_last_words_of_two_names_are_unclear():
    script = Script("acc").says("epoch 1", "Train Acc: 0.9", "Val. Acc: 0.5", "epoch 2")
    assert script.typed_choices() == ["train_acc", "val_acc"]


def test_last_words_of_two_names_are_unclear_without_a_counter_too():
    assert Script("acc").says("Train Acc: 0.9", "Val. Acc: 0.5").typed_choices() == [
        "train_acc",
        "val_acc",
    ]


@pytest.mark.parametrize(("typed", "values"), [("acc#1", [70, 80]), ("acc#2", [60, 65])])
def test_value_is_named_by_its_place_in_the_step(typed: str, values: list[float]):
    script = Script(typed)
    for e, (train, validation) in enumerate([(70, 60), (80, 65)], 1):
        script.says(*(line.format(e=e, t=train, v=validation) for line in TRAIN_AND_VALIDATION))
    assert [value for _, value in script.ends()] == values
    assert script.typed_choices() == []


def test_two_values_under_one_name_are_unclear_and_shown_with_their_lines():
    lines = [line.format(e=1, t=70, v=60) for line in TRAIN_AND_VALIDATION]
    script = Script("acc").says(*lines)
    assert script.typed_choices() == ["acc#1", "acc#2"]
    assert [choice.line for choice in script.steps.choices] == lines
    assert [choice.value for choice in script.steps.choices] == [70, 60]


def test_of_many_values_the_last_can_be_named():
    script = Script("loss")
    script.says("epoch 1", *(f"loss: {i}" for i in range(20)), "epoch 2")
    assert script.typed_choices()[-1] == "loss#last"
    named = Script("loss#last").says("epoch 1", *(f"loss: {i}" for i in range(20)), "epoch 2")
    assert named.ends() == [(1, 19.0)]
    assert named.typed_choices() == []


def test_both_values_of_a_pair_are_offered_unless_the_line_says_average():
    assert Script("loss").says("epoch 1 loss 0.9 (0.5)").typed_choices() == ["loss#1", "loss#2"]
    assert Script("loss").says("epoch 1 average loss 0.9 (0.5)").ends() == [(1, 0.5)]


def test_standard_deviation_in_brackets_is_no_average():
    choices = Script("accuracy").says("Mean accuracy: 0.912 (0.021)").typed_choices()
    assert choices == ["mean_accuracy#1", "mean_accuracy#2"]


def test_line_that_counts_within_the_epoch_yields_to_the_epochs_summary():
    script = Script("loss", max_steps=2)
    for e in (1, 2):
        script.says(*(f"Epoch {e} [{b}/400] loss: {9 - b / 100}" for b in (100, 200, 300)))
        script.says(f"Epoch {e} done, mean loss: {e / 10}")
    assert script.ends() == [(1, 0.1), (2, 0.2)]
    assert script.typed_choices() == []


def test_counts_within_the_epoch_are_one_value_that_ends_with_the_last():
    script = Script("loss")
    for e in (1, 2):
        script.says(*(f"Epoch {e} [{b}/400] loss: {b}" for b in (100, 200, 300)))
    assert script.ends() == [(1, 300.0), (2, 300.0)]
    assert script.typed_choices() == []


def test_bar_yields_to_a_plain_line_before_and_after_it():
    script = Script("loss")
    for e in (1, 2):
        bar = f"Epoch {e}/2: 100%|####| 9/9 [00:01<00:00, 9.0it/s, loss=4.0]"
        script.says(bar, is_settled=False)
        script.says(f"Epoch {e}/2 loss={e / 10}")
        script.says(bar)
    assert script.ends() == [(1, 0.1), (2, 0.2)]
    assert script.typed_choices() == []
