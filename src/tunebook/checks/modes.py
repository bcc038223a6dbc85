"""Whether the network follows its mode, and predicts each example by itself (S2.7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from tunebook.analysis.series import number
from tunebook.checks.check import Ability, Check
from tunebook.checks.one_look import SAME, ask_for
from tunebook.checks.shape import TargetKind
from tunebook.records.finding import Finding, Verdict

_NAME = "modes"
_LEAK = 100 * SAME
_problem = partial(Finding, _NAME, Verdict.PROBLEM, source="S2.7")
_notice = partial(Finding, _NAME, Verdict.NOTICE, source="S2.7")


@dataclass(frozen=True, slots=True)
class ModeFigures:
    """What was measured. Differences are the largest ones, in deviations of the outputs.

    ``stays_training`` and ``stays_evaluating`` tell that layers which depend on the mode ignore it,
    ``only_norms`` that these are batch statistics alone. ``unused_dropout`` layers are not called.
    ``drops``: random zeros were drawn in evaluation. ``twice`` compares two evaluations of one
    batch, ``reread`` validation examples read twice, ``leak`` predictions of half a batch with
    those within it. ``across`` are layers that take the second axis for that of examples,
    ``batch_statistics`` those that normalize by the batch in evaluation.
    """

    kind: TargetKind
    stays_training: bool = False
    stays_evaluating: bool = False
    only_norms: bool = False
    unused_dropout: Sequence[str] = ()
    drops: bool = False
    twice: float | None = None
    reread: float | None = None
    leak: float | None = None
    across: Sequence[str] = ()
    batch_statistics: Sequence[str] = ()
    failed: Mapping[str, str] = field(default_factory=dict)


def judge_modes(f: ModeFigures) -> Iterator[Finding]:
    """Yield what is wrong in training, in evaluation, and between examples."""
    lines = [*_training(f), *_evaluation(f), *_between(f)]
    yield from lines
    if all(line.verdict is Verdict.NOTICE for line in lines):
        value = ", ".join(
            f"{what} {number(found)}"
            for what, found in (("evaluated twice", f.twice), ("in half a batch", f.leak))
            if found is not None
        )
        title = "Predictions in evaluation depend on nothing but the example."
        yield Finding(_NAME, Verdict.PASS, title, value, "0", source="S2.7")


def _training(f: ModeFigures) -> Iterator[Finding]:
    if f.stays_evaluating:
        # Batch statistics are frozen on purpose where a pretrained network is refined.
        yield (_notice if f.only_norms else _problem)(
            "Training runs in evaluation mode.",
            value="layers stay in evaluation mode after train()",
            expected="training mode",
            causes=("evaluation mode in training: eval() is called and train() never again",),
            advice="Call train() on the network before every training step.",
        )
    if f.unused_dropout:
        yield _notice(
            "Dropout layers are never used.",
            value=f"{len(f.unused_dropout)} not called",
            advice="Call them in forward, or take them out.",
            items=tuple(f.unused_dropout),
        )


def _evaluation(f: ModeFigures) -> Iterator[Finding]:
    is_random = f.twice is not None and f.twice > SAME
    # Networks that draw samples, as autoencoders of distributions do, are random on purpose.
    is_settled = f.kind in {TargetKind.CLASSES, TargetKind.LABELS}
    if f.stays_training or is_random:
        is_bad = f.stays_training or f.drops or is_settled
        cause = "evaluation runs in training mode"
        if f.drops:
            cause = "dropout is on in evaluation: it runs in training mode"
        elif not f.stays_training:
            cause = "random numbers are drawn in evaluation"
        yield (_problem if is_bad else _notice)(
            "Evaluating twice gives different predictions."
            if is_random
            else "Evaluation runs in training mode.",
            value=number(f.twice or 0.0),
            expected="0",
            causes=(cause,),
            next_test="Call eval() on the network and evaluate twice again.",
            advice="Switch to evaluation mode before every evaluation, and back after it; "
            "give functional dropout training=self.training.",
        )
    if f.reread is not None and f.reread > 0:
        yield (_problem if is_settled else _notice)(
            "Validation examples change each time they are read.",
            value=f"by up to {number(f.reread)}",
            expected="0",
            causes=("augmentation is on in evaluation: validation examples are random",),
            advice="Augment training examples alone.",
        )


def _between(f: ModeFigures) -> Iterator[Finding]:
    if f.leak is None or f.leak <= _LEAK:
        return
    cause = "an operation over the wrong dimension: over the batch"
    if f.across:
        cause = f"wrong dimension: {f.across[0]} reads across the batch, without batch_first"
    elif f.batch_statistics:
        cause = f"batch statistics in evaluation mode: {f.batch_statistics[0]} keeps none"
    yield _problem(
        "A prediction depends on the other examples of its batch.",
        value=number(f.leak),
        expected="0",
        causes=(cause,),
        next_test="Evaluate one example alone and within a batch, layer by layer.",
        advice="Take softmax, norms and means over features, never over the batch.",
    )


CHECK = Check(
    name=_NAME,
    question="Does the network follow its mode, and predict each example by itself?",
    rules=("S2.7",),
    ability=Ability.CAN_LOOK_INSIDE,
    ask=ask_for(_NAME, ModeFigures, judge_modes),
    after=("parts",),
    reads=(ModeFigures,),
)
