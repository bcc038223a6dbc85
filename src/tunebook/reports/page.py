"""The one-file report: the dashboard's page with a study's snapshot in it. Opens from a disk.

It asks no server for anything, and its policy forbids that: the hashes of its own scripts and
styles are all it may run.
"""

from __future__ import annotations

import base64
import hashlib
import html
from importlib.resources import files

from tunebook.records.text import clean, to_json
from tunebook.reports.messages import PageMessage, SnapshotMessage

_STYLES = ("app.css",)
_SCRIPTS = ("libraries.js", "app.js")


def report_page(snapshot: SnapshotMessage) -> str:
    """Return the whole page of a study's report, everything in it."""
    return _page(snapshot.study.name, "snapshot", snapshot)


def sections_page(page: PageMessage) -> str:
    """Return a page that holds only sections, everything in it."""
    return _page(page.title, "sections", page)


def _page(title: str, kind: str, message: SnapshotMessage | PageMessage) -> str:
    """Return the page with a message in it, in the element from which the scripts take it."""
    styles = [_static(name) for name in _STYLES]
    # A text that ends a script may only stand in it escaped; in a string it means the same.
    scripts = [_static(name).replace("</script", "<\\/script") for name in _SCRIPTS]
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {' '.join(map(_hash, scripts))}",
            f"style-src {' '.join(map(_hash, styles))}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    style_elements = "\n".join(f"<style>{style}</style>" for style in styles)
    script_elements = "\n".join(f"<script>{script}</script>" for script in scripts)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{html.escape(clean(title))} - tunebook</title>
{style_elements}
</head>
<body>
<div id="page"></div>
<noscript>This page draws itself with JavaScript.</noscript>
<script type="application/json" id="{kind}">{to_script_json(message)}</script>
{script_elements}
</body>
</html>
"""


def to_script_json(message: object) -> str:
    """Return a message as JSON that may stand inside a ``<script>`` of a page."""
    return to_json(message).replace("<", "\\u003c")


def _static(name: str) -> str:
    return files("tunebook").joinpath("dashboard", "static", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
