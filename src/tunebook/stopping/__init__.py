"""Study-level stopping rules: budget, target, patience, failures. One file each."""

from tunebook.stopping.deadline import deadline_ending
from tunebook.stopping.failures import failures_ending
from tunebook.stopping.patience import patience_ending
from tunebook.stopping.protocol import Ending, Progress, RunningTrials, StoppingRule
from tunebook.stopping.steps import steps_ending
from tunebook.stopping.target import target_ending

STANDARD_RULES: tuple[StoppingRule, ...] = (
    target_ending,
    failures_ending,
    deadline_ending,
    steps_ending,
    patience_ending,
)
"""The rules of every study, in the order in which they are asked."""

__all__ = [
    "STANDARD_RULES",
    "Ending",
    "Progress",
    "RunningTrials",
    "StoppingRule",
    "deadline_ending",
    "failures_ending",
    "patience_ending",
    "steps_ending",
    "target_ending",
]
