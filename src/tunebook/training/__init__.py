"""What runs inside a trial. Light: scripts import it before they have done anything."""

from tunebook.training.assignment import Assignment as Assignment
from tunebook.training.channel import Answer as Answer
from tunebook.training.channel import Channel as Channel
from tunebook.training.channel import Checkpoints as Checkpoints
from tunebook.training.channel import Leave as Leave
from tunebook.training.channel import Proceed as Proceed
from tunebook.training.endings import Diverged as Diverged
from tunebook.training.endings import Unwind as Unwind
from tunebook.training.hand_over import HandOver as HandOver
from tunebook.training.hand_over import PassingChannel as PassingChannel
from tunebook.training.handle import TrainingFunction as TrainingFunction
from tunebook.training.handle import TrialHandle as TrialHandle
from tunebook.training.randomness import preserved_randomness as preserved_randomness
from tunebook.training.randomness import seed_everything as seed_everything
from tunebook.training.randomness import trial_seed as trial_seed
