"""What the pages show: of nothing, of a study that goes on, of a large one, of what went wrong."""

from __future__ import annotations

import re
import time

from playwright.sync_api import expect

from sample_studies import SPACE, study_spec
from tunebook.records import (
    Configuration,
    Series,
    TrialBegan,
    TrialCreated,
    TrialEnded,
    TrialNumber,
    TrialReported,
)


def figure(page, title):
    return page.get_by_role("figure", name=title, exact=True)


def test_empty_store_says_how_to_start(dashboard, page, show):
    show(page)
    expect(page.get_by_text("No studies yet")).to_be_visible()
    expect(page.get_by_text("tunebook demo")).to_be_visible()


def test_empty_study_says_that_there_is_nothing_yet(dashboard, page, show):
    dashboard.store.create_study(study_spec("empty"), time.time())
    show(page, "empty")
    expect(page.get_by_text("No trial has a value yet.")).to_be_visible()
    for tab, told in (("Curves", "0 curves"), ("Trials", "0 trials"), ("Parameters", "Importance")):
        page.get_by_role("link", name=tab, exact=True).click()
        expect(page.get_by_text(told).first).to_be_visible()


def test_studies_are_listed_and_lead_to_their_page(dashboard, page, show):
    dashboard.fill(study_spec("birds"), n_trials=30)
    dashboard.fill(study_spec("digits"), n_trials=30, n_running=0)
    show(page)
    row = page.get_by_role("row").filter(has_text="digits")
    expect(row).to_contain_text("done")
    row.get_by_role("link", name="digits").click()
    expect(page.get_by_role("heading", name="digits", exact=True)).to_be_visible()
    expect(page.get_by_role("region", name="Best configuration")).to_contain_text("lr")
    expect(figure(page, "Best so far")).to_contain_text("Best val_accuracy 0.")


def test_s4_20_five_lights_lead_to_their_evidence(dashboard, page, show):
    dashboard.fill(n_trials=30, n_running=0)
    show(page, "birds")
    lights = page.get_by_role("list", name="Before you conclude").get_by_role("listitem")
    expect(lights).to_have_count(5)
    page.get_by_role("link", name="are infeasible").click()
    expect(page.get_by_text("of 30 trials")).to_be_visible()


def test_incumbent_is_drawn_over_steps_time_and_cost(dashboard, page, show):
    dashboard.fill(n_trials=30)
    show(page, "birds")
    over = figure(page, "Best so far").get_by_label("over")
    expect(over.get_by_role("option")).to_have_text(["trials", "steps", "time", "cost"])
    for wanted in ("steps", "time", "cost"):
        over.select_option(wanted)
    expect(figure(page, "Best so far").locator("canvas")).to_be_visible()


def test_burn_down_says_what_is_left_and_when_it_will_be_used_up(dashboard, page, show):
    dashboard.fill(n_trials=30, is_live=True)
    show(page, "birds")
    burning = figure(page, "Burn-down")
    expect(burning).to_contain_text(re.compile(r"Left: 75 % of trials, 9\d % of hours"))
    expect(burning).to_contain_text("at this pace over in")


def test_new_points_and_trials_of_a_live_study_appear(dashboard, page, show):
    study = dashboard.fill(n_trials=5, n_running=1, is_live=True)
    show(page, "birds", "trials")
    expect(page.get_by_role("status").filter(has_text="live")).to_be_visible()
    expect(page.get_by_text("1–5 of 5 trials")).to_be_visible()
    number, now = TrialNumber(5), time.time()
    config = Configuration(SPACE.decode([0.5] * len(SPACE.dimensions)))
    created = [TrialCreated(now, number, config, until_step=30), TrialBegan(now, number, 0)]
    dashboard.append(study, created)
    expect(page.get_by_text("1–6 of 6 trials")).to_be_visible()
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="5", exact=True))
    expect(row).to_contain_text("running")
    series = Series.of([1, 2], [0.9871, 0.9912], [1.0, 2.0])
    dashboard.append(study, [TrialReported(now, number, {"val_accuracy": series})])
    expect(row).to_contain_text("0.9912")
    page.get_by_role("link", name="Curves", exact=True).click()
    curves = figure(page, "val_accuracy of all trials")
    expect(curves).to_contain_text("6 curves")
    before = re.findall(r"([\d,]+) points", curves.inner_text())[0]
    more = Series.of([3, 4, 5], [0.99, 0.992, 0.9999], [3.0, 4.0, 5.0])
    dashboard.append(study, [TrialReported(now, number, {"val_accuracy": more})])
    expect(curves).to_contain_text(f"{int(before) + 3} points")
    dashboard.append(study, [TrialEnded(now + 1, number, 5, 5.0)])
    page.get_by_role("link", name="Overview", exact=True).click()
    expect(page.get_by_role("region", name="Best configuration")).to_contain_text("0.9999")


def test_ten_thousand_trials_are_paged_sorted_and_found_by_the_server(dashboard, page, show):
    dashboard.fill(study_spec(max_steps=20), n_trials=10_000)
    show(page, "birds", "trials")
    expect(page.get_by_text("1–50 of 10,000 trials")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("51–100 of 10,000 trials")).to_be_visible()
    page.get_by_role("button", name="val_accuracy").click()
    expect(page.get_by_text("1–50 of 10,000 trials")).to_be_visible()
    first = page.get_by_role("row").nth(1)
    expect(first.get_by_role("img", name="best")).to_be_visible()
    page.get_by_label("find").fill("shapes cannot be multiplied")
    page.get_by_label("state").select_option("failed")
    expect(page.get_by_text(re.compile(r"^1–50 of \d{3} trials$"))).to_be_visible()
    page.get_by_role("link", name="Curves", exact=True).click()
    curves = figure(page, "val_accuracy of all trials")
    expect(curves).to_contain_text("1,000 curves")
    expect(curves).to_contain_text("9,000 curves of worse trials left out")


def test_failed_infeasible_and_lost_trials_keep_their_cause(dashboard, page, show):
    dashboard.fill(n_trials=60)
    show(page, "birds", "trials")
    for state, cause in (
        ("failed", "mat1 and mat2 shapes cannot be multiplied"),
        ("infeasible", "val_accuracy was nan"),
        ("lost", "the worker vanished"),
    ):
        page.get_by_label("state").select_option(state)
        row = page.get_by_role("row").nth(1)
        expect(row).to_contain_text(state)
        expect(row).to_contain_text(cause)
    page.get_by_label("state").select_option("failed")
    expect(page.get_by_role("row").nth(1)).to_contain_text("failed")
    page.get_by_role("row").nth(1).get_by_role("link").first.click()
    expect(page.get_by_role("region", name="Traceback")).to_contain_text("train.py")


def test_one_trial_shows_configuration_metrics_log_checkpoint_and_command(dashboard, page, show):
    dashboard.fill(n_trials=20, n_running=0)
    logs = dashboard.home / "logs" / "birds"
    logs.mkdir(parents=True)
    (logs / "00003.log").write_text("epoch 1\nepoch 2\n")
    show(page, "birds", "trial", "3")
    expect(page.get_by_role("region", name="Configuration")).to_contain_text("momentum")
    expect(figure(page, "train_loss")).to_contain_text("points, the last")
    expect(page.get_by_role("region", name="Log")).to_contain_text("epoch 2")
    command = page.get_by_role("region", name="Train it again")
    expect(command).to_contain_text("python train.py --lr 0.")


def test_log_of_a_trial_that_trains_grows_on_its_page(dashboard, page, show):
    dashboard.fill(n_trials=5, n_running=1, is_live=True)
    logs = dashboard.home / "logs" / "birds"
    logs.mkdir(parents=True)
    (logs / "00004.log").write_text("epoch 1\n")
    show(page, "birds", "trial", "4")
    expect(page.get_by_role("region", name="Log")).to_contain_text("epoch 1")
    with (logs / "00004.log").open("a") as log:
        log.write("epoch 2\n")
    expect(page.get_by_role("region", name="Log")).to_contain_text("epoch 2")


def test_parameters_page_says_in_words_what_its_charts_show(dashboard, page, show):
    dashboard.fill(n_trials=60)
    show(page, "birds", "parameters")
    lr = figure(page, "lr")
    expect(lr).to_contain_text("trials with a value and")
    expect(lr).to_contain_text("The best have lr")
    expect(figure(page, "Importance")).to_contain_text("lr ")
    expect(figure(page, "Importance").get_by_text("prior: high")).to_be_visible()
    expect(figure(page, "Trends")).to_contain_text("Association in this study of 47 trials")
    expect(figure(page, "Expected best of k trials")).to_contain_text("doubling them gained")
    expect(figure(page, "Expected best of k trials")).to_contain_text("seed noise is unknown")
    expect(figure(page, "optimizer, isolated")).to_contain_text("Best at adam")
    expect(figure(page, "Parallel coordinates")).to_contain_text("over 7 parameters")


def test_small_study_is_refused_importance(dashboard, page, show):
    dashboard.fill(n_trials=8)
    show(page, "birds", "parameters")
    expect(figure(page, "Importance")).to_contain_text("too few to tell what matters")
    expect(figure(page, "Importance")).to_contain_text(
        "before any trial: high: lr; medium: depth, dropout; low: "
    )


def test_stretch_of_an_axis_chooses_trials(dashboard, page, show):
    dashboard.fill(n_trials=60)
    show(page, "birds", "parameters")
    canvas = figure(page, "Parallel coordinates").locator("canvas").first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    x, top = box["x"] + 40, box["y"] + 34
    page.mouse.move(x, top + 60)
    page.mouse.down()
    page.mouse.move(x, top + 100, steps=5)
    page.mouse.up()
    expect(figure(page, "Parallel coordinates")).to_contain_text("pass the chosen stretches")


def test_curve_is_isolated_and_coloured_by_a_parameter(dashboard, page, show):
    dashboard.fill(n_trials=12)
    show(page, "birds", "curves")
    curves = figure(page, "val_accuracy of all trials")
    for wanted, told in (("value", "0."), ("optimizer", "adamw"), ("lr", "1e-5")):
        curves.get_by_label("colour by").select_option(wanted)
        expect(curves.get_by_label(f"Colours of {wanted}")).to_contain_text(told)
    curves.get_by_label("over").select_option("seconds")
    curves.get_by_label("log axis").check()
    curves.get_by_label("smooth").fill("0.9")
    expect(curves).to_contain_text("Smoothed with factor 0.9")
    page.get_by_label("isolate trial").fill("4")
    page.get_by_label("isolate trial").press("Enter")
    expect(curves).to_contain_text("Only trial 4 is shown.")
    curves.get_by_role("button", name="Open trial 4").click()
    expect(page.get_by_role("heading", name="Trial 4")).to_be_visible()


def test_click_on_a_curve_isolates_it(dashboard, page, show):
    dashboard.fill(n_trials=1, n_running=1)
    show(page, "birds", "curves")
    plot = page.locator(".u-over")
    box = plot.bounding_box()
    # A single curve fills its plot: it begins at the lower left corner.
    page.mouse.click(box["x"] + 8, box["y"] + box["height"] - 20)
    expect(page.get_by_text("Only trial 0 is shown.")).to_be_visible()


def test_studies_that_cannot_be_compared_are_shown_without_order(dashboard, page, show):
    dashboard.fill(study_spec("long"), n_trials=20)
    dashboard.fill(study_spec("short", max_steps=10), n_trials=20)
    dashboard.fill(study_spec("again"), n_trials=20, seed=4)
    show(page)
    for name in ("long", "short"):
        page.get_by_label(f"Choose {name}").check()
    page.get_by_role("button", name="Compare 2").click()
    expect(page.get_by_text("Not ordered: the studies have different lengths")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="short").first).to_contain_text(
        "no: lengths of a full trial: 10"
    )
    page.goto(dashboard.origin + "/#/compare?study=long&study=again")
    expect(page.get_by_text("The best of each study, in order.")).to_be_visible()
    expect(page.get_by_role("table").first.get_by_role("row")).to_have_count(3)
    expect(page.get_by_role("table").first).to_contain_text("yes")
    expect(page.get_by_role("region", name="What was found")).to_contain_text("momentum")


def test_data_of_a_chart_can_be_copied(dashboard, guard, show):
    dashboard.fill(n_trials=20)
    page = guard.context.new_page()
    show(page, "birds")
    guard.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=dashboard.origin)
    page.get_by_role("button", name="Copy data of: Best so far").click()
    expect(figure(page, "Best so far").get_by_text("Copied")).to_be_visible()
    text = page.evaluate("navigator.clipboard.readText()")
    assert text.splitlines()[0].split("\t")[:2] == ["trial", "value"]
