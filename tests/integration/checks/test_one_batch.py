"""Looks at real networks: mistakes are told with their cause, sound tasks raise no alarm."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from benchmarks.stories.fault_tasks import CLEAN
from benchmarks.stories.faults import FAULTS
from benchmarks.stories.more_tasks import MORE_CLEAN, MORE_FAULTS

from tunebook.checks.check import Ability
from tunebook.checks.codec import decode, encode
from tunebook.checks.examination import Examination, examine
from tunebook.checks.laboratory import Laboratory
from tunebook.checks.registry import CHECKS
from tunebook.records import Configuration
from tunebook.records.finding import Verdict, leading_causes
from tunebook.training.task import read_task

_SPEC = importlib.util.spec_from_file_location(
    "batch_tasks", Path(__file__).with_name("batch_tasks.py")
)
assert _SPEC is not None
assert _SPEC.loader is not None
tasks = importlib.util.module_from_spec(_SPEC)
# Dataclasses look their module up by name.
importlib.import_module("sys").modules["batch_tasks"] = tasks
_SPEC.loader.exec_module(tasks)

NAMES = ("parts", "loss", "network", "modes", "sequence", "augmentation")
MINE = [check for check in CHECKS if check.name in NAMES]
PLANTED = {
    *("everything frozen", "layers in a list", "softmax before the loss", "layer never used"),
    *("softmax twice in the loss", "sigmoid before the loss", "softmax over the batch"),
    *("hidden layer cut off", "attention over the batch", "view mixes the batch"),
    *("dropout in evaluation", "never in training mode", "exp in the network"),
    *("NaN in the inputs", "float64 inputs", "double inputs, float network"),
    *("regression broadcasts", "loss is a vector", "labels begin at 1", "embedding cut off"),
    *("some layers in a list", "optimizer of the last layer", "optimizer of another network"),
    *("gradient vanishes", "words read across the batch", "rows read across the batch"),
    *("augmentation exchanges inputs", "augmentation blanks inputs", "zero inputs"),
}
FOUND_HERE = [fault for fault in (*FAULTS, *MORE_FAULTS) if fault.name in PLANTED]
HEALTHY = [*CLEAN, *MORE_CLEAN, *tasks.HEALTHY.values()]


def looked_at(task, config=None) -> Examination:
    abilities = {Ability.CAN_LOOK_INSIDE}
    carry_out = Laboratory(read_task(task)).carry_out
    return examine(
        MINE,
        abilities,
        carry_out=carry_out,
        config=Configuration(config or {}),
        length=300,
    )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("make", HEALTHY)
def test_healthy_task_raises_no_alarm_and_all_is_measured(make):
    task = make()
    done = looked_at(task, getattr(task, "config", None))
    bad = {Verdict.PROBLEM, Verdict.UNKNOWN}
    assert [f for f in done.findings if f.verdict in bad] == []
    assert done.left_out == {}
    for reading in done.readings.values():
        assert decode(encode(reading)) == reading


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", tasks.FAULTY)
def test_mistake_is_one_problem_with_its_cause(name):
    make, check, words = tasks.FAULTY[name]
    problems = [f for f in looked_at(make()).findings if f.verdict is Verdict.PROBLEM]
    assert [f.check for f in problems] == [check]
    assert words.lower() in problems[0].causes[0].lower()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("fault", FOUND_HERE, ids=lambda fault: fault.name)
def test_planted_fault_is_named_in_the_first_two_causes(fault):
    task = fault.make()
    found = looked_at(task, task.config).findings
    titles = [f.title for f in found if f.verdict is Verdict.PROBLEM][:2]
    told = " ".join([*leading_causes(found), *titles]).lower()
    assert any(word.lower() in told for word in fault.words), told


def test_all_planted_faults_are_there():
    assert len(FOUND_HERE) == len(PLANTED)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (tasks.in_double_precision, "not converted to float32"),
        (tasks.variational, "random numbers are drawn"),
        (tasks.frozen_norms, "evaluation mode in training"),
    ],
)
def test_what_may_be_meant_is_a_notice(make, words):
    notices = [f for f in looked_at(make()).findings if f.verdict is Verdict.NOTICE]
    assert words in " ".join(cause for f in notices for cause in f.causes)


@pytest.mark.parametrize(
    ("make", "axis", "n"),
    [
        (tasks.language, 2, tasks.V),
        (tasks.segmentation, 1, 3),
        (tasks.images, 1, 3),
    ],
)
def test_axis_of_the_classes_is_told(make, axis, n):
    told = looked_at(make()).findings[0].value
    assert f"{n} classes" in told
    assert f"axis {axis} of the outputs" in told


def test_whole_numbers_of_a_regression_are_no_classes():
    for make in (tasks.counts, tasks.quantiles, tasks.contrasting):
        assert looked_at(make()).findings[0].value.endswith("; numbers")
