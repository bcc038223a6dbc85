"""Data sets. Names are loaded when they are first used: importing this package stays light."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tunebook.datasets.bundled.fashion import Fashion, LabelledImages, fashion

__all__ = ["Fashion", "LabelledImages", "fashion"]

_HOME_OF_NAME = {name: "tunebook.datasets.bundled.fashion" for name in __all__}


def __getattr__(name: str) -> object:
    """Import a public name from the module that defines it."""
    if name not in _HOME_OF_NAME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOME_OF_NAME[name]), name)
