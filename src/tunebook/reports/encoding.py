"""Messages as JSON, for a browser, a page or another program."""

from __future__ import annotations

from tunebook.records.text import to_json

__all__ = ["to_json", "to_script_json"]


def to_script_json(message: object) -> str:
    """Return a message as JSON that may stand inside a ``<script>`` of a page."""
    return to_json(message).replace("<", "\\u003c")
