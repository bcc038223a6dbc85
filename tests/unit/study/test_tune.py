"""``tune`` and ``load`` from end to end, inline: the calls with which everything begins."""

from __future__ import annotations

import inspect
import signal
import time

import pytest

import tunebook as tb
from tunebook.errors import (
    BudgetError,
    InputError,
    MetricMissingError,
    ObjectiveError,
    SearchError,
    StudyExistsError,
    StudyFailedError,
    StudyNotFoundError,
    TaskError,
)
from tunebook.records import DryRunMeasured, FailureKind, StudyState, TrialState
from tunebook.training.reporter import FLUSH_S

SPACE = tb.Space(
    lr=tb.Float(1e-5, 1.0, log=True),
    optimizer=tb.Choice("sgd", "adam"),
    beta1=tb.Float(0.5, 0.999, log="1-x", when={"optimizer": "adam"}),
)
OPTIONS = {
    "maximize": "acc",
    "max_steps": 5,
    "trials": 4,
    "search": "random",
    "workers": 0,
    "store": "memory",
    "progress": False,
}


def train(trial):
    for step in trial.steps():
        trial.report(acc=trial.config.lr * step, loss=1.0 / step)


def spin(seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


@pytest.fixture
def tune():
    return lambda function=train, space=SPACE, **options: tb.tune(
        function, space, **(OPTIONS | options)
    )


@pytest.fixture
def kept(tmp_path):
    """Return the options of a study that is kept on disk."""
    return {"name": "mine", "home": tmp_path / "home", "store": None}


# -- one study -----------------------------------------------------------------------------


def test_function_is_tuned_from_end_to_end(tune):
    study = tune()
    assert study.state is StudyState.DONE
    assert study.why == "all 4 trials of the budget are done"
    assert [trial.state for trial in study.trials] == [TrialState.DONE] * 4
    best = max(study.trials, key=lambda trial: trial.config.lr)
    assert study.best.number == best.number
    assert study.best.config == best.config
    assert study.best.value == best.config.lr * 5
    assert study.best.step == 5
    assert study.best.checkpoint is None
    assert f"trial {best.number}" in str(study.best)
    assert repr(study).startswith("<Study 'train-1': done, 4 trials, best ")


def test_study_without_a_limit_gets_ten_trials(tune):
    """S0.11: the default of the platform."""
    assert len(tune(trials=None).trials) == 10


@pytest.mark.parametrize("limit", [{"steps": 7}, {"target": 1e-9}])
def test_study_with_a_limit_of_another_kind_gets_no_other(tune, limit):
    study = tune(trials=None, **limit)
    assert study.spec.budget.trials is None
    assert study.facts.limit in limit


def test_same_seed_gives_the_same_study(tune):
    first, second, other = tune(seed=3), tune(seed=3), tune(seed=4)
    assert [t.config for t in first.trials] == [t.config for t in second.trials]
    assert [t.config for t in first.trials] != [t.config for t in other.trials]


def test_parameter_that_is_not_active_is_absent(tune):
    for trial in tune(trials=12).trials:
        assert ("beta1" in trial.config) == (trial.config.optimizer == "adam")


def test_function_may_return_its_result(tune):
    assert tune(lambda trial: trial.config.lr).best.step == 1
    study = tune(lambda trial: {"acc": 0.5, "loss": 2.0})
    assert sorted(study.trials[0].curves) == ["acc", "loss"]


def test_names_are_counted_per_function(tune, kept):
    names = [tune(**(kept | {"name": None})).name for _ in range(2)]
    assert names == ["train-1", "train-2"]
    assert tune(lambda trial: 0.5, **(kept | {"name": None})).name == "study-1"


def test_memory_store_leaves_no_files(tune, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tune()
    assert list(tmp_path.iterdir()) == []


# -- options -------------------------------------------------------------------------------


def test_unknown_keyword_is_refused_with_the_nearest_one(tune):
    with pytest.raises(InputError, match=r"'max_step'.*Did you mean 'max_steps'"):
        tune(max_step=4)


def test_every_keyword_shows_in_help():
    shown = inspect.signature(tb.tune).parameters
    for name in ("train", "space", "maximize", "trials", "workers", "seed", "store", "progress"):
        assert name in shown
    assert shown["seed"].default == 0
    assert shown["seed"].kind is inspect.Parameter.KEYWORD_ONLY
    assert {"train", "workers"} <= set(inspect.signature(tb.Study.run).parameters)
    assert "workers" not in inspect.signature(tb.Study.create).parameters


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"maximize": None}, ObjectiveError, "exactly one objective"),
        ({"minimize": "loss"}, ObjectiveError, "exactly one objective"),
        ({"reduce": "lst"}, ObjectiveError, "Did you mean 'last'"),
        ({"trials": 0}, BudgetError, "leaves nothing to do"),
        ({"hours": -1}, BudgetError, "leaves nothing to do"),
        ({"steps": 2.5}, BudgetError, "whole number"),
        ({"cost": 3}, BudgetError, "price"),
        ({"search": "bays"}, SearchError, "Did you mean 'bayes'"),
        ({"search": {"name": "bayes", "inital": 3}}, SearchError, "Did you mean 'initial'"),
        ({"max_steps": 0}, InputError, "max_steps"),
        ({"workers": -1}, InputError, "workers"),
        ({"workers": 1.5}, InputError, "workers"),
        ({"seed": -1}, InputError, "seed"),
        ({"name": ""}, InputError, "name"),
        ({"name": " mine"}, InputError, "name"),
        ({"name": "a\nb"}, InputError, "name"),
        ({"space": {"lr": 1}}, InputError, "needs a space"),
        ({"function": "train.py"}, TaskError, "not a function"),
    ],
)
def test_bad_option_is_refused_and_no_study_is_made(tune, kept, options, error, said):
    with pytest.raises(error, match=said):
        tune(**(kept | options))
    with pytest.raises(StudyNotFoundError):
        tb.load("mine", home=kept["home"])


# -- the same name again -------------------------------------------------------------------


def test_same_name_goes_on_where_it_was(tune, kept):
    before = tune(trials=3, **kept).trials
    seen = []

    def watched(trial):
        seen.append(trial.number)
        train(trial)

    again = tune(watched, trials=5, **kept)
    assert seen == [3, 4]
    assert again.state is StudyState.DONE
    assert again.trials[:3] == before
    assert again.facts.budget.trials == 5
    assert again.spec.budget.trials == 3


def test_timing_run_that_fails_later_leaves_the_study_with_its_trials(tune, kept):
    tune(trials=2, **kept)

    def broken(trial):
        raise ValueError("no data")

    again = tune(broken, trials=3, dry_run=True, **kept)
    assert [trial.state for trial in again.trials][:2] == [TrialState.DONE] * 2


def test_study_that_is_over_is_left_alone(tune, kept):
    tune(**kept)

    def never(trial):
        raise AssertionError("nothing is to be trained")

    assert len(tune(never, **kept).trials) == 4


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"maximize": None, "minimize": "loss"}, "objective was maximize acc"),
        ({"max_steps": 6}, "max_steps was 5, is 6"),
        ({"seed": 1}, "seed was 0, is 1"),
        ({"search": "halton"}, "search was"),
        ({"reduce": "last"}, "objective was maximize acc"),
    ],
)
def test_other_description_under_the_same_name_is_refused(tune, kept, changed, said):
    """I1: values that cannot be compared never stand in one study."""
    tune(**kept)
    with pytest.raises(StudyExistsError, match=said) as caught:
        tune(**(kept | changed))
    assert caught.value.code == "E202"
    assert len(tb.load("mine", home=kept["home"]).trials) == 4


@pytest.mark.parametrize("search", ["random", "halton", "bayes", "auto", "cma-es", "pshe2"])
def test_space_may_be_widened_and_old_trials_are_kept(tune, kept, search):
    narrow = tb.Space(lr=tb.Float(0.01, 0.1), momentum=tb.Float(0.1, 0.9))
    wide = tb.Space(lr=tb.Float(0.001, 1.0), momentum=tb.Float(0.1, 0.99))
    before = tune(space=narrow, search=search, trials=6, **kept).trials
    study = tune(space=wide, search=search, trials=24, **kept)
    assert [t.config for t in study.trials[:6]] == [t.config for t in before]
    assert [trial.space_version for trial in study.trials] == [1] * 6 + [2] * 18
    assert study.space == wide
    assert any(not 0.01 <= trial.config.lr <= 0.1 for trial in study.trials[6:])
    assert study.state is StudyState.DONE


def test_space_may_be_narrowed_and_old_trials_are_kept(tune, kept):
    wide = tb.Space(lr=tb.Float(0.001, 1.0))
    before = tune(space=wide, **kept).trials
    study = tune(space=tb.Space(lr=tb.Float(0.001, 0.002)), trials=8, **kept)
    assert study.trials[:4] == before
    assert all(trial.config.lr <= 0.002 for trial in study.trials[4:])


def test_notes_may_change(tune, kept):
    tune(notes="one", **kept)
    assert tune(notes="two", **kept).facts.notes == "two"


# -- load ----------------------------------------------------------------------------------


def test_loaded_study_is_the_same(tune, kept):
    study = tune(**kept)
    loaded = tb.load("mine", home=kept["home"])
    assert loaded.trials == study.trials
    assert loaded.best == study.best
    assert loaded.state is StudyState.DONE


def test_unknown_name_offers_the_nearest(tune, kept):
    tune(**kept)
    with pytest.raises(StudyNotFoundError, match="Did you mean 'mine'") as caught:
        tb.load("mime", home=kept["home"])
    assert caught.value.code == "E201"


def test_loaded_study_goes_on_with_a_function(tune, kept):
    tune(trials=2, **kept)
    tune(trials=3, **kept)
    loaded = tb.load("mine", home=kept["home"])
    loaded.request("add budget", {"trials": 2})
    loaded.run(train, workers=0, progress=False)
    assert len(loaded.trials) == 5


# -- results -------------------------------------------------------------------------------


def test_frames_have_a_row_for_each_trial_and_measurement(tune):
    study = tune()
    frame, curves = study.to_pandas(), study.curves()
    assert list(frame["number"]) == [0, 1, 2, 3]
    assert list(frame["value"]) == [trial.value for trial in study.trials]
    assert list(frame["lr"]) == [trial.config.lr for trial in study.trials]
    assert frame["beta1"].isna().sum() == sum(t.config.optimizer == "sgd" for t in study.trials)
    assert list(curves.columns) == ["trial", "step", "metric", "value", "seconds"]
    assert len(curves) == 4 * 5 * 2
    last = curves[(curves.trial == 2) & (curves.metric == "acc") & (curves.step == 5)]
    assert last.value.item() == study.trials[2].value


def test_frame_of_a_parameter_that_is_named_like_a_fact_keeps_both(tune):
    frame = tune(space=tb.Space(lr=tb.Float(0, 1), step=tb.Int(1, 3))).to_pandas()
    assert list(frame["step"]) == [5] * 4
    assert set(frame["config.step"]) <= {1, 2, 3}


def test_trials_explain_themselves(tune):
    study = tune()
    assert study.explain(2) == "Trial 2 is done: a random draw."
    with pytest.raises(InputError, match="no such trial"):
        study.explain(4)


def test_best_of_a_study_without_a_value_says_what_went_wrong(tune):
    def broken(trial):
        raise ValueError("no such layer")

    study = tune(broken)
    with pytest.raises(StudyFailedError, match="no such layer") as caught:
        study.best  # noqa: B018 - reading it is the test
    assert caught.value.code == "E500"
    assert study.state is StudyState.FAILED


# -- failures and limits -------------------------------------------------------------------


def test_three_failures_and_no_success_end_the_study(tune):
    def broken(trial):
        raise ValueError("no such layer")

    study = tune(broken, trials=50)
    assert study.state is StudyState.FAILED
    assert [trial.state for trial in study.trials] == [TrialState.FAILED] * 3
    assert "the first 3 trials all failed" in study.why
    assert "raise ValueError" in study.trials[0].failure.traceback


def test_some_failures_do_not_end_a_study(tune):
    def often_broken(trial):
        if trial.number % 3:
            raise ValueError("no such layer")
        return 0.5

    study = tune(often_broken, trials=12)
    assert study.state is StudyState.DONE
    assert len(study.trials) == 12
    assert tune(often_broken, trials=12, max_failures=2).state is StudyState.FAILED


def test_metric_that_never_comes_is_a_failure_that_names_what_came(tune):
    def silent(trial):
        for _ in trial.steps():
            trial.report(accuracy=0.5)

    study = tune(silent)
    assert study.state is StudyState.FAILED
    failure = study.trials[0].failure
    assert failure.kind is FailureKind.METRIC_MISSING
    assert "'acc' never came" in failure.message


def test_divergence_is_infeasible(tune):
    study = tune(lambda trial: float("nan") if trial.number == 0 else 0.5)
    assert [str(trial.state) for trial in study.trials] == ["infeasible", "done", "done", "done"]


def test_time_limit_is_forecast_warned_of_and_kept(tune, capsys):
    """S0.8: the limit is half the estimate: a warning first, then everything that was trained."""

    def slow(trial):
        for _ in trial.steps():
            spin(0.004)
            trial.report(acc=trial.config.lr)

    limit_s = 0.4
    study = tune(slow, trials=40, hours=limit_s / 3600, progress=None)
    said = capsys.readouterr().err
    assert "warning: the study may take" in said
    assert said.index("warning:") < said.index("stopped: time limit")
    assert (study.state, study.facts.limit) == (StudyState.STOPPED, "hours")
    assert "best: " in said
    assert 0 < len(study.trials) < 40
    assert study.best.value == max(trial.value for trial in study.trials if trial.value)


def test_cost_stays_within_the_limit(tune):
    """S0.8: what began before the limit may end; nothing begins after it."""
    price = 3600.0
    study = tune(trials=None, cost=0.25, price_per_hour=price)
    assert study.facts.limit == "cost"
    spent = study.facts.worked_s / 3600 * price
    assert spent >= 0.25
    created = [trial.created_at for trial in study.trials]
    assert (max(created) - min(created)) / 3600 * price < 0.25
    assert sum(trial.cost for trial in study.trials) <= spent


# -- dry run -------------------------------------------------------------------------------


def dry_runs(study):
    return [event for event in study.facts.story if isinstance(event, DryRunMeasured)]


@pytest.mark.parametrize(
    ("options", "n"),
    [({}, 0), ({"hours": 1.0}, 1), ({"dry_run": True}, 1), ({"dry_run": False, "hours": 1.0}, 0)],
)
def test_dry_run_is_done_where_there_is_something_to_forecast(tune, options, n):
    study = tune(**options)
    assert len(dry_runs(study)) == n
    assert len(study.trials) == 4


def test_dry_run_is_no_trial_and_leaves_no_checkpoint(tune, kept):
    numbers = []

    class Net:
        def state_dict(self):
            return {"w": 1.0}

        def load_state_dict(self, state):
            raise AssertionError("there is nothing to restore")

    def tracked(trial):
        numbers.append(trial.number)
        trial.track(net=Net())
        train(trial)

    study = tune(tracked, dry_run=True, **kept)
    assert numbers == [-1, 0, 1, 2, 3]
    assert [trial.number for trial in study.trials] == [0, 1, 2, 3]
    assert {trial.steps_done for trial in study.trials} == {5}
    assert not list((kept["home"] / "checkpoints").rglob("*-1*"))


def test_code_that_raises_is_refused_before_the_search(tune, kept):
    def broken(trial):
        raise ValueError("no such layer")

    with pytest.raises(TaskError, match="no such layer"):
        tune(broken, dry_run=True, **kept)
    with pytest.raises(StudyNotFoundError):
        tb.load("mine", home=kept["home"])
    assert tune(dry_run=True, **kept).state is StudyState.DONE


def test_metric_that_never_comes_is_refused_before_the_search(tune):
    with pytest.raises(MetricMissingError, match="'acc'") as caught:
        tune(lambda trial: {"accuracy": 0.5}, dry_run=True)
    assert caught.value.code == "E171"


# -- interrupts ----------------------------------------------------------------------------


class Number:
    """Stands for a network."""

    def __init__(self):
        self.value = 0.0

    def state_dict(self):
        return {"value": self.value}

    def load_state_dict(self, state):
        self.value = state["value"]


def interrupted(n_signals, at_step=3):
    sent = []

    def function(trial):
        number = Number()
        trial.track(number=number)
        for step in trial.steps():
            number.value += trial.config.lr
            trial.report(acc=number.value)
            if trial.number == 1 and step == at_step and not sent:
                sent.append(step)
                for _ in range(n_signals):
                    signal.raise_signal(signal.SIGINT)
                spin(2 * FLUSH_S)

    return function


def test_first_interrupt_returns_the_paused_study_and_it_goes_on(tune, kept):
    function = interrupted(1)
    study = tune(function, max_steps=20, **kept)
    assert study.state is StudyState.PAUSED
    assert study.why == "interrupted by Ctrl-C"
    assert [trial.state for trial in study.trials] == [TrialState.DONE, TrialState.PAUSED]
    paused_at = study.trials[1].step
    assert 3 <= paused_at < 20
    again = tune(function, max_steps=20, **kept)
    assert again.state is StudyState.DONE
    assert again.trials[1].steps_done == 20
    undisturbed = tune(interrupted(0), max_steps=20)
    assert [t.value for t in again.trials] == [t.value for t in undisturbed.trials]


def test_second_interrupt_is_raised_and_what_was_measured_is_kept(tune, kept):
    function = interrupted(2)
    with pytest.raises(KeyboardInterrupt):
        tune(function, **kept)
    study = tb.load("mine", home=kept["home"])
    assert study.state is StudyState.PAUSED
    assert [trial.state for trial in study.trials] == [TrialState.DONE, TrialState.LOST]
    assert list(study.trials[1].curves["acc"].steps) == [1, 2, 3]
    assert tune(function, **kept).state is StudyState.DONE
