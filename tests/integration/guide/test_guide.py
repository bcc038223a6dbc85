"""The guide from end to end on a small task, its gates, its budget, and who may overrule it."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from tunebook.cli.main import app
from tunebook.errors import BudgetError, GateError, InputError
from tunebook.guide.carry_out import GuideOptions, guide
from tunebook.reports.pages import read_page
from tunebook.training.task import load_task

BUDGET = 6000


def carried_out(task_file, home, name="Rings", ask=None, **options):
    task = load_task(f"{task_file}:{name}")
    chosen = GuideOptions(**{"budget": BUDGET, "config": {"batch_size": 64}, **options})
    return guide(task, chosen, home=home, **({} if ask is None else {"ask": ask}))


def test_s5_1_all_stages_leave_their_records_within_the_budget(task_file, tmp_path):
    session = carried_out(task_file, tmp_path)
    state = session.state
    assert state.stages == dict.fromkeys(range(9), "done")
    assert state.updates_spent <= BUDGET
    assert len(state.facts[8, "test"]["values"]) == 5
    assert len(state.test_looks) == 1
    assert "update-size" in {finding.check for finding in state.findings[4]}
    assert {"lr", "n_updates", "headline", "space", "candidate"} <= {
        d["name"] for d in state.decisions
    }
    assert all(d["reason"] for d in state.decisions)
    titles = [s.title for s in read_page(tmp_path, "guides/Rings").sections]
    assert titles[:2] == ["Result", "Budget"]
    assert "Caveats" in titles
    sections = {s.title: s for s in read_page(tmp_path, "guides/Rings").sections}
    assert [c.title for c in sections["Confirmation"].charts] == ["Learning rate"]
    charts = {chart.title for chart in sections["Steps and learning rate"].charts}
    assert {"Sweep of the rate", "Convergence", "Size of updates"} <= charts
    assert (tmp_path / "guides" / "Rings" / "report.html").stat().st_size < 3_000_000


def test_s1_12_and_s2_15_large_updates_lower_the_rate_and_a_shift_meets_labels_of_the_test_side(
    task_file, tmp_path
):
    session = carried_out(task_file, tmp_path, name="Moved", until=5, budget=20_000)
    assert session.state.decided("headline") == "distribution shift"
    (told,) = [f for f in session.state.findings[5] if f.check == "adaptation"]
    assert told.title.startswith("150 labelled target examples")
    assert session.state.spent[5] > 5 * session.n_updates
    # The sweep's rate made updates of a third of the weights; a tenth of it fits as well.
    swept, lowered = [d for d in session.state.decisions if d["name"] == "lr"]
    assert lowered["reason"] == "0.1 x the rate: the loss falls as deep"
    assert session.config["lr"] == lowered["value"] == pytest.approx(swept["value"] / 10)


def test_guide_that_was_stopped_goes_on_without_measuring_again(task_file, tmp_path):
    first = carried_out(task_file, tmp_path, until=4)
    spent = dict(first.state.spent)
    second = carried_out(task_file, tmp_path, until=5)
    assert {n: second.state.spent[n] for n in spent} == spent
    assert second.state.stages[5] == "done"


def test_guide_killed_within_a_stage_takes_up_its_readings_and_its_questions(task_file, tmp_path):
    def killed(name, value, reason):
        if name == "n_updates":
            raise KeyboardInterrupt
        return value

    with pytest.raises(KeyboardInterrupt):
        carried_out(task_file, tmp_path, ask=killed, until=4)
    path = tmp_path / "guides" / "Rings" / "log.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    last = max(i for i, line in enumerate(lines) if b'"kind": "reading"' in line)
    path.write_bytes(b"".join(lines[:last]))
    whole = carried_out(task_file, tmp_path / "undisturbed", until=4)
    again = carried_out(task_file, tmp_path, until=4)
    assert again.state.spent == whole.state.spent
    assert again.config == whole.config
    assert again.n_updates == whole.n_updates
    assert again.state.questions.keys() == whole.state.questions.keys()


def test_closed_gate_refuses_the_next_stage_until_it_is_waived(task_file, tmp_path):
    with pytest.raises(GateError, match=r"stage 2 \(debug\) is closed by .*single-batch"):
        carried_out(task_file, tmp_path, name="Shuffled", until=3)
    reasons = dict.fromkeys(("preflight", "single-batch", "chance"), "to see what happens")
    session = carried_out(task_file, tmp_path, name="Shuffled", until=3, skip=reasons)
    assert session.state.stages[3] == "done"
    told = read_page(tmp_path, "guides/Shuffled").sections
    caveats = next(section for section in told if section.title == "Caveats")
    assert any("to see what happens" in line for line in caveats.paragraphs)


def test_i7_budget_too_small_for_the_next_stage_is_said_and_all_is_kept(task_file, tmp_path):
    with pytest.raises(BudgetError, match="needs more than is left"):
        carried_out(task_file, tmp_path, budget=2000)
    again = carried_out(task_file, tmp_path, budget=BUDGET, until=4)
    assert again.state.stages[4] == "done"


def test_person_may_overrule_a_decision_and_the_report_says_so(task_file, tmp_path):
    def ask(name, value, reason):
        return 0.02 if name == "lr" else value

    session = carried_out(task_file, tmp_path, ask=ask, until=4)
    assert session.config["lr"] == 0.02
    (told,) = [d for d in session.state.decisions if d["name"] == "lr"]
    assert told["by"] == "person"
    text = str(read_page(tmp_path, "guides/Rings").sections)
    assert "A person decided on lr: 0.02." in text


def test_stage_may_be_repeated_with_those_after_it(task_file, tmp_path):
    first = carried_out(task_file, tmp_path, until=4)
    again = carried_out(task_file, tmp_path, until=4, again=4)
    assert again.state.spent[4] == 2 * first.state.spent[4]
    assert again.state.spent[2] == first.state.spent[2]


def test_other_guide_of_the_same_name_is_refused(task_file, tmp_path):
    carried_out(task_file, tmp_path, until=0)
    with pytest.raises(InputError, match="it is another one"):
        carried_out(task_file, tmp_path, until=0, seed=3)


def test_hopeless_budget_is_refused_at_once(task_file, tmp_path):
    with pytest.raises(InputError, match="too small for a guide"):
        carried_out(task_file, tmp_path, budget=100)


def test_command_prints_the_outcome_as_json(task_file, tmp_path):
    arguments = ["guide", f"{task_file}:Rings", "--budget", str(BUDGET), "--yes", "--until", "4"]
    arguments += ["--json", "--home", str(tmp_path)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["configuration"]["lr"] > 0
    assert told["spent"] <= BUDGET


def test_waiver_without_a_reason_is_refused(task_file, tmp_path):
    arguments = ["guide", f"{task_file}:Rings", "--budget", "6000", "--skip", "chance"]
    done = CliRunner().invoke(app, [*arguments, "--home", str(tmp_path)])
    assert isinstance(done.exception, InputError)


FUNCTION = """
def train(trial):
    for step in trial.steps():
        slip = 0.01 * ((trial.seed * 7919) % 13) / 13
        distance = abs(trial.config["x"] - 0.7) + 0.2 / step + slip
        trial.report(loss=distance)
"""


def test_training_function_is_guided_by_the_stages_that_need_no_look_inside(tmp_path):
    (tmp_path / "slow_valley.py").write_text(FUNCTION, encoding="utf-8")
    text = "function: slow_valley:train\nspace: {x: 'uniform(0,1)', y: 'uniform(0,1)'}\n"
    text += "objective: {minimize: loss}\nmax_steps: 10\n"
    (tmp_path / "valley.yaml").write_text(text, encoding="utf-8")
    arguments = ["guide", str(tmp_path / "valley.yaml"), "--budget", "2000", "--yes", "--json"]
    arguments += ["--workers", "0", "--home", str(tmp_path)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["stages"] == {str(n): "done" for n in range(9)}
    assert abs(told["configuration"]["x"] - 0.7) < 0.1
    assert told["spent"] <= 2000
    assert len(told["launches"]) == 1
