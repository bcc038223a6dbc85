"""The step of a metric: counted by the script's own counter, or by the objective."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunebook.execution.metric_lines import MetricLines
from tunebook.execution.readings import Reading
from tunebook.execution.script_steps import ScriptSteps


class Script:
    """Feeds lines to ``ScriptSteps`` and keeps what was reported."""

    def __init__(self, **options: object) -> None:
        self.reports: list[tuple[int, dict[str, float]]] = []
        self.steps = ScriptSteps("acc", self._report, **options)

    def _report(self, step: int, metrics: Mapping[str, float]) -> None:
        self.reports.append((step, dict(metrics)))

    def says(self, *lines: str, source: str = "output", is_settled: bool = True) -> Script:
        for line in lines:
            self.steps.take(MetricLines().read(line), source, is_settled=is_settled)
        return self

    def ends(self) -> list[tuple[int, dict[str, float]]]:
        self.steps.finish()
        return self.reports

    def curve(self, metric: str = "acc") -> list[tuple[int, float]]:
        return [(step, metrics[metric]) for step, metrics in self.ends() if metric in metrics]


def test_without_counters_each_objective_ends_a_step():
    script = Script().says("loss=3", "loss=2", "acc=0.1", "loss=1", "acc=0.2", "test_acc=0.3")
    assert script.ends() == [
        (1, {"loss": 2.0, "acc": 0.1}),
        (2, {"loss": 1.0, "acc": 0.2}),
        (2, {"test_acc": 0.3}),
    ]


@pytest.mark.parametrize("head", ["Epoch {e}/30", "epoch={e} lr=0.1", "[step {e}]"])
def test_header_before_the_metrics_says_the_step(head: str):
    script = Script()
    for e in (5, 10, 15):
        script.says(head.format(e=e), f"acc={e}")
    assert script.curve() == [(5, 5.0), (10, 10.0), (15, 15.0)]


def test_step_is_reported_when_it_is_over_and_at_once_when_it_is_known_to_bring_one_value():
    script = Script().says("epoch=1 loss=0.5", "acc=0.1")
    assert script.reports == []
    script.says("epoch=2 loss=0.4", "acc=0.2")
    assert script.reports == [(1, {"loss": 0.5, "acc": 0.1}), (2, {"loss": 0.4, "acc": 0.2})]
    script.says("f1=0.2", "epoch=3 loss=0.3")
    assert script.reports[2:] == [(2, {"f1": 0.2})]
    assert script.ends()[3:] == [(3, {"loss": 0.3})]


def test_epochs_without_the_objective_are_reported_too_once_it_came():
    script = Script().says("epoch=1 acc=1", "epoch=2 loss=2", "epoch=3 loss=3", "epoch=4 acc=4")
    assert script.curve("loss") == [(2, 2.0), (3, 3.0)]


def test_epochs_from_0_are_counted_from_1():
    assert Script().says("Epoch 0", "acc=0.1", "Epoch 1", "acc=0.2").curve() == [(1, 0.1), (2, 0.2)]


def test_epoch_comes_before_batches():
    script = Script()
    for e in (1, 2):
        script.says(*(f"Epoch [{e}/2], Step [{i}/600], loss: {i}" for i in (100, 200)), f"acc={e}")
    assert script.ends() == [(1, {"loss": 200.0, "acc": 1.0}), (2, {"loss": 200.0, "acc": 2.0})]


def test_fractions_of_an_epoch_are_no_step():
    script = Script().says(
        "{'loss': 2, 'epoch': 0.5}",
        "{'acc': 0.1, 'epoch': 0.5}",
        "{'acc': 0.2, 'epoch': 1.0}",
        "{'loss': 1, 'epoch': 1.5}",
        "{'acc': 0.3, 'epoch': 2.0}",
    )
    assert script.curve() == [(1, 0.2), (2, 0.3)]
    assert script.curve("loss") == [(1, 2.0), (2, 1.0)]


def test_counter_beyond_the_end_of_the_training_is_none():
    script = Script(max_steps=3)
    for i in (468, 936, 1404):
        script.says(f"step={i} acc={i}")
    assert script.curve() == [(1, 468.0), (2, 936.0), (3, 1404.0)]
    assert not script.steps.is_over


@pytest.mark.parametrize("line", ["epoch={e} acc={e}", "acc={e}"])
def test_script_that_goes_on_beyond_the_last_step_is_over(line: str):
    script = Script(max_steps=3)
    for e in range(1, 10):
        script.says(line.format(e=e))
    assert script.steps.is_over
    assert script.curve() == [(1, 1.0), (2, 2.0), (3, 3.0)]


def test_counter_that_stands_still_counts_something_else():
    script = Script().says("Step 2: training", *(f"acc={e / 10}" for e in range(1, 7)))
    assert script.curve() == [(e, e / 10) for e in range(1, 7)]


def test_objective_that_is_printed_twice_in_an_epoch_counts_once():
    script = Script()
    for e in (1, 2, 3):
        script.says(f"epoch={e}", f"acc={e}", f"summary: acc={e}")
    assert script.curve() == [(1, 1.0), (2, 2.0), (3, 3.0)]


def test_header_after_the_metrics_does_not_shift_them():
    script = Script()
    for e in (1, 2, 3):
        script.says(f"acc={e}", f"Epoch {e} done")
    assert script.curve() == [(1, 1.0), (2, 2.0), (3, 3.0)]


def test_progress_bar_counts_as_it_was_last_seen():
    script = Script()
    for e in (0, 1, 2):
        stale = f", acc={e - 1}" if e else ""
        script.says(f"Epoch {e}: 10%{stale}", f"Epoch {e}: 90%{stale}", is_settled=False)
        script.says(f"Epoch {e}: 100%, acc={e}", is_settled=False)
    assert script.curve() == [(1, 0.0), (2, 1.0), (3, 2.0)]


def test_progress_bar_without_counters_gives_its_last_value():
    assert Script().says("acc=0.1", "acc=0.2", is_settled=False).curve() == [(1, 0.2)]


def test_metric_that_comes_by_two_ways_counts_once():
    script = Script()
    for e in (1, 2):
        script.says(f"epoch {e} acc={e}")
        script.says(f"step={e * 100} acc={e} f1={e}", source="events")
    assert script.curve() == [(1, 1.0), (2, 2.0)]
    assert script.curve("f1") == [(1, 1.0), (2, 2.0)]


def test_only_the_last_value_of_a_script_belongs_to_its_last_epoch():
    assert Script().says("epoch=1 loss=1", "epoch=30 loss=2", "acc=0.9").curve() == [(30, 0.9)]


@pytest.mark.parametrize("counter", ["step", "iter", "update", "global_step"])
def test_counter_of_updates_is_taken_as_it_is_and_ends_at_max_steps(counter: str):
    script = Script(max_steps=100)
    for done in (0, 50, 100):
        script.says(f"{counter}={done} acc={done / 100}")
    assert not script.steps.is_over
    assert script.curve() == [(0, 0.0), (50, 0.5), (100, 1.0)]


def test_epoch_from_0_that_reaches_max_steps_has_counted_what_was_done():
    script = Script(max_steps=2).says("epoch=0 acc=0.1", "epoch=1 acc=0.2", "epoch=2 acc=0.3")
    assert not script.steps.is_over
    assert script.curve() == [(1, 0.1), (2, 0.3)]


def test_counter_beside_the_objective_comes_before_others():
    script = Script()
    for i in (0, 100, 200, 300):
        script.says(*([f"step {i}: loss=3"] if i % 200 == 0 else []), f"iter {i}: acc={i}")
    assert script.curve() == [(0, 0.0), (100, 100.0), (200, 200.0), (300, 300.0)]


def test_counter_that_stays_at_0_has_counted_nothing():
    assert Script().says("step 0: acc=0.5").curve() == [(1, 0.5)]


def test_last_step_waits_for_its_last_print():
    script = Script(max_steps=2).says("epoch=1 acc=0.1", "epoch=2 acc=0.2")
    assert (script.steps.n_at_end, script.curve()) == (1, [(1, 0.1), (2, 0.2)])
    again = Script(max_steps=2).says("epoch=1 acc=0.1", "epoch=2 acc=0.2", "acc=0.3")
    assert (again.steps.n_at_end, again.curve()) == (2, [(1, 0.1), (2, 0.3)])


def test_progress_within_the_last_step_is_not_its_end():
    script = Script(max_steps=1).says("Epoch 1 [1/9] acc: 0.1", "Epoch 1 [2/9] acc: 0.2")
    assert script.steps.n_at_end == 0
    assert script.says("Epoch 1 acc: 0.3").steps.n_at_end == 1


def test_late_report_knows_when_its_value_came():
    came: list[tuple[int, float | None]] = []
    steps = ScriptSteps("acc", lambda step, _: came.append((step, steps.came_at)))
    for second in (1, 2, 3):
        steps.take(MetricLines().read(f"epoch {second} acc 0.5"), at=float(second))
    assert came == [(1, 1.0), (2, 2.0), (3, 3.0)]


def test_value_that_is_not_finite_is_reported_at_once():
    assert Script().says("epoch=1 acc=nan").reports != []


def test_echo_of_the_configuration_is_no_metric():
    script = Script(config={"LR": 0.1, "acc": 1.0}).says("lr=0.1 f1=5", "acc=1.0 lr=0.05")
    assert script.ends() == [(1, {"f1": 5.0, "acc": 1.0, "lr": 0.05})]


def test_flood_of_names_is_cut_and_the_objective_is_kept():
    script = Script().says(*(f"id_{i}=1" for i in range(1000)), "acc=0.5")
    assert len(script.steps.names) == 201
    assert script.ends()[0][1]["acc"] == 0.5


@given(
    st.lists(
        st.builds(
            Reading,
            st.lists(
                st.tuples(
                    st.sampled_from(["acc", "mean_acc", "val_acc", "loss"]),
                    st.sampled_from([0.1, 0.2, 0.3]),
                ),
                max_size=3,
            ),
            st.dictionaries(st.sampled_from(["epoch", "step"]), st.sampled_from([0, 1, 2, 0.5, 7])),
        ),
        max_size=30,
    ),
    st.lists(st.tuples(st.sampled_from(["a", "b"]), st.booleans()), min_size=30, max_size=30),
    st.sampled_from([None, 1, 3]),
)
def test_reports_are_what_a_handle_takes(readings, circumstances, max_steps):
    script = Script(max_steps=max_steps)
    for reading, (source, is_settled) in zip(readings, circumstances, strict=False):
        script.steps.take(reading, source, is_settled=is_settled)
    steps = [step for step, _ in script.ends()]
    assert steps == sorted(steps)
    assert all(0 <= step <= (max_steps or 100) for step in steps)
    points = [(step, name) for step, metrics in script.reports for name in metrics]
    assert len(points) == len(set(points))
    assert script.steps.has_objective == any("acc" in str(reading.values) for reading in readings)
