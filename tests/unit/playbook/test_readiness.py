"""Values found for another network are not reused."""

from __future__ import annotations

from tunebook.playbook.staleness import (
    refusal_to_reuse,
)


def test_s0_7_values_of_another_network_are_refused_with_the_reason():
    found = {"network": "a", "pretrained": "w", "steps": 1}
    assert refusal_to_reuse(found, {"network": "a", "pretrained": "w"}) is None
    assert "network" in refusal_to_reuse(found, {"network": "b", "pretrained": "w"})
