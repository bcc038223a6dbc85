"""Older studies that a new one starts from: gathered, kept with it, offered when they fit."""

from __future__ import annotations

import pytest

import tunebook as tb
from tunebook.engine import replay
from tunebook.errors import InputError, SearchError, StudyExistsError, StudyNotFoundError
from tunebook.search.halton import Halton
from tunebook.study.notices import notices, offer
from tunebook.study.opening import open_settings_store, settings_for

SPACE = tb.Space(lr=tb.Float(1e-4, 1.0, log=True), width=tb.Int(8, 64))


def train(trial):
    trial.report(accuracy=1.0 - abs(trial.config["lr"] - 0.1) - trial.config.get("width", 8) / 1e3)


def tune(home, space=SPACE, trials=8, **options):
    fixed = {"workers": 0, "progress": False, "home": home, "search": "bayes"}
    goal = {} if "minimize" in options else {"maximize": "accuracy"}
    return tb.tune(train, space, trials=trials, **fixed, **goal, **options)


def store_of(home):
    return open_settings_store(settings_for({"home": home}))


@pytest.fixture
def home(tmp_path):
    tune(tmp_path, name="old")
    return tmp_path


def test_study_starts_where_the_older_one_was_best(home):
    old = tb.load("old", home=home)
    new = tune(home, name="new", trials=1, warm_start=["old"])
    assert abs(new.trials[0].config["lr"] - 0.1) <= 2 * abs(old.best.config["lr"] - 0.1) + 0.05
    assert "starts from" in new.trials[0].why


def test_past_is_kept_when_the_older_study_is_gone(home):
    tune(home, name="new", trials=3, warm_start=["old"])
    whole = tune(home, name="whole", trials=6, warm_start=["old"])
    store = store_of(home)
    old = store.find_study("old")
    store.acquire_lease(old, 0.0)
    store.delete_study(old)
    gone = tune(home, name="new", trials=6, warm_start=["old"])
    assert [t.config for t in gone.trials] == [t.config for t in whole.trials]
    assert len(replay(e for _, e in store.events_after(store.find_study("new"))).trials) == 6


def test_another_past_is_another_study(home):
    tune(home, name="third")
    tune(home, name="new", trials=2, warm_start=["old"])
    with pytest.raises(StudyExistsError, match="warm_start was"):
        tune(home, name="new", trials=3, warm_start=["third"])
    assert len(tune(home, name="new", trials=3).trials) == 3


def test_unknown_study_is_refused_with_the_nearest_name(home):
    with pytest.raises(StudyNotFoundError, match="old"):
        tune(home, name="new", warm_start=["odl"])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"minimize": "loss"}, "wants to maximize accuracy"),
        ({"space": tb.Space(dropout=tb.Float(0.0, 0.5))}, "shares no parameter"),
    ],
)
def test_study_that_cannot_help_is_refused_with_the_reason(home, options, told):
    with pytest.raises(SearchError, match=told):
        tune(home, name="new", warm_start=["old"], **options)


def test_study_with_too_few_trials_is_refused(home):
    tune(home, name="short", trials=2)
    with pytest.raises(SearchError, match="too few trials"):
        tune(home, name="new", warm_start=["short"])


@pytest.mark.parametrize("names", [3, [3], "new"])
def test_names_that_are_none_are_refused(home, names):
    with pytest.raises(InputError):
        tune(home, name="new", warm_start=names)


def test_older_study_of_the_same_metric_is_offered_before_the_first_trial_alone(home):
    study = tb.Study.create(SPACE, maximize="accuracy", trials=9, name="new", home=home)
    told = offer(study.facts, store_of(home))
    assert told is not None
    assert "--warm-start old" in told
    study.tell(study.ask(), accuracy=0.5)
    assert offer(study.facts, store_of(home)) is None


def test_nothing_is_offered_to_a_study_of_other_parameters(home):
    space = tb.Space(dropout=tb.Float(0.0, 0.5))
    study = tb.Study.create(space, maximize="accuracy", name="new", home=home)
    assert offer(study.facts, store_of(home)) is None


def test_study_says_what_it_starts_from(home):
    study = tune(home, name="new", trials=1, warm_start=["old"])
    assert notices(study.facts, 1)[0] == "starts from what 8 trials of old say about lr, width"


def test_assumed_priors_are_shown():
    space = tb.Space(lr=tb.Float(1e-5, 1.0, log=True), momentum=tb.Float(0.5, 0.99), x=tb.Int(1, 9))
    study = tb.Study.create(space, maximize="accuracy", store="memory")
    (line,) = notices(study.facts, 1)
    assert "momentum 0.9 (S4.44)" in line
    assert "x" not in line.split(":")[1].split(",")[0]


def test_s0_14_concurrency_that_makes_bayes_random_is_warned_about():
    options = {"maximize": "accuracy", "store": "memory", "trials": 10, "search": "bayes"}
    study = tb.Study.create(SPACE, **options)
    (line,) = notices(study.facts, 5)
    assert line.startswith("warning: 5 trials at once of 10")
    assert notices(study.facts, 1) == []


def test_searcher_of_the_users_own_needs_no_notice():
    class Own(Halton):
        @property
        def name(self):
            return "own"

    options = {"maximize": "accuracy", "trials": 2, "workers": 0, "store": "memory"}
    study = tb.tune(train, SPACE, search=Own(), progress=False, **options)
    assert len(study.trials) == 2
    assert notices(study.facts, 1) == []
