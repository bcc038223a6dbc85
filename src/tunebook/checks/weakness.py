"""Why is the model bad? The headline, suspects of all four families, and what to try next.

The terms of the error are those of the best trial (S2.10); the lists are those of S2.13.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tunebook.analysis.boundary import EdgeAdvice
from tunebook.analysis.curve_verdicts import Overfitting, Progress
from tunebook.analysis.infeasibility import Level
from tunebook.checks.decomposition import (
    Decomposition,
    Headline,
    SplitError,
    TermName,
    decompose,
    headline,
)
from tunebook.checks.trial_figures import BestTrial, TrialFigures, trial_check
from tunebook.records import TrialState
from tunebook.records.finding import Finding, Verdict

_RATES = ("lr", "schedule", "warmup", "momentum", "beta1", "batch_size", "optimizer")
_REGULARIZATION = ("weight_decay", "dropout", "label_smoothing")
_NETWORK = ("network", "architecture", "model", "backbone")
_LISTS: Mapping[Headline, Mapping[str, tuple[str, ...]]] = {
    Headline.UNDERFITTING: {
        "a bigger model, by layers or units": ("width", "depth"),
        "less regularization": _REGULARIZATION,
        "error analysis: look at what it gets wrong": (),
        "an architecture closer to the state of the art": _NETWORK,
        "other values of the learning rate and its like": _RATES,
        "more features": (),
    },
    Headline.OVERFITTING: {
        "more training data": ("data_fraction",),
        "normalization, by batch or layer": ("normalization",),
        "augmentation": ("augmentation", "mixup"),
        "more regularization": _REGULARIZATION,
        "error analysis: look at what it gets wrong": (),
        "an architecture closer to the state of the art": _NETWORK,
        "other values of the learning rate and its like": _RATES,
    },
    Headline.SHIFT: {
        "look at errors on test-val, and collect data like them": (),
        "synthesize data like them": (),
        "domain adaptation": (),
    },
}
"""What to try, in this order; and the hyperparameters whose search is such a try (S2.13)."""

_TERMS = {
    Headline.UNDERFITTING: TermName.BIAS,
    Headline.OVERFITTING: TermName.VARIANCE,
    Headline.SHIFT: TermName.SHIFT,
}


def judge(figures: TrialFigures) -> Iterator[Finding]:
    """Yield the headline with its evidence and its list, and what to rule out of each family."""
    best, target, objective = figures.best, figures.target, figures.objective
    head = None if best is None else _headline(figures, best)
    families = _families(figures, head)
    if best is None:
        title, advice = (
            "No trial has a value: there is nothing to judge",
            "Fix what ends the trials",
        )
        causes = _suspected(families)
        yield Finding("weakness", Verdict.UNKNOWN, title, causes=causes, advice=advice)
        return
    if target is not None and not objective.is_better(target, best.value):
        title, value = "The target was reached", _evidence(figures, best)
        yield Finding("weakness", Verdict.PASS, title, value, f"{target:g}", source="S2.1")
        return
    tried = {
        item: [name for name in figures.varied if name in names]
        for item, names in (_LISTS.get(head, {}) if head else {}).items()
    }
    title, advice = _answer(head, figures, best)
    left = [item for item, names in tried.items() if not names]
    if tried:
        advice = f"Try next: {left[0]}" if left else "Every item of the list was varied here"
    yield Finding(
        "weakness",
        Verdict.UNKNOWN if head is None and not _is_short(best) else Verdict.NOTICE,
        title,
        value=_evidence(figures, best),
        expected="" if target is None else f"{objective.metric} {target:g}, the study's target",
        causes=_suspected(families),
        advice=advice,
        items=tuple(
            f"{item}: {'varied ' + ', '.join(names) if names else 'not tried in this study'}"
            for item, names in tried.items()
        ),
        source="S2.13",
    )
    yield Finding(
        "families",
        Verdict.NOTICE,
        "What to rule out, of each family of causes",
        value=f"{len(_suspected(families))} of 4 have evidence in this study",
        items=tuple(
            f"{name}: {evidence or 'no evidence here'}; test: {test}"
            for name, (evidence, test) in sorted(families.items(), key=lambda f: not f[1][0])
        ),
        source="S2.2",
    )


def _suspected(families: Mapping[str, tuple[str, str]]) -> tuple[str, ...]:
    return tuple(f"{name}: {evidence}" for name, (evidence, _) in families.items() if evidence)


def _terms(figures: TrialFigures, best: BestTrial) -> Decomposition | None:
    """Return the terms of the error, against the target where that is of the same metric."""
    errors, target = best.errors, figures.target
    if "train" not in errors:
        return None
    names = {"train": "train", "train-val": "validation", "test-val": "test-val"}
    found = {split: SplitError(errors[n]) for split, n in names.items() if n in errors}
    known = None
    if target is not None and best.base == figures.objective.metric:
        is_turned = best.is_rate and figures.objective.sign < 0
        known = SplitError(1 - target if is_turned else target)
    return decompose(found, known, unit="" if best.is_rate else best.base)


def _headline(figures: TrialFigures, best: BestTrial) -> Headline | None:
    """Return what to work on first, None where that is not known; chance is no headline."""
    verdict, found = best.verdict, _terms(figures, best)
    if verdict is not None and verdict.overfitting is Overfitting.STRONG:
        return Headline.OVERFITTING
    if found is None:
        return None
    head, _ = headline(found)
    term = found.term(_TERMS[head]) if head in _TERMS else None
    noise = max(figures.deviation or 0.0, figures.curves.noise or 0.0)
    if term is not None and term.size > 2 * noise:
        return head
    return Headline.NOTHING if found.term(TermName.IRREDUCIBLE) is not None else None


def _is_short(best: BestTrial) -> bool:
    return best.verdict is not None and best.verdict.progress is Progress.IMPROVING


def _answer(head: Headline | None, figures: TrialFigures, best: BestTrial) -> tuple[str, str]:
    """Return the title, and what to do where no list says it."""
    match head:
        case Headline.UNDERFITTING:
            return "First underfitting: it has not learned its training data well enough", ""
        case Headline.OVERFITTING:
            return "First overfitting: it is better on training data than on validation data", ""
        case Headline.SHIFT:
            return "First a shift of the data: it is worse on data of the test's source", ""
    if _is_short(best):
        return "First the length: the best trial was still improving at its end", "Raise max_steps"
    if head is Headline.NOTHING:
        return (
            "No part of the error is large and sure enough to act on",
            "Look at what it gets wrong",
        )
    missing, steps = [], []
    if not best.errors:
        missing.append(f"{best.wanted} was not reported")
        steps.append(f"Report {best.wanted} beside {figures.objective.metric}")
    if figures.target is None:
        missing.append("no target was set")
        steps.append("Set a target in the budget")
    told = f": {' and '.join(missing)}" if missing else ""
    return f"What to work on first is not known{told}", ", and ".join(steps)


def _evidence(figures: TrialFigures, best: BestTrial) -> str:
    told = [f"trial {best.number}: {figures.objective.metric} {best.value:.4g} at step {best.step}"]
    of = "error" if best.is_rate else best.base
    told += [f"{of} on {split} {value:.4g}" for split, value in best.errors.items()]
    return "; ".join(told)


def _families(figures: TrialFigures, head: Headline | None) -> dict[str, tuple[str, str]]:
    """Return what speaks for each family, nothing for one, and its cheapest test (S2.2)."""
    n_failed = figures.counts.get(TrialState.FAILED, 0)
    is_broken = n_failed or figures.infeasibility.level is not Level.GREEN
    share = figures.infeasibility.share
    edges = [e.parameter for e in figures.edges if e.advice is EdgeAdvice.EXPAND]
    few = "" if figures.expected else f"only {figures.n_feasible} feasible trials"
    rate = "" if any(name in _RATES for name in figures.varied) else "no learning rate was varied"
    reported = "tunebook data report NAME"
    if figures.data is not None:
        reported = f"tunebook check data:{figures.data}"
    return {
        "implementation": (
            f"{n_failed} trials raised, {share:.0%} are infeasible" if is_broken else "",
            "tunebook check with the task or the study file",
        ),
        "hyperparameters": (
            f"the best lie at an edge of {', '.join(edges)}" if edges else few or rate,
            f"widen {', '.join(edges)}" if edges else "add trials, the learning rate among them",
        ),
        "model and data do not fit": (
            "it underfits" if head is Headline.UNDERFITTING else "",
            "train a larger model, and compare the error on the training data",
        ),
        "dataset": (
            str(head) if head in {Headline.OVERFITTING, Headline.SHIFT} else "",
            reported,
        ),
    }


CHECK = trial_check(
    "weakness",
    judge,
    question="What holds the best model back, and what is to be tried next?",
    rules=("S2.2", "S2.12", "S2.13"),
)
