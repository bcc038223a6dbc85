"""What a person should know before a study runs, or when it is looked at: a line for each thing."""

from __future__ import annotations

from tunebook.engine import Facts
from tunebook.live.appearance import number_text
from tunebook.search.assumed_priors import assumed_priors
from tunebook.search.auto import N_INITIAL
from tunebook.search.bayes import Bayes, concurrency_warning
from tunebook.search.past import PastStudy, shared_names
from tunebook.space import Space
from tunebook.storage import Store
from tunebook.study.warm_start import offered


def notices(facts: Facts, n_workers: int) -> list[str]:
    """Return what is assumed, what the study starts from, and what makes its search random."""
    spec, space = facts.known_spec, Space.from_dict(facts.space)
    lines = [
        f"starts from what {len(past.outcomes)} trials of {past.name} say about "
        + ", ".join(shared_names(space, past.space))
        for past in map(PastStudy.from_dict, spec.past)
    ]
    # By name: the searcher may be one of the user's own, which cannot be made here.
    name = spec.search.get("name")
    is_auto = name == "auto"
    if is_auto and (found := assumed_priors(space)):
        told = ", ".join(
            f"{name} {number_text(float(prior.value))} ({prior.source})"  # type: ignore[arg-type]  # only numbers are assumed
            for name, prior in found.items()
        )
        lines.append(f"assumed priors: {told}; a prior of your own in the space replaces one")
    if name == "bayes" or (is_auto and spec.max_steps in {None, 1}):
        initial = int(spec.search.get("initial", N_INITIAL))
        most = int(spec.search.get("max_concurrent", Bayes().max_concurrent))
        n_at_once = n_workers if is_auto else min(most, n_workers)
        warning = concurrency_warning(facts.budget.trials, initial, n_at_once)
        lines += [f"warning: {warning}"] if warning is not None else []
    return lines


def offer(facts: Facts, store: Store) -> str | None:
    """Return the offer to start from older studies, None if there is none or it is too late."""
    if facts.trials or facts.known_spec.past:
        return None
    names = offered(store, facts.known_spec)
    if not names:
        return None
    others = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
    return (
        f"{names[0]}{others} tuned much of this before: warm_start={names[:1]!r}, "
        f"or --warm-start {names[0]}, starts from it"
    )
