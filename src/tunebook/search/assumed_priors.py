"""What the playbook holds to be good values of well-known parameters, as weak priors.

Only where a user said nothing, only inside the user's range, and always low confidence: they fade
with the trials and are dropped when these contradict them. Names decide, so each must be plain.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias, final

from tunebook.records import Value
from tunebook.space import Choice, Confidence, Constant, Float, Int, Space

ADAM, SGD = "adam", "sgd"

_FAMILIES = {
    **dict.fromkeys(("adam", "adamw", "nadam", "nadamw", "radam"), ADAM),
    **dict.fromkeys(("sgd", "momentum", "nesterov"), SGD),
}

_Names: TypeAlias = tuple[str, ...]


@final
@dataclass(frozen=True, slots=True)
class Assumption:
    """Parameters of these names, under this optimizer if one is given, are good at ``value``."""

    names: _Names
    value: float
    source: str
    family: str | None = None

    def is_about(self, name: str, family: str | None) -> bool:
        """Whether it speaks of a parameter, by the end of its name and its optimizer."""
        ends = any(name == known or name.endswith(f"_{known}") for known in self.names)
        return ends and self.family in (None, family)


_LR: _Names = ("lr", "learning_rate")
ASSUMPTIONS = (
    Assumption(("one_minus_momentum", "one_minus_beta1", "one_minus_beta_1"), 0.1, "S4.44"),
    Assumption(("one_minus_beta2", "one_minus_beta_2"), 0.001, "S4.44"),
    Assumption(_LR, 3e-4, "C15", ADAM),
    Assumption(_LR, 0.1, "C15", SGD),
    Assumption(("momentum", "beta1", "beta_1"), 0.9, "S4.44"),
    Assumption(("beta2", "beta_2"), 0.999, "S4.44"),
    Assumption(("adamw_weight_decay", "adamw_wd"), 0.07, "S4.44"),
    Assumption(("label_smoothing",), 0.1, "S4.44"),
    Assumption(("dropout", "dropout_rate"), 0.1, "S4.44"),
    Assumption(("warmup_fraction", "warmup_share", "warmup_ratio"), 0.05, "S4.44"),
)


@final
@dataclass(frozen=True, slots=True)
class AssumedPrior:
    """A prior that nobody gave: shown to the user, who may give another."""

    value: Value
    source: str


def assumed_priors(space: Space) -> dict[str, AssumedPrior]:
    """Return the priors assumed for a space: of parameters of known names without one."""
    found: dict[str, AssumedPrior] = {}
    for name in space.dimensions:
        parameter = space.parameters[name]
        if not isinstance(parameter, Float | Int) or parameter.prior is not None:
            continue
        plain, family = _plain(name), _family(space, name)
        about = next((a for a in ASSUMPTIONS if a.is_about(plain, family)), None)
        if about is not None and parameter.low <= about.value <= parameter.high:
            value = about.value if isinstance(parameter, Float) else round(about.value)
            found[name] = AssumedPrior(value, about.source)
    return found


def with_assumed_priors(space: Space) -> Space:
    """Return the space with the priors that are assumed for it; the same configurations."""
    assumed = assumed_priors(space)
    if not assumed:
        return space
    form = space.to_dict()
    for name, prior in assumed.items():
        form[name] = {**form[name], "prior": prior.value, "confidence": str(Confidence.LOW)}
    return Space.from_dict(form)


def _plain(name: str) -> str:
    """Return a name in one spelling: ``adamw.WeightDecay`` is ``adamw_weight_decay``."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")


def _family(space: Space, name: str) -> str | None:
    """Return the optimizer a parameter belongs to: by its name, its condition, or the only one."""
    for part in _plain(name).split("_")[:-1]:
        if part in _FAMILIES:
            return _FAMILIES[part]
    families = set()
    for parent, wanted in (space.parameters[name].when or {}).items():
        if "optim" in _plain(parent):
            values = wanted if isinstance(wanted, tuple) else (wanted,)
            families |= {_FAMILIES.get(_plain(str(value))) for value in values}
    if not families:
        families = set(_optimizers(space))
    return families.pop() if len(families) == 1 else None


def _optimizers(space: Space) -> list[str | None]:
    """Return the families of all optimizers that a space names."""
    found: list[str | None] = []
    for name, parameter in space.parameters.items():
        if "optim" in _plain(name) and isinstance(parameter, Choice | Constant):
            values = parameter.values if isinstance(parameter, Choice) else (parameter.value,)
            found += [_FAMILIES.get(_plain(str(value))) for value in values]
    return found
