"""The real command on a free port, and the system's Chromium in front of it.

A console error, an error of the page, or a request to another host fails the test.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from sample_studies import fill_study, study_spec
from tunebook.records import Event, StudyId, StudySpec
from tunebook.storage import Store, open_store

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome")
expect.set_options(timeout=15_000)


class Dashboard:
    """``tunebook ui`` as a process, over a store that the test writes to as a driver would."""

    def __init__(self, home: Path) -> None:
        home.mkdir(exist_ok=True)
        self.home = home
        self.store: Store = open_store(home / "tunebook.db")
        self._process: subprocess.Popen[str] | None = None
        self.address = ""

    @property
    def origin(self) -> str:
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"

    def start(self, *options: str) -> None:
        """Start the command and wait for the address that it prints."""
        command = [sys.executable, "-m", "tunebook", "ui", "--home", str(self.home)]
        self._process = subprocess.Popen(
            [*command, *(options or ("--port", "0"))],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().strip()
        assert self.address.startswith("http://127.0.0.1:"), self.address

    def stop(self) -> None:
        """End the command as Ctrl-C would."""
        if self._process is not None:
            self._process.terminate()
            self._process.communicate(timeout=20)
            self._process = None

    def fill(self, spec: StudySpec | None = None, *, is_live: bool = False, **how: int) -> StudyId:
        """Add a study; one that is live is driven by this process."""
        n_trials = how.get("n_trials", 60)
        begin = time.time() - 60.0 * n_trials
        study = fill_study(self.store, spec or study_spec(), begin=begin, **how)
        if is_live:
            self.store.acquire_lease(study, time.time())
        return study

    def append(self, study: StudyId, events: Sequence[Event]) -> None:
        """Write events into a study's log."""
        self.store.append(study, events, self.store.last_seq(study))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        pytest.fail("no Chromium on PATH; on Debian and Ubuntu: apt-get install chromium")
    with sync_playwright() as playwright:
        # Containers run as root, where Chromium's own sandbox does not work.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def dashboard(tmp_path: Path) -> Iterator[Dashboard]:
    made = Dashboard(tmp_path / "home")
    yield made
    made.stop()


class Guarded:
    """A context whose complaints are kept; ``excused`` are parts of those that a test expects."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.excused: list[str] = []
        self.complaints: list[str] = []
        context.on("console", lambda m: self._hear(f"console: {m.text}", m.type in BAD_TYPES))
        context.on("weberror", lambda e: self._hear(f"page error: {e.error}", True))
        context.on("request", lambda r: self._hear(f"request: {r.url}", not _is_own(r.url)))

    def _hear(self, text: str, is_bad: bool) -> None:
        if is_bad:
            self.complaints.append(text)

    @property
    def unexcused(self) -> list[str]:
        return [c for c in self.complaints if not any(part in c for part in self.excused)]


BAD_TYPES = {"error", "warning", "assert"}


def _is_own(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"file", "data", "blob", "about"} or parts.hostname == "127.0.0.1"


@pytest.fixture
def guarded(chromium: Browser) -> Iterator[Callable[..., Guarded]]:
    made: list[Guarded] = []

    def make(**options: object) -> Guarded:
        made.append(Guarded(chromium.new_context(**options)))
        return made[-1]

    yield make
    complaints = [complaint for one in made for complaint in one.unexcused]
    for one in made:
        one.context.close()
    assert complaints == []


@pytest.fixture
def guard(guarded: Callable[..., Guarded]) -> Guarded:
    return guarded(viewport={"width": 1280, "height": 900})


@pytest.fixture
def page(guard: Guarded) -> Page:
    return guard.context.new_page()


def at(name: str, *rest: str) -> str:
    """Return the fragment of a study's page."""
    return "/#/study/" + "/".join(quote(part, safe="") for part in (name, *rest))


@pytest.fixture
def show(dashboard: Dashboard) -> Callable[..., None]:
    """Start the dashboard if need be, bring the token, and open a study's page."""

    def open_at(page: Page, name: str | None = None, *rest: str) -> None:
        if not dashboard.address:
            dashboard.start()
        page.goto(dashboard.address)
        expect(page.get_by_role("heading", name="Studies", exact=True)).to_be_visible()
        if name is not None:
            page.goto(dashboard.origin + at(name, *rest))
            expect(page.get_by_role("navigation", name="Pages of the study")).to_be_visible()

    return open_at
