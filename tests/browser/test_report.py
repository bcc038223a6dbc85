"""The one-file report and the notebook's view: the same page, from a disk, asking nobody."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

import tunebook as tb
from sample_studies import study_spec

HOSTILE = "</script><img src=x onerror=alert(1)>"


@pytest.fixture
def study(dashboard):
    dashboard.fill(study_spec(HOSTILE, notes=HOSTILE), n_trials=40, n_running=0)
    return tb.load(HOSTILE, home=dashboard.home)


def test_report_opens_from_a_disk_with_every_page(study, page, tmp_path):
    path = tmp_path / "report.html"
    study.write_report(path)
    page.on("dialog", lambda dialog: pytest.fail(f"{dialog.message} was run"))
    page.goto(path.as_uri())
    expect(page.get_by_text("Written")).to_be_visible()
    expect(page.get_by_role("region", name="In words")).to_contain_text("Question: which")
    expect(page.get_by_role("button", name="Stop study")).to_have_count(0)
    page.get_by_role("link", name="Curves", exact=True).click()
    expect(page.get_by_text("40 curves of val_accuracy")).to_be_visible()
    page.get_by_role("link", name="Trials", exact=True).click()
    expect(page.get_by_text("1–40 of 40 trials")).to_be_visible()
    page.get_by_role("button", name="val_accuracy").click()
    first = page.get_by_role("row").nth(1)
    expect(first.get_by_role("img", name="best")).to_be_visible()
    page.get_by_label("state").select_option("infeasible")
    expect(page.get_by_role("row").nth(1)).to_contain_text("was nan")
    page.get_by_role("row").nth(1).get_by_role("link").first.click()
    expect(page.get_by_role("figure", name="train_loss")).to_contain_text("points, the last")
    page.get_by_role("link", name="Parameters", exact=True).click()
    expect(page.get_by_role("figure", name="Importance")).to_contain_text("lr ")
    page.go_back()
    expect(page.get_by_role("figure", name="train_loss")).to_be_visible()


def test_notebook_shows_the_page_in_a_frame(study, page, tmp_path):
    path = tmp_path / "notebook.html"
    path.write_text(f"<!doctype html><meta charset=utf-8>{study._repr_html_()}", encoding="utf-8")
    page.goto(path.as_uri())
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("region", name="Best configuration")).to_be_visible()
    frame.get_by_role("link", name="Trials", exact=True).click()
    expect(frame.get_by_text("1–40 of 40 trials")).to_be_visible()
    frame.get_by_role("button", name="Dark theme").click()
    expect(frame.get_by_role("button", name="Light theme")).to_be_visible()
