"""A check asks for what it has not read, concludes from failures, and is examined in order."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunebook.checks.check import Ability, Check, Conclusion
from tunebook.checks.codec import decode, encode
from tunebook.checks.examination import NotPossible, examine
from tunebook.checks.experiments import Look, Part, Time, Train, Watch, with_settings
from tunebook.checks.readings import NotFinite, OutOfMemory, Raised, Timed, Trained
from tunebook.checks.registry import CHECKS
from tunebook.records import Configuration
from tunebook.records.finding import Finding, Verdict, worst

CONFIG = Configuration({"lr": 0.1})
ONE, TWO = Train(CONFIG, 10), Train(with_settings(CONFIG, lr=1.0), 10)
FINE = Trained((1.0, 0.5))
PASS = Finding("rates", Verdict.PASS, "All is well.")


def check(name="rates", ask=None, **options):
    ability = options.pop("ability", Ability.CAN_TRAIN)
    return Check(name, "Which?", ("S1.9",), ability, ask or always(PASS), **options)


def always(finding):
    return lambda config, length, readings: Conclusion((finding,))


def both(config, length, readings):
    missing = [e for e in (ONE, TWO) if e not in readings]
    return tuple(missing) if missing else Conclusion((PASS,))


def test_only_what_was_not_read_is_asked_for():
    asking = check(
        most=2, ask=lambda c, n, r: (ONE, TWO, ONE) if TWO not in r else Conclusion((PASS,))
    )
    assert asking.next(CONFIG, 10, {}) == (ONE, TWO)
    assert asking.next(CONFIG, 10, {ONE: FINE}) == (TWO,)
    assert asking.next(CONFIG, 10, {ONE: FINE, TWO: FINE}) == Conclusion((PASS,))


def test_a_check_that_asks_for_what_it_has_read_is_a_bug():
    stubborn = check(ask=lambda c, n, r: (ONE,))
    with pytest.raises(AssertionError, match="asks again"):
        stubborn.next(CONFIG, 10, {ONE: FINE})


def test_a_check_that_asks_for_more_than_it_says_is_a_bug():
    greedy = check(ask=lambda c, n, r: (ONE, TWO), most=1)
    with pytest.raises(AssertionError, match="asks for 2 experiments, 1 at most"):
        greedy.next(CONFIG, 10, {})


@pytest.mark.parametrize(
    ("reading", "title", "causes"),
    [
        (
            Raised("The network", "RuntimeError: mat1 and mat2 shapes cannot be multiplied"),
            "The network raised an error.",
            ("shapes that do not fit",),
        ),
        (
            Raised("The network", "IndexError: index out of range in self", ("a.py:3 x",)),
            "The network raised an error.",
            ("numbers outside of their table",),
        ),
        (OutOfMemory("A training", "OutOfMemoryError: size"), "A training ran out of memory.", ()),
    ],
)
def test_an_experiment_that_raised_concludes_for_its_check(reading, title, causes):
    asking = check(ask=lambda c, n, r: (ONE,))
    found = asking.next(CONFIG, 10, {ONE: reading}).findings[0]
    assert (found.verdict, found.title, found.causes) == (Verdict.PROBLEM, title, causes)
    assert (found.value, found.items) == (reading.told, reading.where)


def test_a_check_that_copes_sees_failures_itself():
    seen = []

    def ask(config, length, readings):
        seen.append(dict(readings))
        return (ONE,) if ONE not in readings else Conclusion((PASS,))

    failed = Raised("A training", "ValueError: no")
    assert check(ask=ask, copes=True).next(CONFIG, 10, {ONE: failed}) == Conclusion((PASS,))
    assert seen == [{ONE: failed}]


def test_checks_that_ask_for_the_same_experiment_share_it():
    done = []

    def carry_out(experiment):
        done.append(experiment)
        return FINE

    found = examine(
        [check("rates", both, most=2), check("steps", both, most=2)],
        set(Ability),
        carry_out=carry_out,
        config=CONFIG,
        length=10,
    )
    assert done == [ONE, TWO]
    assert [f.check for f in found.findings] == ["rates", "rates"]
    assert found.left_out == {}


def test_checks_that_cannot_run_are_listed_with_the_reason():
    bad = Finding("rates", Verdict.PROBLEM, "All is not well.")
    found = examine(
        [
            check("rates", always(bad)),
            check("steps", after=("rates",)),
            check("more", after=("steps",)),
            check("inside", ability=Ability.CAN_LOOK_INSIDE),
            check("alone"),
        ],
        {Ability.CAN_TRAIN},
        carry_out=lambda experiment: FINE,
        config=CONFIG,
        length=10,
    )
    assert list(found.conclusions) == ["rates", "alone"]
    assert found.left_out == {
        "steps": "rates found a problem",
        "more": "steps was left out",
        "inside": "only for what can be looked into",
    }


def test_a_check_whose_experiment_is_not_possible_is_left_out_and_the_next_one_is_asked():
    def carry_out(experiment):
        if experiment == ONE:
            raise NotPossible("not for a training task")
        return FINE

    other = check("steps", lambda c, n, r: (TWO,) if TWO not in r else Conclusion((PASS,)))
    found = examine(
        [check("rates", both, most=2), other],
        set(Ability),
        carry_out=carry_out,
        config=CONFIG,
        length=10,
    )
    assert found.left_out == {"rates": "not for a training task"}
    assert list(found.conclusions) == ["steps"]


def test_checks_that_are_not_quick_are_asked_only_in_a_full_examination():
    slow = check("rates", is_quick=False)
    options = {"carry_out": lambda experiment: FINE, "config": CONFIG, "length": 10}
    assert "takes minutes" in examine([slow], set(Ability), **options).left_out["rates"]
    assert list(examine([slow], set(Ability), **options, is_full=True).conclusions) == ["rates"]


def test_fields_of_a_reading_are_apart_from_what_the_codec_adds():
    told = encode(Look("kind", CONFIG, 2))
    assert told == {"kind": "Look", "fields": {"what": "kind", "config": {"lr": 0.1}, "seed": 2}}


def test_unknown_is_worse_than_a_notice_and_no_problem():
    findings = [Finding("rates", verdict, "") for verdict in Verdict]
    assert worst(findings) is Verdict.PROBLEM
    assert worst(findings[:3]) is Verdict.UNKNOWN
    assert worst(findings[:2]) is Verdict.NOTICE


def test_settings_of_groups_give_way_to_the_one_that_is_set():
    config = Configuration({"body.lr": 0.1, "lr": 1.0, "head.weight_decay": 0.2, "clip": 1})
    assert with_settings(config, lr=0.5) == Configuration(
        {"head.weight_decay": 0.2, "clip": 1, "lr": 0.5}
    )


FLOATS = st.floats(allow_nan=False) | st.integers(-5, 5).map(float)
CONFIGS = st.dictionaries(
    st.text(max_size=5),
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.text(max_size=5),
    max_size=3,
).map(Configuration)
LOSSES = st.lists(FLOATS, max_size=4).map(tuple)
EXPERIMENTS = st.one_of(
    st.builds(
        Train,
        CONFIGS,
        st.integers(1, 9),
        one_batch=st.booleans(),
        factor=FLOATS,
        without=st.lists(st.sampled_from(Part), max_size=2).map(tuple),
        watch=st.lists(st.sampled_from(Watch), max_size=2).map(tuple),
    ),
    st.builds(Look, st.text(max_size=5), CONFIGS, st.integers(0, 5)),
    st.builds(Time, CONFIGS, st.integers(1, 9), st.booleans()),
)
READINGS = st.one_of(
    st.builds(Trained, LOSSES, st.booleans(), st.none() | LOSSES, LOSSES),
    st.builds(NotFinite, st.integers(1, 9), LOSSES),
    st.builds(Timed, LOSSES),
    st.builds(Raised, st.text(max_size=5), st.text(max_size=5), st.lists(st.text()).map(tuple)),
    st.builds(OutOfMemory, st.text(max_size=5), st.text(max_size=5)),
)


@given(EXPERIMENTS | READINGS)
def test_the_codec_gives_back_what_it_was_given(value):
    told = json.loads(json.dumps(encode(value), allow_nan=False))
    found = decode(told)
    assert found == value
    assert type(found) is type(value)


def test_nan_survives_the_codec():
    told = json.dumps(encode(NotFinite(2, (1.0, math.nan, math.inf, -math.inf))), allow_nan=False)
    losses = decode(json.loads(told)).losses
    assert math.isnan(losses[1])
    assert losses[2:] == (math.inf, -math.inf)


@pytest.mark.parametrize(
    "told", [{"kind": "Trained", "fields": {"losses": "x"}}, {"kind": "Train", "fields": {}}]
)
def test_what_is_no_reading_is_refused(told):
    with pytest.raises(ValueError, match="validation error"):
        decode(told)


def test_every_check_has_a_name_a_question_rules_and_codable_readings():
    names = [c.name for c in CHECKS]
    assert len(set(names)) == len(names)
    for one in CHECKS:
        assert one.question.endswith("?")
        assert one.rules
        assert 0 <= one.least <= one.most
        earlier = names[: names.index(one.name)]
        assert set(one.after) <= set(earlier), "a check is asked after those it waits for"


@dataclass(frozen=True)
class Unregistered:
    n: int


def test_a_reading_of_no_check_cannot_be_stored():
    with pytest.raises(KeyError):
        encode(Unregistered(1))
