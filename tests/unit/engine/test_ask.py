"""Ask and conclude: the engine of people who have a loop of their own."""

from __future__ import annotations

import pytest

from tunebook.engine import Launch
from tunebook.errors import BudgetError, SearchError
from tunebook.records import Configuration, StudyState, TrialNumber, TrialState
from tunebook.search.protocol import Start, Stop, Wait


def ask(study) -> int:
    """Ask for a trial and return its number."""
    (launch,) = study.take(study.machine.ask(study.now))
    assert isinstance(launch, Launch)
    return launch.trial


def conclude(study) -> None:
    study.take(study.machine.conclude(study.now))


def test_asked_trials_are_started_however_few_workers_there_are(make_study):
    study = make_study(n_slots=1, trials=9)
    assert [ask(study) for _ in range(3)] == [0, 1, 2]
    assert {study.trial(n).source for n in range(3)} == {"ask"}
    assert study.state(2) is TrialState.RUNNING


def test_no_trial_is_asked_for_beyond_the_budget_i7(make_study):
    study = make_study(trials=2)
    ask(study), ask(study)
    with pytest.raises(BudgetError, match="all trials of the budget are used"):
        ask(study)
    study.end(0)
    with pytest.raises(BudgetError):
        ask(study)
    assert len(study.machine.facts.trials) == 2


def test_no_trial_is_asked_for_beyond_a_limit(make_study):
    study = make_study(target=0.9)
    study.report(ask(study), 0.95)
    with pytest.raises(BudgetError, match="target reached"):
        ask(study)


def test_no_trial_is_asked_for_without_steps(make_study):
    study = make_study(steps=10)
    ask(study)
    with pytest.raises(BudgetError):
        ask(study)


def test_trial_that_waits_comes_first(make_study):
    study = make_study(trials=9)
    study.wish("enqueue", config={"lr": 0.5})
    assert ask(study) == 0
    assert study.trial(0).config == Configuration({"lr": 0.5})


def test_trial_that_a_person_set_aside_is_not_asked_for(make_study):
    study = make_study(trials=9)
    study.wish("enqueue", config={"lr": 0.5})
    study.wish("pause trial", trial=0)
    assert ask(study) == 1


def test_last_trial_that_was_lost_is_asked_for_again(make_study):
    study = make_study(trials=1)
    ask(study)
    study.take_up()
    assert ask(study) == 0


def test_other_decisions_than_starts_are_passed_over(make_study):
    start = Start(Configuration({"lr": 0.2}))
    study = make_study([Wait(), Stop(TrialNumber(0), "why"), start], trials=9)
    ask(study)
    assert study.trial(0).config == start.config


@pytest.mark.parametrize("answer", [[], [Wait()]])
def test_searcher_without_a_suggestion_is_an_error_that_says_so(make_study, answer):
    study = make_study([Start(Configuration({"lr": 0.2}))], answer)
    ask(study)
    with pytest.raises(SearchError, match="1 trials whose values were not told"):
        ask(study)


def test_study_is_concluded_when_its_last_value_is_told(make_study):
    study = make_study(trials=2)
    ask(study), ask(study)
    study.end(0)
    conclude(study)
    assert study.study == (StudyState.RUNNING, None)
    study.end(1)
    conclude(study)
    assert study.study == (StudyState.DONE, "trials")


def test_conclusion_starts_nothing(make_study):
    study = make_study(trials=2)
    study.end(ask(study))
    conclude(study)
    assert (study.study, len(study.machine.facts.trials)) == ((StudyState.RUNNING, None), 1)


def test_conclusion_ends_a_study_at_its_limit_once(make_study):
    study = make_study(target=0.9)
    study.end(ask(study), value=0.95)
    conclude(study)
    assert study.study == (StudyState.DONE, "target")
    events = len(study.log)
    conclude(study)
    assert len(study.log) == events
