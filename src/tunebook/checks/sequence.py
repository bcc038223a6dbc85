"""Whether a network that reads sequences sees its answers, or learns from padding (S2.7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tunebook.analysis.series import number
from tunebook.checks.one_look import SAME, Figures, Lines, check_of
from tunebook.records.finding import Finding, Verdict

_MOVED = 100 * SAME
_SHIFT = "Shift the targets by one place, once."
_LINES = Lines("sequence", {
    "later": ("Outputs depend on later inputs, which are what they are to predict.",
              "the causal mask is missing: the network sees the future, its target",
              "Mask attention to later places, or pad convolutions on the left alone."),
    "0": ("Targets equal the inputs.", "targets are not shifted: the network copies its inputs",
          _SHIFT),
    "2": ("Targets are two places ahead.",
          "targets are shifted twice: in the data and in the loss", _SHIFT),
    "-1": ("Targets are the inputs before.", "targets are shifted in the wrong direction",
           _SHIFT),
    "counted": ("The loss counts padding.",
                "padding is counted in the loss, and not ignored or masked",
                "Give padded targets the ignore_index of the loss, or mask them."),
    "attended": ("Predictions depend on how much padding follows.",
                 "padding is attended to, or pooled over",
                 "Mask the padding in attention and pooling, or pack the sequences."),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class SequenceFigures(Figures):
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


def judge_sequence(f: SequenceFigures) -> Iterator[Finding]:
    """Yield what is wrong with the order of words, or with their padding."""
    lines = [*_order(f), *_padding(f)]
    yield from lines
    if f.is_sequence and all(line.verdict is Verdict.NOTICE for line in lines):
        seen = "" if f.sees_later is None else f"early outputs move by {number(f.sees_later)}"
        padded = "" if f.padding is None else f"{f.padding:.0%} of the places are padding"
        yield _LINES.passed(
            "Sequences hide their answers.", ", ".join(filter(None, (seen, padded)))
        )


def _order(f: SequenceFigures) -> Iterator[Finding]:
    sees = f.sees_later is not None and f.sees_later > _MOVED
    if f.offset == 1 and sees:
        value = f"early outputs move by {number(f.sees_later or 0.0)} when late inputs change"
        yield _LINES.found("later", value, "0")
    elif f.offset in {0, 2, -1} and not f.has_numbers:
        # What sees both directions may be built to copy; what cannot is a language model.
        is_bad = f.offset == 2 or (f.offset == 0 and not sees)
        value = f"the target of each place is the input {f.offset} places on"
        yield _LINES.found(str(f.offset), value, "1 place on", is_bad=is_bad)


def _padding(f: SequenceFigures) -> Iterator[Finding]:
    if f.padding is not None and f.counts_padding:
        value = f"{f.padding:.0%} of the places are padding"
        yield _LINES.found("counted", value, "outputs there cost nothing")
    if f.padding_moves is not None and f.padding_moves > _MOVED:
        value = f"outputs move by {number(f.padding_moves)} without it"
        yield _LINES.found("attended", value, "0", is_bad=False)


CHECK = check_of(
    "sequence",
    "Are answers hidden from a network that reads sequences, and is padding left out?",
    SequenceFigures,
    judge_sequence,
    after=("parts", "loss"),
)
