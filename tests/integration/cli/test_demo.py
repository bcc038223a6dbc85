"""The demo, with fewer trials than a person gets."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the demo trains with PyTorch")


def test_demo_names_the_best_configuration_its_curve_and_its_checkpoint(tunebook):
    done = tunebook("demo", "--trials", "1", "--workers", "1")
    assert done.code == 0, done.err
    assert "val_accuracy = 0." in done.out
    assert "lr = " in done.out
    assert "┤" in done.out
    checkpoint = done.out.rsplit("checkpoint = ", 1)[1].strip()
    assert Path(checkpoint).exists()
    assert tunebook("list", "--json").json[0]["name"] == "fashion-1"
