"""Everything that can be found out about a task in less than a minute (S2.7, S2.8, S2.9)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch

from tunebook.diagnosis.held_back import judge_held_back
from tunebook.diagnosis.preflight import judge_parameters, judge_preflight
from tunebook.diagnosis.preflight_data import judge_labels
from tunebook.diagnosis.single_batch import judge_single_batch
from tunebook.probes.attempts import Raised, attempt
from tunebook.probes.configured_batch import configured_batch
from tunebook.probes.learning import judge_learning, learning
from tunebook.probes.looking import Look, first_batch
from tunebook.probes.preflight import preflight
from tunebook.probes.single_batch import single_batch
from tunebook.probes.splits import judge_splits
from tunebook.probes.tensors import n_nonfinite
from tunebook.recipes.loop import Training
from tunebook.records.finding import Finding, Verdict, worst
from tunebook.training.task import Split, Task

OnStage = Callable[[str], None]
N_EVALUATED = 256


def check(
    task: Task,
    config: Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
    on_stage: OnStage = lambda stage: None,
) -> list[Finding]:
    """Return the findings on a task, in the order in which they were made.

    A part that raises is a finding too, and ends the checks that need it. Runs on one thread, as a
    trial does: beside other work, more of them slow each other down.
    """
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _check(task, config or {}, seed, on_stage)
    finally:
        torch.set_num_threads(n_threads)


def _check(task: Task, given: Mapping[str, Any], seed: int, on_stage: OnStage) -> list[Finding]:
    on_stage("reading the data")
    splits = attempt(judge_splits, task)
    if isinstance(splits, Raised):
        return [splits.finding("data", "Reading the examples")]
    found = splits
    if any(f.check == "data" for f in _problems(found)):
        return found
    on_stage("looking at two batches")
    seen = _look(task, given, seed)
    if isinstance(seen, Finding):
        return [*found, seen]
    figures = attempt(preflight, task, seen)
    if isinstance(figures, Raised):
        return [*found, figures.finding("preflight", "A second pass through the network")]
    found += judge_preflight(figures)
    if not figures.n_parameters or seen.loss.numel() != 1:
        return found
    on_stage("fitting a single batch")
    fits = list(_fit(task, given, seed))
    found += fits
    on_stage("evaluating")
    found += _metrics(task, given, seed)
    # What cannot fit a batch learns nothing either: that would only be told twice.
    if worst(fits) is Verdict.PROBLEM:
        return found
    on_stage("training for a moment")
    learned = attempt(learning, task, given, seed=seed)
    if isinstance(learned, Raised):
        found.append(learned.finding("learning", "A short training"))
    elif learned is not None:
        found.append(judge_learning(learned))
    return found


def _fit(task: Task, config: Mapping[str, Any], seed: int) -> Iterator[Finding]:
    """Yield the findings on a single batch: plain, then with what may hold the fit back."""
    batch = attempt(single_batch, task, config, seed=seed)
    if isinstance(batch, Raised):
        yield batch.finding("single-batch", "Training on a single batch")
        return
    plain = judge_single_batch(batch)
    augmentation = list(_augmentation(task))
    yield plain
    yield from augmentation
    if Verdict.PROBLEM in {plain.verdict, worst(augmentation)}:
        return
    configured = attempt(configured_batch, task, config, seed=seed)
    if isinstance(configured, Raised):
        yield configured.finding("augmentation", "Training with augmentation")
    else:
        yield from judge_held_back(configured.plain, configured.configured)


def _problems(findings: list[Finding]) -> Iterator[Finding]:
    return (finding for finding in findings if finding.verdict is Verdict.PROBLEM)


def _look(task: Task, config: Mapping[str, Any], seed: int) -> Look | Finding:
    """Return the first look, or the finding on the step of it that raised."""
    training = attempt(Training, task, config, n_updates=1, seed=seed)
    if isinstance(training, Raised):
        if "empty parameter list" in training.told:
            return judge_parameters(0)
        return training.finding("network", "Building the network and its optimizer")
    batch = attempt(first_batch, task)
    if isinstance(batch, Raised):
        return batch.finding("data", "A batch of training examples")
    training.network.train()
    outputs = attempt(training.network, batch[0])
    if isinstance(outputs, Raised):
        advice = "Compare the shape of the inputs with that of the first layer."
        return outputs.finding("forward", "The network", advice=advice)
    loss = attempt(task.loss, outputs, batch[1])
    if isinstance(loss, Raised):
        return _loss_raised(loss, outputs, batch[1])
    if not isinstance(loss, torch.Tensor):
        return Finding(
            "loss",
            Verdict.PROBLEM,
            "The loss is no tensor.",
            value=type(loss).__name__,
            expected="a tensor with one number, which can be differentiated",
            advice="Return the loss itself, not its .item().",
            source="S2.7",
        )
    return Look(training, batch, outputs, loss)


def _loss_raised(raised: Raised, outputs: Any, targets: Any) -> Finding:
    """Return the finding on a loss that raises; labels outside the classes are the usual reason."""
    is_labels = (
        isinstance(outputs, torch.Tensor)
        and isinstance(targets, torch.Tensor)
        and not targets.is_floating_point()
        and outputs.dim() == targets.dim() + 1
        and outputs.shape[0] == targets.shape[0]
    )
    if is_labels:
        labels = judge_labels(int(targets.min()), int(targets.max()), outputs.shape[1])
        if labels.verdict is Verdict.PROBLEM:
            return labels
    shapes = " and ".join(
        f"{tuple(v.shape)} {str(v.dtype).removeprefix('torch.')}"
        for v in (outputs, targets)
        if isinstance(v, torch.Tensor)
    )
    return raised.finding("loss", f"The loss of outputs and targets {shapes}".rstrip())


def _augmentation(task: Task) -> Iterator[Finding]:
    """Yield a finding if augmentation raises, changes shapes, or makes numbers that are none."""
    if task.augment is None:
        return
    batch = first_batch(task)
    changed = attempt(task.augment, *batch)
    if isinstance(changed, Raised):
        yield changed.finding("augmentation", "Augmentation")
        return
    n_bad = n_nonfinite(changed[0])
    yield Finding(
        "augmentation",
        Verdict.PROBLEM if n_bad else Verdict.PASS,
        "Augmentation makes numbers that are not finite." if n_bad else "Augmentation works.",
        value=f"{n_bad} not finite",
        expected="0",
        advice="Mend the augmentation." if n_bad else "",
        source="S2.7",
    )


def _metrics(task: Task, config: Mapping[str, Any], seed: int) -> Iterator[Finding]:
    """Yield a finding on the metric: whether evaluation works, names it, and gives a number."""
    training = Training(task, config, n_updates=1, seed=seed)
    values = attempt(training.evaluate, Split.TRAIN_VAL, limit=N_EVALUATED)
    if isinstance(values, Raised):
        yield values.finding("metric", "Evaluation")
        return
    name = task.objective.metric
    if name not in values:
        known = ", ".join(n.removeprefix("val_") for n in values) or "nothing"
        yield Finding(
            "metric",
            Verdict.PROBLEM,
            f"The metric {task.metric!r} is never reported.",
            value=known,
            expected=task.metric,
            advice="Return it from metrics(outputs, targets), or name another to drive.",
            source="S2.1",
        )
        return
    is_number = math.isfinite(values[name])
    yield Finding(
        "metric",
        Verdict.PASS if is_number else Verdict.PROBLEM,
        "The metric is reported." if is_number else "The metric is not a finite number.",
        value=f"{name} {values[name]:.4g} before training",
        expected="a finite number",
        advice="" if is_number else "Look at a division by zero, or at missing classes.",
        source="S2.1",
    )
