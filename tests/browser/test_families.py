"""What is said of one trial among others: its lineage, the verdicts on its curve, its address."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

import tunebook as tb
from sample_studies import study_spec
from tunebook.records import (
    CheckpointRef,
    Configuration,
    Failure,
    FailureKind,
    Series,
    TrialBegan,
    TrialCheckpointed,
    TrialCreated,
    TrialLaunched,
    TrialLost,
    TrialNumber,
    TrialReached,
    TrialReported,
)
from tunebook.space import Float, Space

SPACE = Space(lr=Float(1e-4, 1.0, log=True)).to_dict()


def leg(number: int, parent: int | None, first: int, *, losses: int = 0) -> list:
    """Return the events of a member of a population that trains five steps and waits."""
    at, trial = time.time(), TrialNumber(number)
    config = Configuration({"lr": 0.01 * (number + 1)})
    of = None if parent is None else TrialNumber(parent)
    why = None if parent is None else f"copies trial {parent}, 1st of 2"
    steps, end = range(first + 1, first + 6), first + 5
    series = {"val_accuracy": Series.of(steps, [0.01 * step for step in steps], steps)}
    lost = Failure(FailureKind.LOST, "the worker vanished")
    again = [TrialLost(at, trial, lost), TrialLaunched(at, trial, end)] * losses
    return [
        TrialCreated(at, trial, config, until_step=end, parent=of, why=why),
        *again,
        TrialBegan(at, trial, first),
        TrialReported(at, trial, series),
        TrialCheckpointed(at, trial, CheckpointRef(trial, end, f"{number:064x}")),
        TrialReached(at, trial, end, 5.0),
    ]


@pytest.fixture
def family(dashboard):
    spec = study_spec("evolved", space=SPACE, max_steps=None, search={"name": "evolution"})
    study = dashboard.fill(spec, n_trials=0, is_live=True)
    for number, parent, first in ((0, None, 0), (1, None, 0), (2, 0, 5), (3, 2, 10)):
        dashboard.append(study, leg(number, parent, first, losses=2 if number == 3 else 0))
    return study


def test_s0_15_lineage_leads_from_trial_to_trial_and_grows_while_it_is_looked_at(
    dashboard, family, page, show
):
    show(page, "evolved", "trials")
    row = page.get_by_role("row").filter(has_text="copies trial 2")
    expect(row).to_contain_text("2 ← 0")
    row.get_by_role("link", name="3", exact=True).click()
    lineage = page.get_by_role("region", name="Lineage")
    expect(lineage).to_contain_text("It continues 2 trials; 0 trials continue it.")
    expect(lineage.get_by_role("listitem")).to_have_count(3)
    expect(lineage.get_by_role("listitem").nth(2)).to_contain_text("lr 0.03 → 0.04")
    expect(lineage.get_by_role("link", name="Trial 3")).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("region", name="Result")).to_contain_text("2 times")
    page.get_by_role("link", name="trial 2", exact=True).first.click()
    expect(page.get_by_role("heading", name="Trial 2")).to_be_visible()
    expect(lineage).to_contain_text("It continues 1 trial; 1 trial continues it.")
    dashboard.append(family, leg(4, 3, 15))
    expect(lineage).to_contain_text("2 trials continue it.")
    expect(lineage.get_by_role("listitem").nth(3)).to_contain_text("steps 15–20")


def test_report_holds_the_lineage(dashboard, family, page, tmp_path):
    path = tmp_path / "report.html"
    tb.load("evolved", home=dashboard.home).write_report(path)
    page.goto(path.as_uri() + "#/study/evolved/trial/0")
    lineage = page.get_by_role("region", name="Lineage")
    expect(lineage).to_contain_text("It began anew; 2 trials continue it.")
    lineage.get_by_role("link", name="Trial 3").click()
    expect(lineage).to_contain_text("It continues 2 trials; 0 trials continue it.")


def test_s4_24_verdicts_stand_in_the_table_beside_the_curve_and_with_the_trial(
    dashboard, page, show
):
    study = dashboard.fill(n_trials=4, n_running=1)
    rise = [0.9 - 0.03 * abs(step - 20) for step in range(1, 31)]
    series = {"val_accuracy": Series.of(range(1, 31), rise, range(1, 31))}
    dashboard.append(study, [TrialReported(time.time(), TrialNumber(3), series)])
    show(page, "birds", "trials")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="3", exact=True))
    expect(row).to_contain_text("overfits strongly")
    page.get_by_role("link", name="Curves", exact=True).click()
    curves = page.get_by_role("figure", name="val_accuracy of all trials")
    expect(curves).to_contain_text("4 curves")
    page.get_by_label("isolate trial").fill("3")
    page.get_by_label("isolate trial").press("Enter")
    expect(curves).to_contain_text("overfits strongly")
    curves.get_by_role("button", name="Open trial 3").click()
    said = page.get_by_role("region", name="What its curve says")
    expect(said).to_contain_text("times its noise worse than its best stretch")
    expect(said).to_contain_text("regularisation")


def test_s4_27_good_region_is_counted(dashboard, page, show):
    dashboard.fill(n_trials=40, n_running=0)
    show(page, "birds")
    findings = page.get_by_role("region", name="Findings")
    expect(findings.get_by_text("Trials in the good region:").last).to_be_visible()
    expect(findings).to_contain_text("of the best: twice the noise of the best curves")


@pytest.mark.parametrize(
    "name",
    ["birds/trials", "50%2F%", "a?b=1#c/trial/3", "é" * 200],
    ids=["trials", "percent", "query and hash", "long"],
)
def test_study_of_any_name_is_reached_by_links_and_by_address(dashboard, page, show, name):
    dashboard.fill(study_spec(name), n_trials=12, n_running=1, is_live=True)
    dashboard.fill(study_spec("birds"), n_trials=12)
    show(page)
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_attribute("title", name)
    expect(page.get_by_role("status").filter(has_text="live")).to_be_visible()
    for tab, told in (("Curves", "12 curves"), ("Trials", "1–12 of 12"), ("Parameters", "lr")):
        page.get_by_role("link", name=tab, exact=True).click()
        expect(page.get_by_text(told).first).to_be_visible()
    for rest in (["curves"], ["trial", "11"]):
        show(page, name, *rest)
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_have_attribute("title", name)
    expect(page.get_by_role("heading", name="Trial 11")).to_be_visible()
    page.get_by_role("button", name="Stop trial").click()
    page.get_by_role("button", name="Yes, stop trial").click()
    expect(page.get_by_text("pending").first).to_be_visible()
