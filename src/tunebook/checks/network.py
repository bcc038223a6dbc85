"""Whether all that should learn can: parameters, optimizer, types and gradients (S2.7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from tunebook.checks.check import Ability, Check
from tunebook.checks.one_look import ask_for
from tunebook.records.finding import Finding, Verdict

_NAME = "network"
_problem = partial(Finding, _NAME, Verdict.PROBLEM, source="S2.7")
_notice = partial(Finding, _NAME, Verdict.NOTICE, source="S2.7")


@dataclass(frozen=True, slots=True)
class NetworkFigures:
    """What was measured on the first batch, over three small steps where gradients are concerned.

    ``n_unregistered`` counts tensors that are learned from and are neither parameters of the
    network nor in the optimizer; ``missing`` are the trainable tensors that the optimizer lacks,
    ``n_foreign`` counts those it has that are not the network's. ``copies`` are weights of an
    embedding and an output layer that begin equal but are two. ``types`` and ``n_nonfinite`` are by
    place, in the order of calculation; ``first_bad`` is the first layer that makes such numbers.
    ``norms`` has the gradient of every trainable tensor, None where none arrived; ``uncalled`` are
    the tensors whose layer was not called. ``loss_is_cut``: the loss cannot be differentiated.
    """

    norms: Mapping[str, float | None]
    n_unregistered: int = 0
    missing: Sequence[str] = ()
    n_foreign: int = 0
    copies: Sequence[str] = ()
    types: Mapping[str, str] = field(default_factory=dict)
    n_nonfinite: Mapping[str, int] = field(default_factory=dict)
    first_bad: str = ""
    uncalled: Sequence[str] = ()
    vanishing: Sequence[str] = ()
    loss_is_cut: bool = False
    inputs_are_zero: bool = False
    failed: Mapping[str, str] = field(default_factory=dict)


def judge_network(f: NetworkFigures) -> Iterator[Finding]:
    """Yield what keeps the network from learning, or that all of it learns."""
    lines = [line for check in _CHECKS for line in check(f)]
    yield from lines
    if all(line.verdict is Verdict.NOTICE for line in lines):
        title = "Every trainable tensor is optimized and gets a gradient."
        yield Finding(_NAME, Verdict.PASS, title, f"{len(f.norms)} tensors", source="S2.7")


def _registered(f: NetworkFigures) -> Iterator[Finding]:
    if f.n_unregistered:
        yield _problem(
            "The network uses weights that are not its parameters: nothing will train them.",
            value=f"{f.n_unregistered} tensors",
            expected="0",
            causes=("layers kept in a plain list or dict", "tensors made without nn.Parameter"),
            advice="Register the layers as attributes, in a ModuleList or a ModuleDict.",
        )
    if f.missing:
        stale = "the optimizer was made for another network: its tensors are stale"
        causes = ("they are not given to the optimizer", stale)
        yield _problem(
            "The optimizer lacks trainable tensors.",
            value=f"{len(f.missing)} left out, {f.n_foreign} of something else",
            expected="0 left out",
            # Layers made or changed after the optimizer leave their old tensors in it.
            causes=causes[::-1] if f.n_foreign else causes,
            advice="Give it network.parameters(), or freeze these tensors on purpose.",
            items=tuple(f.missing),
        )
    if f.copies:
        yield _notice(
            "An embedding and an output layer begin equal, but are not tied.",
            value=f"{len(f.copies)} copies",
            causes=("weights are copied, and not tied",),
            advice="Assign the parameter itself: output.weight = embedding.weight.",
            items=tuple(f.copies),
        )


def _types(f: NetworkFigures) -> Iterator[Finding]:
    kinds = {"weights": "", **f.types}
    told = ", ".join(f"{place} {kind}" for place, kind in f.types.items())
    bad = kinds["weights"] in {"float64", "float16"}
    odd = {k for k in f.types.values() if k != kinds["weights"]}
    if not bad and not odd:
        return
    narrow = "weights in float16 lose small updates"
    cause = "numbers of unusual types: data not converted to float32"
    yield (_problem if bad else _notice)(
        "Numbers have different or unusual types.",
        value=told,
        expected="float32 throughout, or one narrower type",
        causes=(narrow if kinds["weights"] == "float16" else cause,),
        advice="Convert the data to float32 when they are read, and keep weights in float32.",
        items=tuple(place for place, kind in f.types.items() if kind in {"float64", "uint8"}),
    )


def _finite(f: NetworkFigures) -> Iterator[Finding]:
    bad = {place: n for place, n in f.n_nonfinite.items() if n}
    first = next(iter(bad), "")
    if not first:
        return
    where = f" of {f.first_bad}" if first == "outputs" and f.first_bad else ""
    yield _problem(
        f"NaN or infinity appears, first in the {first}{where}.",
        value=", ".join(f"{n} in {place}" for place, n in bad.items()),
        expected="0",
        causes=("missing values in the data: NaN in the inputs",)
        if first == "inputs"
        else ("a numerical problem: an exp, a log, a root or a division by zero makes NaN",),
        next_test=f"Look at the operation that yields the {first}.",
        advice="Clean the data, or use the stable form, such as log-softmax.",
    )


def _gradients(f: NetworkFigures) -> Iterator[Finding]:
    dead = tuple(n for n, norm in f.norms.items() if not norm and not _cancels(n, f.norms))
    # Not finite gradients are told of above, and optimizers that lack tensors too.
    if any(f.n_nonfinite.values()) or not (dead or f.vanishing):
        return
    if not dead:
        yield _problem(
            "Gradients vanish on their way through the network.",
            value=f"{len(f.vanishing)} weights with less than a ten-millionth of the largest",
            expected="0",
            causes=(
                "the gradient vanishes in deep saturating layers: it does not reach the first ones",
                "initial weights too small",
            ),
            next_test="Print the gradient norm of every layer, from the last to the first.",
            advice="Use ReLU, normalization or residual connections, and initial weights that fit.",
            items=tuple(f.vanishing),
        )
        return
    cut = "the graph is cut: no gradient passes a detach, no_grad, argmax or conversion"
    unused = "a layer is created and never used: no gradient"
    zero = "no gradient arrives but zeros: dead units, or a factor of zero"
    zero = "inputs are zeroed: all the same" if f.inputs_are_zero else zero
    is_unused = set(dead) <= set(f.uncalled)
    is_zero = all(f.norms[name] is not None for name in dead)
    yield _problem(
        "No gradient leaves the loss." if f.loss_is_cut else "Some tensors get no gradient.",
        value=f"{len(dead)} of {len(f.norms)} trainable tensors without",
        expected="0",
        causes=(unused, cut) if is_unused else (zero, cut) if is_zero else (cut, unused),
        next_test=f"Follow the forward pass from {dead[0]} to the loss.",
        advice="Repair the graph, or freeze these tensors on purpose.",
        items=dead,
    )


def _cancels(name: str, norms: Mapping[str, float | None]) -> bool:
    """Whether a bias gets a gradient of exactly 0 beside a weight that learns.

    Signs cancel out in an absolute error, and a normalization takes the mean off again.
    """
    beside = name.removesuffix("bias") + "weight"
    return name.endswith("bias") and norms[name] == 0.0 and bool(norms.get(beside))


_CHECKS = (_registered, _types, _finite, _gradients)

CHECK = Check(
    name=_NAME,
    question="Does every trainable tensor get a gradient and an optimizer?",
    rules=("S2.7",),
    ability=Ability.CAN_LOOK_INSIDE,
    ask=ask_for(_NAME, NetworkFigures, judge_network),
    after=("parts",),
    reads=(NetworkFigures,),
)
