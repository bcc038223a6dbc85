from __future__ import annotations

from tunebook.live.notebook import NotebookWatcher, as_html, notebook_display


class FakeDisplay:
    def __init__(self) -> None:
        self.shown: list[str] = []

    def update(self, shown: str) -> None:
        self.shown.append(shown)


def test_one_display_is_replaced_once_a_second(study):
    display = FakeDisplay()
    watcher = NotebookWatcher(study.facts, display, str)
    study.start(0)
    for now in (3.0, 3.9, 4.0):
        watcher.update(study.facts, now)
    assert len(display.shown) == 2
    assert "▶ 0 running" in display.shown[-1]
    watcher.close()
    assert display.shown[-1] == ""


def test_names_cannot_become_tags():
    assert "<b>" not in as_html(["<b>"])


def test_program_outside_of_a_notebook_has_no_display():
    assert notebook_display() is None
