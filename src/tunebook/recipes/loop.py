"""The training loop: one ``Training`` of a task, update by update.

Batches, dropout and initial weights follow from the seed, so that the same seed trains the same
network (I8), whether it was interrupted or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

import torch
from torch import nn, optim
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from tunebook.errors import ConfigurationError
from tunebook.execution.process_settings import keep_freed_memory
from tunebook.playbook.observers import plateau_drops
from tunebook.recipes.batches import (
    Batch,
    Collate,
    TrainingBatches,
    changed,
    fetch,
    in_order,
    to_device,
)
from tunebook.recipes.networks.transferred import Transferred, head_of, held_body
from tunebook.recipes.optimizers import gradient_norm, make_optimizer, set_rate, update_ratio
from tunebook.recipes.schedules import factor
from tunebook.recipes.settings import TrainingSettings
from tunebook.records import Configuration
from tunebook.records.measurement import is_of_class
from tunebook.training.task import Examples, Split, Task

EVALUATION_BATCH = 256
"""So many examples at once in evaluation, or a training batch: no memory for gradients (S4.35)."""

EVALUATION_NUMBERS = 2**20
"""Fewer examples, if their inputs are more numbers than this: large maps do not fit a cache."""

KEPT_EXAMPLES, SAMPLED_SHARE = 1024, 30
"""Training examples whose outputs are kept for metrics; else one of this number is evaluated."""


@final
class Training:
    """A network in training: ``update()`` is one optimizer step on the next batch.

    ``n_updates`` is the length that schedules refer to. Track it in a trial: its state is that of
    the network, the optimizer and the position in the data. ``averaged`` is the running average of
    the weights, if the settings want one (S4.25).
    """

    def __init__(
        self,
        task: Task,
        config: Mapping[str, Any] | Configuration,
        *,
        n_updates: int,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        self.task, self.n_updates, self.device = task, n_updates, device
        self.config = config if isinstance(config, Configuration) else Configuration(config)
        self.settings = TrainingSettings.of(self.config)
        if device == "cpu":
            # A worker has done so already; a notebook or a guide trains in its own process.
            keep_freed_memory()
        if self.settings.deterministic:
            torch.use_deterministic_algorithms(True)
        if self.settings.label_smoothing and not task.smooths_labels:
            raise ConfigurationError(
                f"The loss of the task {task.name!r} does not smooth labels",
                got=f"label_smoothing={self.settings.label_smoothing}",
                do="Leave it out, or let loss(outputs, targets, label_smoothing=0.0) use it",
            )
        torch.manual_seed(seed)
        self.network: nn.Module = task.network(self.config).to(device)
        self.optimizer = self._make_optimizer()
        self.batches = TrainingBatches(
            task.examples(Split.TRAIN), self.settings.batch_size, seed=seed, collate=task.collate
        )
        self.averaged: AveragedModel | None = None
        if self.settings.polyak is not None:
            average = get_ema_multi_avg_fn(self.settings.polyak)
            self.averaged = AveragedModel(self.network, multi_avg_fn=average, use_buffers=True)
        self.n_done = 0
        self._scores: list[float] = []
        self._rate_factor = 1.0
        self._kept: list[tuple[Any, Any]] | None = None
        self._seed = seed
        self._shown: dict[Split, Examples] = {}
        self._batches_of_features: TrainingBatches | None = None

    @property
    def evaluated(self) -> nn.Module:
        """The network that is evaluated and kept: with averaged weights if there are any."""
        return self.network if self.averaged is None else self.averaged.module

    def _make_optimizer(self) -> optim.Optimizer:
        if self.task.optimizer is not None:
            made: optim.Optimizer = self.task.optimizer(self.network, self.config)
            return made
        if isinstance(self.network, Transferred):
            return make_optimizer(self.network.groups(), self.settings)
        return make_optimizer(self.network.parameters(), self.settings)

    def _enter_stage(self) -> None:
        """Hold or release a pretrained body; while it is held its head sees features (S3.3)."""
        for network in (self.network, self.evaluated):
            if isinstance(network, Transferred):
                network.hold(self.n_done / self.n_updates)
        if not self._is_on_features:
            self._shown, self._batches_of_features = {}, None
        elif self._batches_of_features is None:
            self._batches_of_features = TrainingBatches(
                self._examples(Split.TRAIN), self.settings.batch_size, seed=self._seed
            )

    @property
    def _is_on_features(self) -> bool:
        return self.task.features is not None and held_body(self.network) is not None

    def _examples(self, split: Split) -> Examples:
        """Return a split as it is, or as a held body shows it; asked for once while it is held."""
        shown, body = self.task.features, held_body(self.network)
        if shown is None or body is None:
            return self.task.examples(split)
        if split not in self._shown:
            self._shown[split] = shown(split.value, body)
        return self._shown[split]

    @property
    def rate(self) -> float:
        """The learning rate of the next update."""
        scheduled = factor(self.settings, self.n_done, self.n_updates)
        return self.settings.lr * scheduled * self._rate_factor

    def note(self, score: float) -> None:
        """Tell the schedule the score of an evaluation; higher is better."""
        self._hear([*self._scores, score])

    def _hear(self, scores: list[float]) -> None:
        """Take all scores so far: a plateau schedule lowers the rate by them (S0.34)."""
        self._scores, s = scores, self.settings
        if s.schedule == "plateau":
            drops = plateau_drops(scores, n=s.patience, factor=s.decay_factor)
            self._rate_factor = float(s.decay_factor ** len(drops))

    def advance(self, n: int) -> tuple[torch.Tensor, dict[str, float]]:
        """Do ``n`` optimizer steps; return their losses, and what was measured of the training.

        Learning rate, gradient norm before clipping and update ratio are of the last step, metrics
        of the last batches as they were trained; of an even sample where augmentation makes other
        targets, or outputs must be turned into predictions.
        """
        size = self.settings.batch_size * self.settings.accumulate
        # No more than an evaluation holds: outputs may be large.
        n_kept = max(1, min(KEPT_EXAMPLES, len(self._examples(Split.TRAIN_VAL))) // size)
        found: dict[str, float] = {}
        losses = []
        for n_left in reversed(range(n)):
            if n_left < n_kept and self._kept is None:
                self._kept = []
            losses.append(self.update(into=None if n_left else found))
        kept, self._kept = self._kept, None
        told = torch.stack(losses)
        if not bool(told.isfinite().all()):
            return told, found
        if kept:
            outputs, targets = map(joined, map(list, zip(*kept, strict=True)))
            scores = self._named(Split.TRAIN, self.task.metrics(outputs, targets))
        else:
            scores = self.evaluate(Split.TRAIN, limit=max(1, n * size // SAMPLED_SHARE))
        scores.pop("train_loss", None)  # of all updates it is in the losses
        return told, {n: v for n, v in scores.items() if not is_of_class(n, scores)} | found

    def update(
        self, batch: Batch | None = None, *, into: dict[str, float] | None = None
    ) -> torch.Tensor:
        """Do a step on ``batch``, by default the next; return its loss, put figures ``into``."""
        self._enter_stage()
        if not self.network.training:
            self.network.train()
        if self.task.optimizer is None:
            set_rate(self.optimizer, self.rate)
        self.optimizer.zero_grad(set_to_none=True)
        n_parts = 1 if batch is not None else self.settings.accumulate
        total = torch.zeros((), device=self.device)
        for part in range(n_parts):
            loss = self._loss_of(batch, self.n_done * n_parts + part) / n_parts
            loss.backward()
            total += loss.detach()
        self._step(into)
        if self.averaged is not None:
            self.averaged.update_parameters(self.network)
        self.n_done += 1
        return total

    def _step(self, into: dict[str, float] | None) -> None:
        before: list[torch.Tensor] = []
        if into is not None:
            into["gradient_norm"] = float(gradient_norm(self.network.parameters()))
            rates = [float(group["lr"]) for group in self.optimizer.param_groups if "lr" in group]
            into |= {"learning_rate": max(rates)} if rates else {}
            # Biases and scales of normalization begin near zero: their ratios say little.
            trained = [p for p in self.network.parameters() if p.grad is not None and p.dim() > 1]
            before = [p.detach().clone() for p in trained]
        if self.settings.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.settings.clip_norm)
        self.optimizer.step()
        if into is not None and before:
            into["update_ratio"] = update_ratio(before, trained)

    def loss(self, batch: Batch) -> torch.Tensor:
        """Return the loss of a batch with the network in its present mode."""
        return self._loss(self.network, batch)

    def _loss_of(self, batch: Batch | None, number: int) -> torch.Tensor:
        if batch is None and self._batches_of_features is not None:
            return self._loss(head_of(self.network), self._batches_of_features[number], self._kept)
        batch = batch or self.batches[number]
        seen = batch if self.task.augment is None else self.task.augment(*batch)
        # What is mixed has other targets than the metrics know.
        return self._loss(self.network, seen, self._kept if seen[1] is batch[1] else None)

    def _loss(
        self, network: nn.Module, batch: Batch, kept: list[tuple[Any, Any]] | None = None
    ) -> torch.Tensor:
        inputs, targets = to_device(batch, self.device)
        share = self.settings.label_smoothing
        # Only in training: losses of evaluations are compared between trials (I1).
        smoothing = {"label_smoothing": share} if share else {}
        with self._autocast():
            outputs = network(inputs)
            found: torch.Tensor = self.task.loss(outputs, targets, **smoothing)
        if kept is not None and self.task.predict is None:
            kept.append((changed(outputs, _in_full), targets))
        return found

    def _autocast(self) -> torch.autocast:
        kind = torch.device(self.device).type
        has_it = kind == "cuda" and torch.cuda.is_bf16_supported()
        is_mixed = self.settings.precision == "mixed" or (
            self.settings.precision == "auto" and has_it
        )
        return torch.autocast(kind, torch.bfloat16, enabled=is_mixed)

    @torch.no_grad()
    def evaluate(self, split: Split, *, limit: int | None = None) -> dict[str, float]:
        """Return the metrics and the loss of a split, each example counting once (S4.35).

        Nothing is augmented (S2.10). With ``limit`` an even sample of so many examples (S4.36).
        """
        network, task = self.evaluated.eval(), self.task
        examples = self._examples(split)
        if self._is_on_features:
            network = head_of(network)
        size = max(_most_at_once(examples, task.collate), self.settings.batch_size)
        outputs: list[Any] = []
        targets: list[Any] = []
        loss, n = 0.0, 0
        for batch in in_order(examples, size, task.collate, limit=limit):
            inputs, target = to_device(batch, self.device)
            with self._autocast():
                output = network(inputs)
                loss_here = float(task.loss(output, target))
            output = changed(output, _in_full)
            n_here = _n_examples(target)
            loss += loss_here * n_here
            n += n_here
            outputs.append(output if task.predict is None else task.predict(output))
            targets.append(target)
        found = task.metrics(joined(outputs), joined(targets))
        return self._named(split, {**found, "loss": loss / n})

    def _named(self, split: Split, metrics: Mapping[str, Any]) -> dict[str, float]:
        return {f"{split.prefix}_{name}": float(value) for name, value in metrics.items()}

    def state_dict(self) -> dict[str, Any]:
        """Return all that is needed to go on from here."""
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "optimizer_name": self.settings.optimizer,
            "n_done": self.n_done,
            "scores": list(self._scores),
            "averaged": None if self.averaged is None else self.averaged.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a state with hyperparameters of this training: a clone's differ (S0.15)."""
        self.network.load_state_dict(state["network"])
        if self.averaged is not None:
            if state.get("averaged") is None:
                # The parent of a clone kept none: the average begins at its weights.
                self.averaged.module.load_state_dict(state["network"])
            else:
                self.averaged.load_state_dict(state["averaged"])
        # The state of another optimizer means nothing to this one.
        if state.get("optimizer_name", self.settings.optimizer) == self.settings.optimizer:
            groups = self.optimizer.param_groups
            own = [{k: v for k, v in group.items() if k != "params"} for group in groups]
            self.optimizer.load_state_dict(state["optimizer"])
            for group, settings in zip(self.optimizer.param_groups, own, strict=True):
                group.update(settings)
        self.n_done = state["n_done"]
        self._hear(list(state.get("scores", ())))
        self._enter_stage()


def _most_at_once(examples: Examples, collate: Collate | None) -> int:
    """Return how many examples are evaluated at once, by the size of the first one's inputs."""
    inputs, _ = fetch(examples, [0], collate)
    n = inputs.numel() if isinstance(inputs, torch.Tensor) else 1
    return max(1, min(EVALUATION_BATCH, EVALUATION_NUMBERS // max(1, n)))


def _in_full(tensor: torch.Tensor) -> torch.Tensor:
    """Return outputs in single precision: not every metric knows shorter numbers."""
    tensor = tensor.detach()
    return tensor.float() if tensor.dtype is torch.bfloat16 else tensor


def _n_examples(targets: Any) -> int:
    return len(next(iter(targets.values()))) if isinstance(targets, dict) else len(targets)


def joined(parts: list[Any]) -> Any:
    """Return what several batches hold as one: tensors, dictionaries and tuples part by part."""
    if isinstance(parts[0], torch.Tensor):
        return torch.cat(parts)
    if isinstance(parts[0], dict):
        return {name: joined([part[name] for part in parts]) for name in parts[0]}
    if isinstance(parts[0], tuple):
        return tuple(joined(list(same)) for same in zip(*parts, strict=True))
    return [item for part in parts for item in part]
