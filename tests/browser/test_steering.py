"""Wishes of a person: each is a request in the store, pending until a driver obeys."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from playwright.sync_api import expect

from sample_studies import study_spec
from tunebook.records import NotesChanged, RequestObeyed, TrialNumber, TrialReached

SLOW_STUDY = """
import sys, time
import tunebook as tb

def train(trial):
    for step in trial.steps():
        time.sleep(0.05)
        trial.report(val_accuracy=trial.config.lr)

if __name__ == "__main__":
    tb.tune(train, tb.Space(lr=tb.Float(0.0, 1.0)), maximize="val_accuracy", max_steps=20,
            trials=500, workers=1, name="slow", home=sys.argv[1], progress=False, search="random")
"""


def requests(dashboard, study):
    return [(one.kind, dict(one.body)) for one in dashboard.store.requests_after(study, 0)]


def test_stop_of_a_study_is_obeyed_by_its_driver(dashboard, page, show, tmp_path):
    script = tmp_path / "slow.py"
    script.write_text(SLOW_STUDY)
    driver = subprocess.Popen([sys.executable, str(script), str(dashboard.home)])
    try:
        for _ in range(200):
            if [one.name for one in dashboard.store.list_studies()] == ["slow"]:
                break
            time.sleep(0.1)
        show(page, "slow")
        page.get_by_role("button", name="Stop study").click()
        page.get_by_role("button", name="Yes, stop study").click()
        expect(page.get_by_text("asked for by a person").first).to_be_visible()
        assert driver.wait(timeout=60) == 0
    finally:
        driver.kill()
        driver.wait()
    expect(page.get_by_role("main").get_by_text("stopped").first).to_be_visible()


def test_request_is_pending_until_it_is_obeyed(dashboard, page, show):
    study = dashboard.fill(n_trials=5, n_running=1, is_live=True)
    show(page, "birds", "trial", "4")
    page.get_by_role("button", name="Pause trial").click()
    pending = page.get_by_role("list", name="Requests").get_by_role("listitem")
    expect(pending).to_contain_text("pending")
    expect(pending).to_contain_text("pause trial 4")
    assert requests(dashboard, study) == [("pause trial", {"trial": 4})]
    (request,) = dashboard.store.requests_after(study, 0)
    dashboard.append(study, [RequestObeyed(time.time(), request.id, "done")])
    expect(pending).to_contain_text("done")
    expect(pending).not_to_contain_text("pending")


def test_stop_of_a_trial_is_asked_for_twice(dashboard, page, show):
    study = dashboard.fill(n_trials=5, n_running=1, is_live=True)
    show(page, "birds", "trial", "4")
    page.get_by_role("button", name="Stop trial").click()
    assert requests(dashboard, study) == []
    page.get_by_role("button", name="Yes, stop trial").click()
    expect(page.get_by_text("pending")).to_be_visible()
    assert requests(dashboard, study) == [("stop trial", {"trial": 4})]


def test_budget_is_added_and_a_configuration_enqueued(dashboard, page, show):
    study = dashboard.fill(n_trials=5, n_running=1, is_live=True)
    show(page, "birds")
    page.get_by_role("button", name="Add budget").click()
    page.get_by_label("more trials").fill("20")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("add budget trials 20")).to_be_visible()
    page.get_by_role("button", name="Enqueue").click()
    form = page.get_by_role("form", name="Enqueue a configuration")
    form.get_by_label("lr").fill("0.02")
    form.get_by_label("optimizer").select_option("sgd")
    form.get_by_label("beta1").fill("")
    form.get_by_role("button", name="Enqueue").click()
    expect(page.get_by_role("list", name="Requests")).to_contain_text("enqueue")
    (added, enqueued) = requests(dashboard, study)
    assert added == ("add budget", {"trials": 20})
    config = enqueued[1]["config"]
    assert (config["lr"], config["optimizer"], config["data"]) == (0.02, "sgd", "birds-v3")
    assert "beta1" not in config


def test_notes_are_edited(dashboard, page, show):
    study = dashboard.fill(n_trials=5, n_running=1, is_live=True)
    show(page, "birds")
    page.get_by_role("textbox", name="Notes").fill("Batch 256 is enough.")
    page.get_by_role("button", name="Save notes").click()
    expect(page.get_by_text("edit notes")).to_be_visible()
    (request,) = dashboard.store.requests_after(study, 0)
    obeyed = RequestObeyed(time.time(), request.id, "done")
    dashboard.append(study, [NotesChanged(time.time(), request.body["notes"]), obeyed])
    page.reload()
    expect(page.get_by_role("textbox", name="Notes")).to_have_value("Batch 256 is enough.")


def test_paused_trial_is_resumed_and_a_paused_study_says_how(dashboard, page, show):
    study = dashboard.fill(study_spec("big birds"), n_trials=5, n_running=1)
    dashboard.append(study, [TrialReached(time.time(), TrialNumber(4), 29, 40.0)])
    show(page, "big birds", "trials")
    page.get_by_role("button", name="Resume trial").click()
    page.get_by_role("link", name="Overview", exact=True).click()
    expect(page.get_by_role("list", name="Requests")).to_contain_text("resume trial 4")
    assert requests(dashboard, study) == [("resume trial", {"trial": 4})]
    expect(page.get_by_text("tunebook resume 'big birds'")).to_be_visible()


@pytest.mark.parametrize("name", ["Pause study", "Stop study"])
def test_study_that_is_over_cannot_be_stopped(dashboard, page, show, name):
    dashboard.fill(study_spec(), n_trials=5, n_running=0)
    show(page, "birds")
    expect(page.get_by_role("button", name=name)).to_be_disabled()
