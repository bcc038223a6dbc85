"""Initial weights by rule: He where ReLU follows, Glorot where tanh does (S1.8)."""

from __future__ import annotations

from typing import TypeVar

from torch import nn

from tunebook.playbook.starting import initialization

_Network = TypeVar("_Network", bound=nn.Module)
_LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


def initialise(network: _Network, activation: str) -> _Network:
    """Draw the weights of every dense and convolutional layer, biases 0; returns the network.

    ``activation`` is what follows the layers, such as ``relu`` or ``tanh``: it decides.
    """
    is_he = initialization(activation).value == "he"
    for module in network.modules():
        if isinstance(module, _LAYERS):
            if is_he:
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            else:
                nn.init.xavier_normal_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network
