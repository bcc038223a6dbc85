"""What runs inside a trial: the handle that a training function is given, and what it talks to.

Importing this package must stay light: scripts import it before they have done anything.
"""

from tunebook.training.assignment import Assignment
from tunebook.training.channel import Answer, Channel, Checkpoints, Leave, Proceed
from tunebook.training.endings import Diverged, Unwind
from tunebook.training.hand_over import HandOver, PassingChannel
from tunebook.training.handle import TrainingFunction, TrialHandle
from tunebook.training.randomness import preserved_randomness, seed_everything, trial_seed

__all__ = [
    "Answer",
    "Assignment",
    "Channel",
    "Checkpoints",
    "Diverged",
    "HandOver",
    "Leave",
    "PassingChannel",
    "Proceed",
    "TrainingFunction",
    "TrialHandle",
    "Unwind",
    "preserved_randomness",
    "seed_everything",
    "trial_seed",
]
