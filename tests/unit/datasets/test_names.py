"""The public names of the package of data sets."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tunebook import datasets


def test_every_public_name_is_there() -> None:
    assert [name for name in datasets.__all__ if not hasattr(datasets, name)] == []


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="fashions"):
        _ = datasets.fashions


def test_import_is_light() -> None:
    check = "import sys, tunebook.datasets; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
