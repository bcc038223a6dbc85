"""Whether a network that reads sequences sees its answers, or learns from padding (S2.7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from tunebook.analysis.series import number
from tunebook.checks.check import Ability, Check
from tunebook.checks.one_look import SAME, ask_for
from tunebook.records.finding import Finding, Verdict

_NAME = "sequence"
_MOVED = 100 * SAME
_problem = partial(Finding, _NAME, Verdict.PROBLEM, source="S2.7")
_notice = partial(Finding, _NAME, Verdict.NOTICE, source="S2.7")


@dataclass(frozen=True, slots=True)
class SequenceFigures:
    """What was measured on the first batch; None where it does not apply.

    ``offset`` is the place of the input that the loss wants from each output: 0 its own, 1 the
    next; None unless nearly all agree. Differences are in deviations of the outputs:
    ``sees_later`` of early outputs when late inputs change, ``padding_moves`` of outputs when the
    padding is cut off. ``padding`` is the share of padding among inputs; ``counts_padding`` tells
    whether outputs there cost anything.
    """

    is_sequence: bool = False
    has_numbers: bool = False
    offset: int | None = None
    sees_later: float | None = None
    padding: float | None = None
    counts_padding: bool | None = None
    padding_moves: float | None = None
    failed: Mapping[str, str] = field(default_factory=dict)


def judge_sequence(f: SequenceFigures) -> Iterator[Finding]:
    """Yield what is wrong with the order of words, or with their padding."""
    if not f.is_sequence:
        return
    lines = [*_order(f), *_padding(f)]
    yield from lines
    if all(line.verdict is Verdict.NOTICE for line in lines):
        seen = "" if f.sees_later is None else f"early outputs move by {number(f.sees_later)}"
        padded = "" if f.padding is None else f"{f.padding:.0%} of the places are padding"
        value = ", ".join(part for part in (seen, padded) if part)
        yield Finding(_NAME, Verdict.PASS, "Sequences hide their answers.", value, source="S2.7")


def _order(f: SequenceFigures) -> Iterator[Finding]:
    sees = f.sees_later is not None and f.sees_later > _MOVED
    if f.offset == 1 and sees:
        yield _problem(
            "Outputs depend on later inputs, which are what they are to predict.",
            value=f"early outputs move by {number(f.sees_later or 0.0)} when late inputs change",
            expected="0",
            causes=("the causal mask is missing: the network sees the future, its target",),
            next_test="Change the last input and compare the first output.",
            advice="Mask attention to later places, or pad convolutions on the left alone.",
        )
    if f.has_numbers or f.offset in {None, 1}:
        return
    # A network that sees both directions may be built to copy; one that cannot is a language model.
    verdict = _problem if f.offset == 2 or (f.offset == 0 and not sees) else _notice
    told = {
        0: ("equal the inputs", "targets are not shifted: the network copies its inputs"),
        2: ("are two places ahead", "targets are shifted twice: in the data and in the loss"),
        -1: ("are the inputs before", "targets are shifted in the wrong direction"),
    }
    title, cause = told[f.offset or 0]
    yield verdict(
        f"Targets {title}.",
        value=f"target of each place: the input {f.offset} places on",
        expected="1 place on",
        causes=(cause,),
        advice="Shift the targets by one place, once.",
    )


def _padding(f: SequenceFigures) -> Iterator[Finding]:
    if f.padding is not None and f.counts_padding:
        yield _problem(
            "The loss counts padding.",
            value=f"{f.padding:.0%} of the places are padding",
            expected="outputs there cost nothing",
            causes=("padding is counted in the loss, and not ignored or masked",),
            advice="Give padded targets the ignore_index of the loss, or mask them.",
        )
    if f.padding_moves is not None and f.padding_moves > _MOVED:
        yield _notice(
            "Predictions depend on how much padding follows.",
            value=f"outputs move by {number(f.padding_moves)} without it",
            expected="0",
            causes=("padding is attended to, or pooled over",),
            advice="Mask the padding in attention and pooling, or pack the sequences.",
        )


CHECK = Check(
    name=_NAME,
    question="Are answers hidden from a network that reads sequences, and is padding left out?",
    rules=("S2.7",),
    ability=Ability.CAN_LOOK_INSIDE,
    ask=ask_for(_NAME, SequenceFigures, judge_sequence),
    after=("parts",),
    reads=(SequenceFigures,),
)
