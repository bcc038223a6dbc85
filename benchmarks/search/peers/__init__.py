"""Other libraries' searchers, each in an environment of its own, behind one small protocol.

``server.py`` runs in the peer's environment and needs the standard library alone;
``client.py`` runs in ours. ``PEERS`` says where each method comes from.
"""

from __future__ import annotations

PEERS = {
    "optuna-tpe": ("optuna", "optuna_peer"),
    "optuna-gp": ("optuna", "optuna_peer"),
    "optuna-auto": ("optuna", "optuna_peer"),
    "optuna-cmaes": ("optuna", "optuna_peer"),
    "optuna-tpe+asha": ("optuna", "optuna_peer"),
    "optuna-tpe+hyperband": ("optuna", "optuna_peer"),
    "optuna-tpe+median": ("optuna", "optuna_peer"),
    "optuna-gp+hyperband": ("optuna", "optuna_peer"),
    "nevergrad-ngopt": ("nevergrad", "nevergrad_peer"),
    "smac-hpo": ("smac", "smac_peer"),
    "smac-mf": ("smac", "smac_peer"),
    "hebo": ("hebo", "hebo_peer"),
    "botorch-lognei": ("botorch", "botorch_peer"),
    "ax": ("botorch", "ax_peer"),
    "vizier-gp": ("vizier", "vizier_peer"),
    "syne-asha": ("syne-tune", "syne_tune_peer"),
    "syne-asha-bore": ("syne-tune", "syne_tune_peer"),
    "syne-asha-cqr": ("syne-tune", "syne_tune_peer"),
    "syne-bohb": ("syne-tune", "syne_tune_peer"),
    "syne-bore": ("syne-tune", "syne_tune_peer"),
    "syne-cqr": ("syne-tune", "syne_tune_peer"),
    "syne-rea": ("syne-tune", "syne_tune_peer"),
    "neps-bo": ("neps", "neps_peer"),
    "neps-priorband": ("neps", "neps_peer"),
    "neps-asha": ("neps", "neps_peer"),
    "neps-hyperband": ("neps", "neps_peer"),
}
"""By method: its environment, and the module of this folder whose ``make`` returns the peer."""
