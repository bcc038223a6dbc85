"""Study-level stopping rules: budget, target, patience, failures. One file each."""

from tunebook.stopping.deadline import DeadlineRule
from tunebook.stopping.failures import FailuresRule
from tunebook.stopping.patience import PatienceRule
from tunebook.stopping.protocol import Ending, Progress, RunningTrials, StoppingRule
from tunebook.stopping.steps import StepsRule
from tunebook.stopping.target import TargetRule

STANDARD_RULES: tuple[StoppingRule, ...] = (
    TargetRule(),
    FailuresRule(),
    DeadlineRule(),
    StepsRule(),
    PatienceRule(),
)
"""The rules of every study, in the order in which they are asked."""

__all__ = [
    "STANDARD_RULES",
    "DeadlineRule",
    "Ending",
    "FailuresRule",
    "PatienceRule",
    "Progress",
    "RunningTrials",
    "StepsRule",
    "StoppingRule",
    "TargetRule",
]
