"""Where a function is, and whether a fresh process finds it there."""

from __future__ import annotations

import functools
import sys
from types import ModuleType

import pytest

from tunebook.errors import TaskError
from tunebook.execution.user_code import importable_reference, load_function
from tunebook.testing import trainings
from tunebook.testing.training import Counter
from tunebook.training import TrialHandle


class Namespace:
    """Holds functions that are found by a dotted name."""

    def method(self, trial: TrialHandle) -> None:
        """Is no training function until it is bound."""


def test_function_of_a_module_is_named_by_it() -> None:
    reference = importable_reference(trainings.tracked)
    assert reference == "tunebook.testing.trainings:tracked"
    assert load_function(reference) is trainings.tracked


def test_name_inside_of_a_class_is_followed() -> None:
    reference = importable_reference(Counter.state_dict)
    assert reference == "tunebook.testing.training:Counter.state_dict"
    assert load_function(reference) is Counter.state_dict


def test_what_importing_does_not_give_again_has_no_name() -> None:
    def closure(trial: TrialHandle) -> None: ...

    for function in (
        closure,
        lambda trial: None,
        functools.partial(trainings.tracked),
        Namespace().method,
        Counter(),
    ):
        assert importable_reference(function) is None


def test_function_of_the_program_itself_has_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def train(trial: TrialHandle) -> None: ...

    train.__module__, train.__qualname__ = "__main__", "train"
    monkeypatch.setattr(sys.modules["__main__"], "train", train, raising=False)
    assert importable_reference(train) is None


def test_function_that_another_has_replaced_has_no_name() -> None:
    @functools.wraps(trainings.tracked)
    def wrapped(trial: TrialHandle) -> None: ...

    assert importable_reference(wrapped) is None


def test_function_of_a_module_without_a_file_has_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("made_up")

    def train(trial: TrialHandle) -> None: ...

    train.__module__, train.__qualname__ = "made_up", "train"
    vars(module)["train"] = train
    monkeypatch.setitem(sys.modules, "made_up", module)
    assert importable_reference(train) is None


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ("train", "module:function"),
        (":train", "module:function"),
        ("train:", "module:function"),
        ("no_such_module_anywhere:train", "No module named"),
        ("tunebook.testing.trainings:trackd", "Did you mean 'tracked'?"),
        ("tunebook.testing.training:Counter.stat_dict", "Did you mean 'state_dict'?"),
        ("tunebook.testing.executor_suite:PATIENCE_S", "cannot be called"),
    ],
)
def test_name_that_leads_nowhere_is_refused(reference: str, text: str) -> None:
    with pytest.raises(TaskError) as refusal:
        load_function(reference)
    assert text in str(refusal.value)
