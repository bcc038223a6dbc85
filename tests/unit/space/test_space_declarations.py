"""Bad parameters and conditions are refused by name, with the right form (S0.12)."""

from __future__ import annotations

import math
from enum import StrEnum

import numpy as np
import pytest

from tunebook.errors import SpaceError
from tunebook.space import Bool, Choice, Constant, Float, Int, Kind, Role, Space

BAD = {
    "low above high": (Float(1, 0), "low is above high"),
    "equal bounds": (Float(1, 1), "Constant"),
    "equal whole bounds": (Int(3, 3), "Constant"),
    "whole low above high": (Int(4, 3), "low is above high"),
    "zero on a log scale": (Float(0, 1, log=True), "low is not above 0"),
    "negative on a log scale": (Float(-1, 1, log=True), "low is not above 0"),
    "zero on a whole log scale": (Int(0, 9, log=True), "low is not above 0"),
    "one on 1-x": (Float(0.5, 1, log="1-x"), "high is not below 1"),
    "unknown scale": (Float(0.5, 0.9, log="1-y"), "log is unknown"),
    "scale written as 1": (Float(0.5, 0.9, log=1), "log is unknown"),
    "1-x for an Int": (Int(1, 3, log="1-x"), "log is unknown"),
    "nan": (Float(math.nan, 1), "low is not a finite number"),
    "infinity": (Float(0, math.inf), "high is not a finite number"),
    "more than a float holds": (Float(0, 10**400), "high is not a finite number"),
    "a distance more than a float holds": (Float(-1.7e308, 1.7e308), "computed"),
    "a bool as bound": (Float(False, 1), "low is not a finite number"),
    "a bool as whole bound": (Int(True, 3), "low is not a finite number"),
    "a text as bound": (Float("1e-5", 1), "leave out the quotes"),
    "a fraction as whole bound": (Int(1.5, 3), "low is not a whole number"),
    "huge whole bounds": (Int(0, 2**63), "too large"),
    "step of zero": (Float(0, 1, step=0), "step"),
    "step beyond the range": (Float(0, 1, step=2), "step"),
    "step too fine": (Float(0, 1, step=1e-300), "step"),
    "step and log": (Float(0.1, 1, log=True, step=0.1), "step"),
    "no choice": (Choice(), "nothing to choose from"),
    "one choice": (Choice("sgd"), "Constant('sgd')"),
    "a list as the only choice": (Choice([32, 64]), "Choice(*values)"),
    "the same choice twice": (Choice(1, 2, 1), "twice"),
    "a choice that is no scalar": (Choice(print, len), "JSON"),
    "nan as a choice": (Choice(math.nan, 1.0), "JSON"),
    "prior outside": (Float(0, 1, prior=2), "prior"),
    "prior between steps": (Float(0, 1, step=0.5, prior=0.3), "prior"),
    "prior of another type": (Bool(prior=1), "prior"),
    "prior not among the choices": (Choice("a", "b", prior="c"), "prior"),
    "confidence alone": (Float(0, 1, confidence="low"), "confidence without a prior"),
    "unknown confidence": (Float(0, 1, prior=0.5, confidence="hihg"), "'high'"),
    "unknown role": (Float(0, 1, role="nuisanse"), "'nuisance'"),
    "unknown kind": (Float(0, 1, kind="optimisation"), "'optimization'"),
    "a class": (Float, "brackets"),
    "a bare value": (0.1, "Constant(0.1)"),
    "a bare list": ([32, 64], "Choice(32, 64)"),
    "when is no mapping": (Bool(when="adam"), "when is not a mapping"),
    "when without values": (Bool(when={"opt": ()}), "names no value"),
    "unknown parent": (Bool(when={"optt": "adam"}), "'opt'"),
    "impossible parent value": (Bool(when={"opt": "adm"}), "'adam'"),
    "a continuous parent": (Bool(when={"lr": 0.5}), "almost never"),
    "itself as parent": (Bool(when={"culprit": True}), "culprit → culprit"),
}


@pytest.mark.parametrize(("parameter", "hint"), BAD.values(), ids=BAD)
def test_bad_parameter_is_refused_by_name_S0_12(parameter: object, hint: str) -> None:
    with pytest.raises(SpaceError) as caught:
        Space({"opt": Choice("sgd", "adam"), "lr": Float(0, 1), "culprit": parameter})
    assert "culprit" in str(caught.value)
    assert hint in str(caught.value)


@pytest.mark.parametrize(
    "name",
    ["", " ", "lr ", "get", "items", "keys", "values", "constraints", "_lr", "a{b}", "a=b", "a\nb"],
)
def test_name_that_would_not_work_is_refused(name: object) -> None:
    with pytest.raises(SpaceError):
        Space({name: Bool()})


@pytest.mark.parametrize("name", ["x" * 201, 3, None])
def test_name_that_is_no_short_text_is_refused(name: object) -> None:
    with pytest.raises(SpaceError, match="name"):
        Space({name: Bool()})


@pytest.mark.parametrize("name", ["optimizer.lr", "optim/lr", "learning rate", "λ", "self"])
def test_name_that_is_no_identifier_is_taken(name: str) -> None:
    assert name in Space({name: Bool()}).default()


def test_empty_space_is_refused() -> None:
    with pytest.raises(SpaceError, match="empty"):
        Space()


def test_list_of_parameters_is_refused() -> None:
    with pytest.raises(SpaceError, match="not a mapping"):
        Space([Bool()])


def test_name_given_twice_is_refused() -> None:
    with pytest.raises(SpaceError, match="'lr' is given twice"):
        Space({"lr": Float(0, 1)}, lr=Float(0, 1))


def test_million_choices_are_refused_with_a_way_out() -> None:
    with pytest.raises(SpaceError, match=r"1000000 choices.*Int"):
        Space(x=Choice(*range(10**6)))


def test_choices_are_told_apart_by_type() -> None:
    space = Space(x=Choice(1, True, 1.0))
    assert [type(c.x) for c in space.grid()] == [int, bool, float]
    assert space != Space(x=Choice(1, 1.0, True))
    assert Space(x=Choice(1, 2)) != Space(x=Choice(True, 2))


def test_circle_of_conditions_is_refused_with_its_path() -> None:
    with pytest.raises(SpaceError, match="a → b → c → a"):
        Space(
            a=Bool(when={"b": True}), b=Bool(when={"c": True}), c=Bool(when={"a": True}), d=Bool()
        )


def test_conditions_that_exclude_each_other_are_refused() -> None:
    with pytest.raises(SpaceError, match="'deep' can never be active"):
        Space(
            opt=Choice("sgd", "adam"),
            amsgrad=Bool(when={"opt": "adam"}),
            deep=Bool(when={"amsgrad": True, "opt": "sgd"}),
        )


def test_whole_floats_and_numpy_numbers_are_taken_as_bounds() -> None:
    space = Space(n=Int(np.int64(1), 1e3), x=Float(np.float32(0.5), 1), c=Choice(np.int32(1), 2))
    assert space.parameters["n"] == Int(1, 1000)
    assert [type(v) for v in space.parameters["c"].values] == [int, int]
    assert type(space.parameters["x"].low) is float


def test_members_of_text_enums_become_texts() -> None:
    class Optimizer(StrEnum):
        SGD = "sgd"
        ADAM = "adam"

    values = Space(x=Choice(*Optimizer)).parameters["x"].values
    assert [type(value) for value in values] == [str, str]


def test_roles_and_kinds_may_be_texts() -> None:
    parameter = Space(x=Bool(role="nuisance", kind="data")).parameters["x"]
    assert parameter.role is Role.NUISANCE
    assert parameter.kind is Kind.DATA
    assert Space(x=Bool()).parameters["x"].role is None


def test_unknown_keyword_of_a_choice_is_refused() -> None:
    with pytest.raises(TypeError, match="orderd"):
        Choice(1, 2, orderd=True)


def test_constant_as_parent_holds_or_is_refused() -> None:
    assert "b" in Space(a=Constant("x"), b=Bool(when={"a": "x"})).default()
    with pytest.raises(SpaceError, match="'b'"):
        Space(a=Constant("x"), b=Bool(when={"a": "y"}))
