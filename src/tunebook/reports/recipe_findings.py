"""What a study of a recipe says of its gain, what was fixed, what was sampled (S0.10, I5, I9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tunebook.engine import Facts
from tunebook.records import TaskKind
from tunebook.reports.messages import FindingMessage
from tunebook.search.lineage import lineage
from tunebook.space import Space


def findings_of_recipe(facts: Facts) -> Iterator[FindingMessage]:
    """Yield the notices of a search over a recipe; nothing for any other study."""
    is_search = bool(Space.from_dict(facts.space).dimensions)
    if facts.known_spec.task.kind is not TaskKind.RECIPE or not is_search:
        return
    yield _gain(facts)
    for number, caveat in enumerate(caveats(facts)):
        yield FindingMessage(
            id=f"caveat:{number}",
            level="notice",
            title=caveat[:1].upper() + caveat[1:],
            evidence="Conclusions of this study hold under this condition",
            advice="Confirm what was found on all data" if "training data" in caveat else "",
            source="I9",
        )


def _gain(facts: Facts) -> FindingMessage:
    first, best = facts.trials[0], facts.best
    title = "No baseline: gain unknown"
    evidence = "The study has no value of the recipe's default configuration"
    advice = "Train the recipe as it is, under the same conditions"
    default = first.value if first.source == "enqueued" else None
    if default is not None and best is not None and best.value is not None:
        gain = facts.known_spec.objective.sign * (default - best.value)
        continued = len(lineage(facts.trials, best.number)) > 1
        also = "; the best continues other trials, the baseline does not (S0.19)" * continued
        title = "Nothing looked better than the baseline"
        if gain > 0:
            title = f"Looked better than the baseline by {gain:.4g} in one run"
        evidence = (
            f"Trial {best.number}: {best.value:.4g}; baseline, trial 0: {default:.4g}, on "
            f"the same data and steps; the best of {len(facts.trials)} is luck in part{also}"
        )
        advice = "Train both again with other seeds: tunebook train ... --confirm 5" * (gain > 0)
    return FindingMessage("gain", "notice", title, evidence, advice, source="S0.10")


def caveats(facts: Facts) -> Iterator[str]:
    """Yield what was held fixed and what was made smaller: it travels with conclusions (I9)."""
    options, space = facts.known_spec.task.options, Space.from_dict(facts.space)
    fixed: Mapping[str, Any] = options.get("fixed", {})
    held = [f"{name} {v}" for name, v in fixed.items() if not _is_searched(name, space, fixed)]
    if held:
        yield f"held fixed: {', '.join(held)}"
    share = float(options.get("data_fraction", 1.0))
    if share < 1.0:
        yield f"trained on {share:.0%} of the training data"


def _is_searched(name: str, space: Space, fixed: Mapping[str, Any]) -> bool:
    """Whether each optimizer has the value in a space of its own, as ``adam.lr`` is."""
    dotted = (dimension.rpartition(".") for dimension in space.dimensions)
    owners = {owner for owner, _, plain in dotted if owner and plain == name}
    optimizers = getattr(space.parameters.get("optimizer"), "values", (fixed.get("optimizer"),))
    return owners >= set(optimizers)
