"""Whether all that should learn can: parameters, optimizer, types and gradients (S2.7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tunebook.checks.one_look import Figures, Lines, check_of
from tunebook.records.finding import Finding, Verdict

_LACKS = "The optimizer lacks trainable tensors."
_GIVE = "Give it network.parameters(), or freeze these tensors on purpose."
_DEAD, _TYPES = "Some tensors get no gradient.", "Numbers have different or unusual types."
_FOLLOW = "Follow the forward pass from {first} to the loss, or freeze these on purpose."
_CONVERT = "Convert the data to float32 when they are read, and keep weights in float32."
_NAN = "NaN or infinity appears, first in the {place}."
_LINES = Lines("network", {
    "unregistered": (
        "The network uses weights that are not its parameters: nothing will train them.",
        "layers kept in a plain list or dict",
        "Register the layers as attributes, in a ModuleList or a ModuleDict."),
    "missing": (_LACKS, "they are not given to the optimizer", _GIVE),
    "stale": (_LACKS, "the optimizer was made for another network: its tensors are stale", _GIVE),
    "copies": ("An embedding and an output layer begin equal, but are not tied.",
               "weights are copied, and not tied",
               "Assign the parameter itself: output.weight = embedding.weight."),
    "types": (_TYPES, "numbers of unusual types: data not converted to float32", _CONVERT),
    "float16": (_TYPES, "weights in float16 lose small updates", _CONVERT),
    "missing values": (_NAN, "missing values in the data: NaN in the inputs", "Clean the data."),
    "numerical": (_NAN, "a numerical problem: an exp, a log, a root or a division makes NaN",
                  "Use the stable form, such as log-softmax, and keep roots off 0."),
    "vanishing": ("Gradients vanish on their way through the network.",
                  "the gradient vanishes in deep saturating layers",
                  "Use ReLU, normalization or residual connections, and weights that fit."),
    "cut": (_DEAD, "no gradient: the graph is cut by a detach, no_grad, argmax or conversion",
            _FOLLOW),
    "unused": (_DEAD, "no gradient: a layer is created and never used", _FOLLOW),
    "zero": (_DEAD, "no gradient arrives but zeros: dead units, or a factor of zero", _FOLLOW),
    "blank": (_DEAD, "inputs are zeroed: all the same", "Look at the inputs."),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class NetworkFigures(Figures):
    """What was measured on the first batch, over three small steps where gradients are concerned.

    ``n_unregistered`` counts tensors that are learned from and are neither parameters of the
    network nor in the optimizer; ``missing`` are the trainable tensors that the optimizer lacks,
    ``n_foreign`` counts those it has that are not the network's. ``copies`` are weights of an
    embedding and an output layer that begin equal but are two. ``types`` and ``n_nonfinite`` are by
    place, in the order of calculation; ``first_bad`` is the first layer that makes such numbers.
    ``norms`` has the gradient of every trainable tensor, None where none arrived; ``uncalled`` are
    the tensors whose layer was not called.
    """

    norms: Mapping[str, float | None]
    n_unregistered: int = 0
    missing: tuple[str, ...] = ()
    n_foreign: int = 0
    copies: tuple[str, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)
    n_nonfinite: Mapping[str, int] = field(default_factory=dict)
    first_bad: str = ""
    uncalled: tuple[str, ...] = ()
    vanishing: tuple[str, ...] = ()
    inputs_are_zero: bool = False


def judge_network(f: NetworkFigures) -> Iterator[Finding]:
    """Yield what keeps the network from learning, or that all of it learns."""
    lines = [*_registered(f), *_types(f), *(_numbers(f) or _gradients(f))]
    yield from lines
    if all(line.verdict is Verdict.NOTICE for line in lines):
        title = "Every trainable tensor is optimized and gets a gradient."
        yield _LINES.passed(title, f"{len(f.norms)} tensors")


def _registered(f: NetworkFigures) -> Iterator[Finding]:
    if f.n_unregistered:
        yield _LINES.found("unregistered", f"{f.n_unregistered} tensors", "0")
    if f.missing:
        # Layers that are changed after the optimizer was made leave their old tensors in it.
        key = "stale" if f.n_foreign else "missing"
        value = f"{len(f.missing)} left out, {f.n_foreign} of something else"
        yield _LINES.found(key, value, "0 left out", items=f.missing)
    if f.copies:
        yield _LINES.found("copies", f"{len(f.copies)}", "0", is_bad=False, items=f.copies)


def _types(f: NetworkFigures) -> Iterator[Finding]:
    own = f.types.get("weights", "")
    is_bad = own in {"float64", "float16"}
    if is_bad or any(kind != own for kind in f.types.values()):
        value = ", ".join(f"{place} {kind}" for place, kind in f.types.items())
        key = "float16" if own == "float16" else "types"
        yield _LINES.found(key, value, "float32 throughout, or one narrower type", is_bad=is_bad)


def _numbers(f: NetworkFigures) -> tuple[Finding, ...]:
    bad = {place: n for place, n in f.n_nonfinite.items() if n}
    first = next(iter(bad), "")
    if not first:
        return ()
    value = ", ".join(f"{n} in {place}" for place, n in bad.items())
    key = "missing values" if first == "inputs" else "numerical"
    place = f"{first} of {f.first_bad}" if first == "outputs" and f.first_bad else first
    return (_LINES.found(key, value, "0", place=place),)


def _gradients(f: NetworkFigures) -> tuple[Finding, ...]:
    dead = tuple(n for n, norm in f.norms.items() if not norm and not _cancels(n, f.norms))
    if not dead:
        value = f"{len(f.vanishing)} weights with less than a ten-millionth of the largest"
        found = _LINES.found("vanishing", value, "0", items=f.vanishing)
        return (found,) if f.vanishing else ()
    key = "cut"
    if set(dead) <= set(f.uncalled):
        key = "unused"
    elif all(f.norms[name] is not None for name in dead):
        key = "blank" if f.inputs_are_zero else "zero"
    value = f"{len(dead)} of {len(f.norms)} trainable tensors without"
    return (_LINES.found(key, value, "0", items=dead, first=dead[0]),)


def _cancels(name: str, norms: Mapping[str, float | None]) -> bool:
    """Whether a bias gets a gradient of exactly 0 beside a weight that learns.

    Signs cancel out in an absolute error, and a normalization takes the mean off again.
    """
    beside = name.removesuffix("bias") + "weight"
    return name.endswith("bias") and norms[name] == 0.0 and bool(norms.get(beside))


CHECK = check_of(
    "network",
    "Does every trainable tensor get a gradient and an optimizer?",
    NetworkFigures,
    judge_network,
    after=("parts", "loss"),
)
