"""BoTorch: a SingleTaskGP with its default priors, and qLogNoisyExpectedImprovement.

The recipe of its documentation, on the unit cube. It knows neither categories, which are equal
parts of an interval here, nor conditions: read its results on such spaces with that in mind.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import torch
from benchmarks.search.peers.protocol import Ask, Task, Worst, is_choice, only_active
from botorch.acquisition.logei import qLogNoisyExpectedImprovement
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from botorch.models.transforms import Standardize
from botorch.optim import optimize_acqf
from botorch.utils.sampling import draw_sobol_samples
from gpytorch.mlls import ExactMarginalLogLikelihood

warnings.simplefilter("ignore")
torch.set_num_threads(1)
N_RESTARTS, N_RAW = 5, 256


def _decode(entry: dict[str, Any], u: float) -> Any:
    if is_choice(entry):
        values = entry["values"]
        return values[min(int(u * len(values)), len(values) - 1)]
    low, high = entry["low"], entry["high"]
    if entry.get("log"):
        value = math.exp(math.log(low) + u * (math.log(high) - math.log(low)))
    else:
        value = low + u * (high - low)
    value = min(max(value, low), high)
    return round(value) if entry["type"] == "int" else value


class BotorchPeer:
    """d + 1 Sobol points, then the model; failures count as worse than the worst."""

    watches = False

    def __init__(self, task: Task) -> None:
        torch.manual_seed(task.seed)
        self.space = task.space
        d = len(task.space)
        self.bounds = torch.stack([torch.zeros(d), torch.ones(d)]).double()
        design = draw_sobol_samples(self.bounds, n=d + 1, q=1, seed=task.seed)
        self.initial = list(design.squeeze(1))
        self.asked: list[torch.Tensor] = []
        self.pending: set[int] = set()
        self.told: dict[int, float] = {}
        self.worst = Worst()

    def ask(self) -> Ask:
        """Draw an initial point, or maximise the acquisition."""
        id = len(self.asked)
        is_initial = id < len(self.initial) or not self.told
        point = self.initial[id % len(self.initial)] if is_initial else self._best()
        self.asked.append(point)
        self.pending.add(id)
        values = {
            name: _decode(entry, float(u))
            for (name, entry), u in zip(self.space.items(), point, strict=True)
        }
        return Ask(id, only_active(self.space, values))

    def _best(self) -> torch.Tensor:
        seen = torch.stack([self.asked[id] for id in self.told]).double()
        losses = torch.tensor(list(self.told.values())).double().unsqueeze(-1)
        model = SingleTaskGP(seen, -losses, outcome_transform=Standardize(m=1))
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        waiting = [self.asked[id] for id in sorted(self.pending)]
        acquisition = qLogNoisyExpectedImprovement(
            model, seen, X_pending=torch.stack(waiting).double() if waiting else None
        )
        candidates, _ = optimize_acqf(
            acquisition, self.bounds, q=1, num_restarts=N_RESTARTS, raw_samples=N_RAW
        )
        return candidates[0].detach()

    def report(self, id: int, step: int, value: float) -> bool:
        """Never asked."""
        return False

    def tell(self, id: int, value: float | None, step: int, state: str) -> None:
        """Keep a value."""
        self.pending.discard(id)
        self.told[id] = self.worst.of(value)


def make(task: Task) -> BotorchPeer:
    """Return the peer."""
    return BotorchPeer(task)
