"""The two written forms of a space: study files and the command line."""

from __future__ import annotations

import pytest

from tunebook.errors import SpaceError
from tunebook.space import Bool, Choice, Constant, Float, Int, Parameter, Space

COMMAND_LINE: dict[str, Parameter] = {
    "log(1e-5,1)": Float(1e-5, 1, log=True),
    "loguniform(1e-5, 1)": Float(1e-5, 1, log=True),
    "uniform(0,1)": Float(0, 1),
    "uniform(-1,1,0.5)": Float(-1, 1, step=0.5),
    "1-x(0.5,0.999)": Float(0.5, 0.999, log="1-x"),
    "int(1,10)": Int(1, 10),
    "int(1,1e3)": Int(1, 1000),
    "randint(1,10)": Int(1, 10),
    "intlog(1,64)": Int(1, 64, log=True),
    "sgd|adam": Choice("sgd", "adam"),
    "32|64|128": Choice(32, 64, 128),
    "choice(a, b)": Choice("a", "b"),
    "choice(a|b,c)": Choice("a", "b,c"),
    "ordered(1|2|4)": Choice(1, 2, 4, ordered=True),
    "1e-3|0.1|1": Choice(1e-3, 0.1, 1),
    "true|none|'3'|x": Choice(True, None, "3", "x"),
    "f(1,2)|g": Choice("f(1,2)", "g"),
    "'a|b'|c": Choice("a|b", "c"),
    "bool": Bool(),
    "boolean": Bool(),
    "const(3)": Constant(3),
    "const('')": Constant(""),
    "adam": Constant("adam"),
    "0.1": Constant(0.1),
    "a=b": Constant("a=b"),
    "'log(1,2)'": Constant("log(1,2)"),
}


@pytest.mark.parametrize(("form", "parameter"), COMMAND_LINE.items(), ids=COMMAND_LINE)
def test_command_line_form_is_read(form: str, parameter: Parameter) -> None:
    assert Space.parse([f"x={form}"]) == Space(x=parameter)


def test_command_line_forms_make_a_space() -> None:
    space = Space.parse(["lr=log(1e-5,1)", "opt=sgd|adam"], constraints=["lr < 0.5"])
    assert space == Space(
        lr=Float(1e-5, 1, log=True), opt=Choice("sgd", "adam"), constraints=["lr < 0.5"]
    )


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("lr", "name="),
        ("=3", "name="),
        ("lr=", "name="),
        ("lr=logg(1,2)", "'log'"),
        ("lr=log(1)", "low and a high"),
        ("lr=log(1,2,3)", "low and a high"),
        ("lr=log(a,b)", "low and a high"),
        ("lr=log(1,true)", "low and a high"),
        ("lr=log(1e-5,1", "lr"),
        ("lr=a,b", "Quote"),
        ("lr=a||b", "empty"),
        ("lr=bool(3)", "Write bool"),
        ("lr=log(1,0)", "low is above high"),
        ("lr=int(1,2.5)", "whole"),
        ("lr=log(1,1e999)", "finite"),
    ],
)
def test_bad_command_line_form_is_refused_with_the_right_ones(text: str, hint: str) -> None:
    with pytest.raises(SpaceError) as caught:
        Space.parse([text])
    assert hint in str(caught.value)


def test_parameter_given_twice_on_the_command_line_is_refused() -> None:
    with pytest.raises(SpaceError, match="'lr' is given twice"):
        Space.parse(["lr=log(1,2)", "lr=bool"])


STUDY_FILE: list[tuple[object, Parameter]] = [
    ({"type": "float", "low": "1e-5", "high": 1, "log": True}, Float(1e-5, 1, log=True)),
    ({"type": "float", "low": 0.5, "high": 0.9, "log": "1-x"}, Float(0.5, 0.9, log="1-x")),
    ({"type": "loguniform", "low": 1, "high": 2}, Float(1, 2, log=True)),
    ({"type": "uniform", "low": 0, "high": 1, "step": "1e-1"}, Float(0, 1, step=0.1)),
    ({"type": "int", "low": 1, "high": "1e3", "role": "nuisance"}, Int(1, 1000, role="nuisance")),
    ({"type": "randint", "low": 1, "high": 3, "prior": 2}, Int(1, 3, prior=2)),
    (
        {"type": "choice", "values": ["a", 1, None], "ordered": True},
        Choice("a", 1, None, ordered=True),
    ),
    ({"values": ["1e-3", "x"]}, Choice("1e-3", "x")),
    ({"type": "bool", "prior": True}, Bool(prior=True)),
    ({"type": "boolean"}, Bool()),
    ({"type": "constant", "value": None}, Constant(None)),
    ({"value": 3}, Constant(3)),
    (["sgd", "adam"], Choice("sgd", "adam")),
    (3, Constant(3)),
    (None, Constant(None)),
    ("adam", Constant("adam")),
    ("1e-5", Constant(1e-5)),
    ("log(1e-5, 1)", Float(1e-5, 1, log=True)),
    ("sgd|adam", Choice("sgd", "adam")),
    (Bool(), Bool()),
]


@pytest.mark.parametrize(("form", "parameter"), STUDY_FILE)
def test_study_file_form_is_read(form: object, parameter: Parameter) -> None:
    assert Space.from_dict({"x": form}) == Space(x=parameter)


def test_study_file_conditions_are_read() -> None:
    space = Space.from_dict(
        {
            "beta1": {"type": "float", "low": 0, "high": 0.9, "when": {"opt": "adam"}},
            "opt": "sgd|adam|lion",
            "x": {"type": "bool", "when": {"opt": ["adam", "lion"]}},
        }
    )
    assert space.to_dict()["beta1"]["when"] == {"opt": "adam"}
    assert space.to_dict()["x"]["when"] == {"opt": ["adam", "lion"]}


@pytest.mark.parametrize(
    ("form", "hint"),
    [
        ({"type": "float", "lo": 1, "high": 2}, "'low'"),
        ({"type": "flaot", "low": 1, "high": 2}, "'float'"),
        ({"type": ["float"], "low": 1, "high": 2}, "type is unknown"),
        ({"low": 1, "high": 2}, "type is missing"),
        ({"type": "float", "low": 1}, "needs high"),
        ({"type": "bool", "low": 1}, "no 'low'"),
        ({"type": "float", "low": "one", "high": 2}, "low is not a finite number"),
        ({"type": "float", "low": "nan", "high": 2}, "low is not a finite number"),
        ({"type": "float", "low": 1, "high": 2, "log": "true"}, "log is unknown"),
        ({"values": "ab"}, "values is not a list"),
        ({3: 4, "type": "bool"}, "no 3"),
        (object(), "not understood"),
        ("logg(1,2)", "'log'"),
    ],
)
def test_bad_study_file_form_is_refused_by_name(form: object, hint: str) -> None:
    with pytest.raises(SpaceError) as caught:
        Space.from_dict({"culprit": form})
    assert "'culprit'" in str(caught.value)
    assert hint in str(caught.value)


@pytest.mark.parametrize("form", [None, [], 3, {}, {"constraints": []}])
def test_space_that_is_no_mapping_or_empty_is_refused(form: object) -> None:
    with pytest.raises(SpaceError):
        Space.from_dict(form)


def test_shown_space_tells_its_parameters() -> None:
    space = Space(lr=Float(1e-5, 1, log=True), n=Int(1, 10**6), constraints=["n < 5"])
    assert repr(space) == "Space(lr: 1e-05 to 1 (log); n: 1 to 1000000 (whole numbers); n < 5)"
