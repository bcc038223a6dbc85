"""Who may look, what comes back after the server was away, and names that want to be code."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import expect

from sample_studies import study_spec
from tunebook.records import (
    Budget,
    Failure,
    FailureKind,
    Objective,
    Series,
    TrialFailed,
    TrialNumber,
    TrialReported,
)
from tunebook.space import Choice, Float, Space
from tunebook.storage.checkpoints import folder_name

IMAGE = "<img src=x onerror=alert(1)>"
LONG = "x" * 10_000
EMOJI = "🦜🔬 été"


def status(address, **headers):
    request = urllib.request.Request(address, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_wrong_token_sees_nothing(dashboard, guard, page):
    dashboard.fill(n_trials=5)
    dashboard.start()
    guard.excused.append("401")
    for address in (dashboard.origin, dashboard.origin + "/?token=guessed"):
        page.goto(address)
        expect(page.get_by_text("Open the address that tunebook ui has printed")).to_be_visible()
        expect(page.get_by_text("birds")).to_have_count(0)


def test_token_leaves_the_address_and_stays_in_the_browser(dashboard, page, show):
    dashboard.fill(n_trials=5)
    show(page)
    assert "token" not in page.url
    page.goto(dashboard.origin)
    expect(page.get_by_role("heading", name="Studies", exact=True)).to_be_visible()


def test_wrong_host_and_wrong_origin_are_turned_away(dashboard):
    dashboard.start()
    token = urlsplit(dashboard.address).query.removeprefix("token=")
    studies, bearer = f"{dashboard.origin}/api/studies", {"Authorization": f"Bearer {token}"}
    assert status(studies, **bearer) == 200
    assert status(studies, Host="evil.example", **bearer) == 421
    assert status(studies, Origin="http://evil.example", **bearer) == 403


def test_page_goes_on_where_it_was_after_the_server_restarts(dashboard, guard, page, show):
    study = dashboard.fill(n_trials=5, n_running=1, is_live=True)
    show(page, "birds", "curves")
    curves = page.get_by_role("figure", name="val_accuracy of all trials")
    expect(curves).to_contain_text("5 curves")
    guard.excused += ["ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING"]
    port = urlsplit(dashboard.address).port
    dashboard.stop()
    expect(page.get_by_text("connection lost")).to_be_visible()
    step = 40
    for value in (0.9871, 0.9872, 0.9999):
        series = Series.of([step], [value], [float(step)])
        dashboard.append(study, [TrialReported(time.time(), TrialNumber(4), {METRIC: series})])
        step += 1
    dashboard.start("--port", str(port))
    expect(page.get_by_role("status").filter(has_text="live")).to_be_visible()
    expect(curves).to_contain_text("and 0.9999")


METRIC = "val_accuracy"


@pytest.mark.parametrize("text", [IMAGE, LONG, EMOJI], ids=["image", "long", "emoji"])
def test_hostile_names_stay_text_everywhere(dashboard, guarded, show, text):
    page = guarded(viewport={"width": 1280, "height": 900}).context.new_page()
    space = Space({"lr": Float(1e-5, 1.0, log=True), "network": Choice(text, "plain " + text)})
    spec = study_spec(
        text,
        space=space.to_dict(),
        objective=Objective.of(maximize=text),
        budget=Budget(trials=100),
        notes=text,
        environment={text[:100]: text},
    )
    study = dashboard.fill(spec, n_trials=25)
    failure = Failure(FailureKind.USER_ERROR, text, traceback=text)
    dashboard.append(study, [TrialFailed(time.time(), TrialNumber(24), failure, 1.0)])
    logs = dashboard.home / "logs" / folder_name(text)
    logs.mkdir(parents=True)
    (logs / "00024.log").write_text(text, encoding="utf-8")
    page.on("dialog", lambda dialog: pytest.fail(f"{dialog.message} was run"))
    show(page)
    expect(page.get_by_role("link", name=text[:20]).first).to_be_visible()
    pages = ["overview"], ["curves"], ["trials"], ["parameters"], ["trial", "3"], ["trial", "24"]
    for rest in pages:
        show(page, text, *rest)
        expect(page.get_by_text("Loading…")).to_have_count(0)
        expect(page.locator("img[src]")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    for part in ("Traceback", "Log"):
        expect(page.get_by_role("region", name=part)).to_contain_text(text[:30])
    page.goto(f"{dashboard.origin}/#/compare?{urlencode({'study': text})}")
    expect(page.get_by_role("region", name="What was found")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert "alert" not in page.title() or text == IMAGE


def test_text_that_wants_to_be_obeyed_is_shown(dashboard, page, show):
    text = "\x1b[2J a\x9b31m exe.\u202egpj photo\udcff.jpg"
    seen = "\\x1b[2J a\\x9b31m exe.\\u202egpj photo\\udcff.jpg"
    space = Space({"lr": Float(1e-5, 1.0, log=True), "network": Choice(text, "plain")})
    spec = study_spec(space=space.to_dict(), notes=text, environment={"python": text})
    study = dashboard.fill(spec, n_trials=25, n_running=1)
    failure = Failure(FailureKind.USER_ERROR, text, traceback=text, log_tail=text)
    dashboard.append(study, [TrialFailed(time.time(), TrialNumber(24), failure, 1.0)])
    show(page, "birds", "trial", "24")
    for part in ("Traceback", "Log"):
        expect(page.get_by_role("region", name=part)).to_contain_text(seen)
    for rest in (["overview"], ["trials"], ["parameters"]):
        show(page, "birds", *rest)
        expect(page.get_by_text("exe.").first).to_contain_text("exe.\\u202egpj")
        assert "\u202e" not in page.locator("body").inner_text()


HIDE = """(isHidden) => {
    Object.defineProperty(document, "hidden", { value: isHidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_hidden_tab_pauses_and_catches_up(dashboard, page, show):
    study = dashboard.fill(n_trials=5, n_running=1, is_live=True)
    show(page, "birds", "curves")
    curves = page.get_by_role("figure", name="val_accuracy of all trials")
    expect(page.get_by_role("status").filter(has_text="live")).to_be_visible()
    page.evaluate(HIDE, True)
    expect(page.get_by_role("status").filter(has_text="waiting")).to_be_visible()
    series = Series.of([40], [0.9999], [40.0])
    dashboard.append(study, [TrialReported(time.time(), TrialNumber(4), {METRIC: series})])
    page.wait_for_timeout(500)
    expect(curves).not_to_contain_text("and 0.9999")
    page.evaluate(HIDE, False)
    expect(curves).to_contain_text("and 0.9999")
