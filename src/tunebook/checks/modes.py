"""Whether the network follows its mode, and predicts each example by itself (S2.7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tunebook.analysis.series import number
from tunebook.checks.one_look import SAME, Figures, Lines, check_of
from tunebook.checks.shape import TargetKind
from tunebook.records.finding import Finding, Verdict

_LEAK = 100 * SAME
_RANDOM = "Evaluating twice gives different predictions."
_BATCH = "A prediction depends on the other examples of its batch."
_FEATURES = "Take softmax, norms and means over features, never over the batch."
_SWITCH = "Call eval() before evaluation, and give functional dropout training=self.training."
_LINES = Lines("modes", {
    "evaluating": ("Training runs in evaluation mode.",
                   "evaluation mode in training: eval() is called and train() never again",
                   "Call train() on the network before every training step."),
    "unused": ("Dropout layers are never used.", "", "Call them in forward, or take them out."),
    "training": ("Evaluation runs in training mode.", "evaluation runs in training mode", _SWITCH),
    "drops": (_RANDOM, "dropout is on in evaluation: it runs in training mode", _SWITCH),
    "random": (_RANDOM, "random numbers are drawn in evaluation", "Draw them in training alone."),
    "reread": ("Validation examples change each time they are read.",
               "augmentation is on in evaluation: validation examples are random",
               "Augment training examples alone."),
    "across": (_BATCH, "wrong dimension: {name} reads across the batch, without batch_first",
               "Give it batch_first=True, or the batch as the second dimension."),
    "statistics": (_BATCH, "batch statistics in evaluation mode: {name} keeps none", _FEATURES),
    "leak": (_BATCH, "an operation over the wrong dimension: over the batch", _FEATURES),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class ModesFigures(Figures):
    """What was measured. Differences are the largest ones, in deviations of the outputs.

    ``stays_training`` and ``stays_evaluating`` tell that layers which depend on the mode ignore it,
    ``only_norms`` that these are batch statistics, or part of a network with a frozen body.
    ``unused_dropout`` layers are not called. ``drops``: random zeros were drawn in evaluation.
    ``twice`` compares two evaluations of one batch, ``reread`` validation examples read twice,
    ``leak`` predictions of half a batch with those within it. ``across`` are layers that take the
    second axis for that of examples, ``batch_statistics`` those that have none for evaluation.
    """

    targets: TargetKind
    stays_training: bool = False
    stays_evaluating: bool = False
    only_norms: bool = False
    unused_dropout: tuple[str, ...] = ()
    drops: bool = False
    twice: float | None = None
    reread: float | None = None
    leak: float | None = None
    across: tuple[str, ...] = ()
    batch_statistics: tuple[str, ...] = ()


def judge_modes(f: ModesFigures) -> Iterator[Finding]:
    """Yield what is wrong in training, in evaluation, and between examples."""
    lines = [*_modes(f), *_between(f)]
    yield from lines
    if all(line.verdict is Verdict.NOTICE for line in lines):
        figures = (("evaluated twice", f.twice), ("in half a batch", f.leak))
        value = ", ".join(f"{what} {number(x)}" for what, x in figures if x is not None)
        title = "Predictions in evaluation depend on nothing but the example."
        yield _LINES.passed(title, value, "0")


def _modes(f: ModesFigures) -> Iterator[Finding]:
    if f.stays_evaluating:
        # Batch statistics are frozen on purpose where a pretrained network is refined.
        value = "layers stay in evaluation mode after train()"
        yield _LINES.found("evaluating", value, "training mode", is_bad=not f.only_norms)
    if f.unused_dropout:
        value = f"{len(f.unused_dropout)} not called"
        yield _LINES.found("unused", value, is_bad=False, items=f.unused_dropout)
    is_random = f.twice is not None and f.twice > SAME
    # Networks that draw samples, as variational autoencoders do, are random on purpose.
    is_settled = f.targets in {TargetKind.CLASSES, TargetKind.LABELS}
    if f.stays_training or is_random:
        key = "drops" if f.drops and is_random else "training" if f.stays_training else "random"
        is_drop = key == "drops" and f.targets is TargetKind.NUMBERS
        is_bad = key == "training" or is_drop or is_settled
        yield _LINES.found(key, number(f.twice or 0.0), "0", is_bad=is_bad)
    if f.reread:
        yield _LINES.found("reread", f"by up to {number(f.reread)}", "0", is_bad=is_settled)


def _between(f: ModesFigures) -> Iterator[Finding]:
    if f.leak is not None and f.leak > _LEAK:
        key = "across" if f.across else "statistics" if f.batch_statistics else "leak"
        name = next(iter((*f.across, *f.batch_statistics)), "")
        yield _LINES.found(key, number(f.leak), "0", name=name)


CHECK = check_of(
    "modes",
    "Does the network follow its mode, and predict each example by itself?",
    ModesFigures,
    judge_modes,
    after=("parts", "loss"),
)
