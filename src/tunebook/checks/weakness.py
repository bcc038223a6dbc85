"""Why is the model bad? The headline, suspects of all four families, and what to try next.

The terms of the error are those of the best trial (S2.10); the lists are those of S2.13.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tunebook.analysis.boundary import EdgeAdvice
from tunebook.analysis.curve_verdicts import CurveTag
from tunebook.analysis.infeasibility import Level
from tunebook.checks.check import Ability
from tunebook.checks.decomposition import Headline, SplitError, TermName, decompose, headline
from tunebook.checks.one_look import check_of
from tunebook.checks.trial_figures import BestTrial, TrialFigures
from tunebook.records.finding import Finding, Verdict

_RATES = ("lr", "schedule", "warmup", "momentum", "beta1", "batch_size", "optimizer")
_REGULARIZATION = ("weight_decay", "dropout", "label_smoothing")
_LAST: Mapping[str, tuple[str, ...]] = {
    "error analysis: look at what it gets wrong": (),
    "an architecture closer to the state of the art": (
        "network",
        "architecture",
        "model",
        "backbone",
    ),
    "other values of the learning rate and its like": _RATES,
}
_LISTS: Mapping[Headline | None, Mapping[str, tuple[str, ...]]] = {
    Headline.UNDERFITTING: {
        "a bigger model, by layers or units": ("width", "depth"),
        "less regularization": _REGULARIZATION,
        **_LAST,
        "more features": (),
    },
    Headline.OVERFITTING: {
        "more training data": ("data_fraction",),
        "normalization, by batch or layer": ("normalization",),
        "augmentation": ("augmentation", "mixup"),
        "more regularization": _REGULARIZATION,
        **_LAST,
    },
    Headline.SHIFT: {
        "look at errors on test-val, and collect data like them": (),
        "synthesize data like them": (),
        "domain adaptation": (),
    },
}
"""What to try, in this order; and the hyperparameters whose search is such a try (S2.13)."""

_HEADS: Mapping[Headline | None, tuple[TermName, str]] = {
    Headline.UNDERFITTING: (
        TermName.BIAS,
        "First underfitting: it has not learned its training data well enough",
    ),
    Headline.OVERFITTING: (
        TermName.VARIANCE,
        "First overfitting: it is better on training data than on validation data",
    ),
    Headline.SHIFT: (
        TermName.SHIFT,
        "First a shift of the data: it is worse on data of the test's source",
    ),
}


def judge(figures: TrialFigures) -> Iterator[Finding]:
    """Yield the headline with its evidence and its list, and what to rule out of each family."""
    best, target, metric = figures.best, figures.target, figures.objective.metric
    head = None if best is None else _headline(figures, best)
    evidence, tests = _families(figures, head)
    causes = tuple(f"{name}: {what}" for name, what in evidence.items() if what)
    if best is None:
        title, advice = (
            "No trial has a value: there is nothing to judge",
            "Fix what ends the trials",
        )
        yield Finding("weakness", Verdict.UNKNOWN, title, causes=causes, advice=advice)
        return
    told = [f"trial {best.number}: {metric} {best.value:.4g} at step {best.step}"]
    base = "error" if best.is_rate else best.base
    value = "; ".join([*told, *(f"{base} on {s} {v:.4g}" for s, v in best.errors.items())])
    if target is not None and not figures.objective.is_better(target, best.value):
        title = "The target was reached"
        yield Finding("weakness", Verdict.PASS, title, value, f"{target:g}", source="S2.1")
        return
    items = _LISTS.get(head, {})
    tried = {item: ", ".join(n for n in figures.varied if n in items[item]) for item in items}
    left = [item for item, names in tried.items() if not names]
    verdict, title, advice = _answer(head, figures, best)
    if tried:
        advice = f"Try next: {left[0]}" if left else "Every item of the list was varied here"
    yield Finding(
        "weakness",
        verdict,
        title,
        value,
        expected="" if target is None else f"{metric} {target:g}, the study's target",
        causes=causes,
        advice=advice,
        items=tuple(
            f"{item}: {f'varied {names}' if names else 'not tried in this study'}"
            for item, names in tried.items()
        ),
        source="S2.13",
    )
    yield Finding(
        "families",
        Verdict.NOTICE,
        "What to rule out, of each family of causes",
        value=f"{len(causes)} of 4 have evidence in this study",
        items=tuple(
            f"{name}: {evidence[name] or 'no evidence here'}; test: {tests[name]}"
            for name in sorted(evidence, key=lambda name: not evidence[name])
        ),
        source="S2.2",
    )


def _headline(figures: TrialFigures, best: BestTrial) -> Headline | None:
    """Return what to work on first, None where that is not known; chance is no headline."""
    if CurveTag.OVERFITS_STRONGLY in best.tags:
        return Headline.OVERFITTING
    if not best.errors:
        return None
    target = None
    # The target tells the bias only where it is of the same metric as the errors.
    if figures.target is not None and best.base == figures.objective.metric:
        is_turned = best.is_rate and figures.objective.sign < 0
        target = SplitError(1 - figures.target if is_turned else figures.target)
    sizes = {
        "train-val" if split == "validation" else split: SplitError(error)
        for split, error in best.errors.items()
    }
    found = decompose(sizes, target, unit="" if best.is_rate else best.base)
    head, _ = headline(found)
    term = found.term(_HEADS[head][0]) if head in _HEADS else None
    noise = max(figures.deviation or 0.0, figures.curves.noise or 0.0)
    if term is not None and term.size > 2 * noise:
        return head
    return None if target is None else Headline.NOTHING


def _answer(
    head: Headline | None, figures: TrialFigures, best: BestTrial
) -> tuple[Verdict, str, str]:
    """Return the verdict, the title, and what to do where no list says it."""
    if head in _HEADS:
        return Verdict.NOTICE, _HEADS[head][1], ""
    if CurveTag.IMPROVING in best.tags:
        title = "First the length: the best trial was still improving at its end"
        return Verdict.NOTICE, title, "Raise max_steps"
    if head is Headline.NOTHING:
        title = "No part of the error is large and sure enough to act on"
        return Verdict.NOTICE, title, "Look at what it gets wrong"
    steps = {}
    if not best.errors:
        report = f"Report {best.wanted} beside {figures.objective.metric}"
        steps[f"{best.wanted} was not reported"] = report
    if figures.target is None:
        steps["no target was set"] = "Set a target in the budget"
    why = f": {' and '.join(steps)}" if steps else ""
    title = f"What to work on first is not known{why}"
    return Verdict.UNKNOWN, title, "; ".join(steps.values())


def _families(
    figures: TrialFigures, head: Headline | None
) -> tuple[dict[str, str], dict[str, str]]:
    """Return what speaks for each family, nothing for none, and its cheapest test (S2.2)."""
    infeasible, n_failed = figures.infeasibility, figures.n_failed
    broken = f"{n_failed} trials raised, {infeasible.share:.0%} are infeasible"
    edges = ", ".join(e.parameter for e in figures.edges if e.advice is EdgeAdvice.EXPAND)
    few = "" if figures.expected else f"only {figures.n_feasible} feasible trials"
    rate = "" if set(_RATES) & set(figures.varied) else "no learning rate was varied"
    evidence = {
        "implementation": broken if n_failed or infeasible.level is not Level.GREEN else "",
        "hyperparameters": f"the best lie at an edge of {edges}" if edges else few or rate,
        "model and data do not fit": "it underfits" if head is Headline.UNDERFITTING else "",
        "dataset": str(head) if head in {Headline.OVERFITTING, Headline.SHIFT} else "",
    }
    wide = f"widen {edges}" if edges else "add trials, the learning rate among them"
    data = f"tunebook check data:{figures.data}" if figures.data else "tunebook data report NAME"
    larger = "train a larger model, and compare the error on the training data"
    own = "tunebook check with the task or the study file"
    return evidence, dict(zip(evidence, (own, wide, larger, data), strict=True))


CHECK = check_of(
    "weakness",
    "What holds the best model back, and what is to be tried next?",
    TrialFigures,
    judge,
    ability=Ability.HAS_TRIALS,
    rules=("S2.2", "S2.12", "S2.13"),
)
