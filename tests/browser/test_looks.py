"""Light and dark, narrow screens, and hands that use no mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from sample_studies import study_spec

PAGES = (
    *(["overview"], ["curves"], ["trials"], ["parameters"]),
    ["trial", "3"],
)


def background(page):
    return page.evaluate("getComputedStyle(document.documentElement).backgroundColor")


def test_theme_follows_the_system_until_one_is_chosen(dashboard, guarded, show):
    dashboard.fill(n_trials=20)
    page = guarded(color_scheme="dark").context.new_page()
    show(page, "birds")
    assert background(page) == "rgb(18, 20, 22)"
    page.get_by_role("button", name="Light theme").click()
    assert background(page) == "rgb(246, 246, 243)"
    page.reload()
    expect(page.get_by_role("button", name="Dark theme")).to_be_visible()
    assert background(page) == "rgb(246, 246, 243)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(dashboard, guarded, show, scheme):
    """WCAG asks for 4.5 to 1: every colour that letters have, on every ground they stand on."""
    dashboard.fill(n_trials=20)
    page = guarded(color_scheme=scheme).context.new_page()
    show(page, "birds")
    states = ("running", "queued", "paused", "done", "stopped", "infeasible", "failed", "lost")
    inks = ["text", "muted", "accent", "bad", "good", "warn", *(f"state-{s}" for s in states)]
    worst = page.evaluate(
        """(inks) => {
            const style = getComputedStyle(document.documentElement);
            const light = (name) => {
                const hex = style.getPropertyValue(`--${name}`).trim().slice(1);
                const [r, g, b] = [0, 2, 4].map((i) => {
                    const c = parseInt(hex.slice(i, i + 2), 16) / 255;
                    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
                });
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            return inks.flatMap((ink) => ["surface", "page", "sunken"].map((ground) => {
                const [a, b] = [light(ink), light(ground)].sort((x, y) => y - x);
                return [(a + 0.05) / (b + 0.05), ink, ground];
            })).filter(([ratio]) => ratio < 4.5);
        }""",
        inks,
    )
    assert worst == []


@pytest.mark.parametrize("rest", PAGES, ids=lambda rest: rest[0])
def test_nothing_is_wider_than_a_narrow_screen(dashboard, guarded, show, rest):
    dashboard.fill(n_trials=20)
    page = guarded(viewport={"width": 375, "height": 800}).context.new_page()
    show(page, "birds", *rest)
    expect(page.get_by_text("Loading…")).to_have_count(0)
    page.wait_for_function("document.fonts.status === 'loaded'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


def test_studies_and_their_comparison_fit_a_narrow_screen(dashboard, guarded, show):
    for name in ("birds", "digits"):
        dashboard.fill(study_spec(name), n_trials=20)
    page = guarded(viewport={"width": 375, "height": 800}).context.new_page()
    show(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.goto(dashboard.origin + "/#/compare?study=birds&study=digits")
    expect(page.get_by_role("region", name="What was found")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


def tab_to(page, name):
    """Press Tab until something of that name has the focus, which must then be seen."""
    for _ in range(60):
        page.keyboard.press("Tab")
        told = page.evaluate(
            "document.activeElement.getAttribute('aria-label') || document.activeElement.innerText"
        )
        if (told or "").strip().startswith(name):
            width = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
            assert width != "0px", f"the focus on {name} cannot be seen"
            return
    raise AssertionError(f"Tab does not reach {name}")


def test_keyboard_alone_opens_a_study_sorts_its_trials_and_stops_one(dashboard, page, show):
    study = dashboard.fill(study_spec(), n_trials=5, n_running=1, is_live=True)
    show(page)
    tab_to(page, "birds")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="birds", exact=True)).to_be_visible()
    tab_to(page, "Trials")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1–5 of 5 trials")).to_be_visible()
    tab_to(page, "val_accuracy")
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="val_accuracy")).to_have_attribute(
        "aria-sort", "descending"
    )
    tab_to(page, "Stop trial")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Yes, stop trial")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Yes, stop trial")).to_have_count(0)
    page.wait_for_timeout(300)
    assert [one.kind for one in dashboard.store.requests_after(study, 0)] == ["stop trial"]
