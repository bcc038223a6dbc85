"""A look's symptoms are told with their meaning; what could not be measured is unknown."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tunebook.checks import augmentation, loss, modes, network, parts, sequence
from tunebook.checks.check import Ability, Conclusion
from tunebook.checks.experiments import Look
from tunebook.checks.one_look import (
    Figures,
    Lines,
    Symptom,
    Symptoms,
    check_of,
    look_name,
    symptoms_check,
)
from tunebook.checks.readings import Raised
from tunebook.records import Configuration
from tunebook.records.finding import Verdict

CONFIG = Configuration({"lr": 0.1})
LINES = Lines("ends", {"range": ("It ends in a {name}.", "a {name} at the end", "End in another.")})
CHECK = symptoms_check("How does it end?", LINES, passed="It ends well.")
PROBLEM, NOTICE, PASS = Verdict.PROBLEM, Verdict.NOTICE, Verdict.PASS
TANH = Symptom("range", "-1 to 1", "any number", "tanh", items=("out",))


def findings(seen: Symptoms | Raised, check=CHECK):
    asked = check.next(CONFIG, 100, {Look(check.name, CONFIG): seen})
    assert isinstance(asked, Conclusion)
    return asked.findings


def test_check_asks_for_the_look_of_its_name():
    assert CHECK.next(CONFIG, 100, {}) == (Look("ends", CONFIG),)


def test_symptom_is_a_problem_with_the_meaning_of_its_key():
    (found,) = findings(Symptoms((TANH,), "3 layers"))
    assert (found.check, found.verdict) == ("ends", PROBLEM)
    assert (found.title, found.causes) == ("It ends in a tanh.", ("a tanh at the end",))
    assert (found.value, found.expected, found.items) == ("-1 to 1", "any number", ("out",))
    assert (found.advice, found.source) == ("End in another.", "S2.7")


def test_what_may_be_meant_is_a_notice_beside_the_pass():
    may_be = Symptom("range", "0 to inf", name="ReLU", is_bad=False)
    found = findings(Symptoms((may_be,), "3 layers"))
    assert [f.verdict for f in found] == [NOTICE, PASS]
    assert (found[1].title, found[1].value) == ("It ends well.", "3 layers")


def test_look_that_does_not_apply_says_nothing():
    assert findings(Symptoms()) == ()


def test_measurement_that_raised_is_unknown_and_no_pass():
    (found,) = findings(Symptoms(summary="3 layers", failed={"the end": "TypeError: hooks"}))
    assert found.verdict is Verdict.UNKNOWN
    assert found.title == "Could not be measured: the end."
    assert found.items == ("the end: TypeError: hooks",)


def test_symptom_is_told_beside_what_could_not_be_measured():
    found = findings(Symptoms((TANH,), failed={"the start": "TypeError"}))
    assert [f.verdict for f in found] == [PROBLEM, Verdict.UNKNOWN]


def test_look_that_raises_is_a_problem():
    (found,) = findings(Raised("The backward pass", "RuntimeError: inplace"), network.CHECK)
    assert (found.verdict, found.title) == (PROBLEM, "The backward pass raised an error.")


def test_look_is_named_after_what_it_gives():
    @dataclass(frozen=True)
    class OptimizerStepFigures(Figures):
        n: int = 0

    check = check_of(
        "steps",
        "?",
        OptimizerStepFigures,
        lambda f: [LINES.passed("Fine.", str(f.n))],
        ability=Ability.HAS_DATA,
        rules=("S0.3",),
    )
    assert look_name(OptimizerStepFigures) == "optimizer-step"
    assert check.next(CONFIG, 100, {}) == (Look("optimizer-step", CONFIG),)
    asked = check.next(CONFIG, 100, {Look("optimizer-step", CONFIG): OptimizerStepFigures(3)})
    assert isinstance(asked, Conclusion)
    assert [(f.title, f.value) for f in asked.findings] == [("Fine.", "3")]
    assert (check.rules, check.ability) == (("S0.3",), Ability.HAS_DATA)


@pytest.mark.parametrize(
    ("module", "n"),
    [(parts, 7), (loss, 16), (network, 12), (modes, 10), (sequence, 5), (augmentation, 7)],
)
def test_every_symptom_has_a_title_a_cause_and_an_advice(module, n):
    table = module.LINES.table
    assert len(table) == n
    assert all(text for texts in table.values() for text in texts)
